import { expect, test } from "vitest";
import { Payload, type PayloadFormat } from "../../src/wire/payload.js";
import { detached, encodedAs, payloadWithin, receivedPayload } from "../../src/wire/payload-bytes.js";
import { CBOR, JSON_, MSGPACK } from "./support.js";

/** A format that counts what it is asked for. */
function counting(format: PayloadFormat) {
  const count = { decoded: 0, encoded: 0 };
  const counted: PayloadFormat = {
    id: format.id,
    decodePayload(encoded) {
      count.decoded++;
      return format.decodePayload(encoded);
    },
    encodePayload(values) {
      count.encoded++;
      return format.encodePayload(values);
    },
  };
  return { counted, count };
}

const ENCODED = MSGPACK.encodePayload({ args: [1], kwargs: { a: [2] } });

test("a received payload is decoded when first asked for, and once", () => {
  const { counted, count } = counting(MSGPACK);
  const payload = receivedPayload(counted, ENCODED);
  expect(encodedAs(payload, counted)).toBe(ENCODED);
  expect(count).toEqual({ decoded: 0, encoded: 0 });
  expect([payload.args, payload.kwargs, payload.args]).toEqual([[1], { a: [2] }, [1]]);
  expect(count).toEqual({ decoded: 1, encoded: 0 });
});

test("a payload of values is encoded once for its first format", () => {
  const { counted, count } = counting(CBOR);
  const payload = Payload.of([1], { a: [2] });
  expect(encodedAs(payload, counted)).toBe(encodedAs(payload, counted));
  expect(count).toEqual({ decoded: 0, encoded: 1 });
});

test("a received payload keeps its own bytes when it goes over to another format", () => {
  const payload = receivedPayload(MSGPACK, ENCODED);
  expect(JSON_.decodePayload(encodedAs(payload, JSON_))).toEqual({ args: [1], kwargs: { a: [2] } });
  expect(encodedAs(payload, MSGPACK)).toBe(ENCODED);
});

test("copies share bytes and never objects", () => {
  const received = receivedPayload(MSGPACK, ENCODED);
  const [one, other] = [received.copy(), received.copy()];
  for (const copy of [one, other]) expect(encodedAs(copy, MSGPACK).bytes.buffer).toBe(ENCODED.bytes.buffer);
  (one.kwargs.a as number[]).push(3);
  expect([other.kwargs, received.kwargs]).toEqual([{ a: [2] }, { a: [2] }]);

  const values = { list: [1] };
  const copy = Payload.of([values]).copy();
  values.list.push(2);
  expect(copy.args).toEqual([{ list: [1] }]);
});

test("no elements are the empty payload", () => {
  expect(receivedPayload(MSGPACK, { bytes: new Uint8Array(0), elements: 0 })).toBe(Payload.EMPTY);
  expect(Payload.of()).toMatchObject({ args: [], kwargs: {} });
  for (const format of [JSON_, MSGPACK, CBOR]) {
    const empty = Payload.of();
    expect(encodedAs(empty, format)).toMatchObject({ elements: 0 });
    expect(empty.copy()).toMatchObject({ args: [], kwargs: {} });
    expect(format.decodePayload({ bytes: new Uint8Array(0), elements: 0 })).toEqual({ args: [], kwargs: {} });
  }
});

test.each([
  20, 200,
])("a detached payload of %i bytes has bytes of its own, and the others stay in the network buffer", (length) => {
  const { bytes } = MSGPACK.encodePayload({ args: ["x".repeat(length)], kwargs: {} });
  const chunk = Buffer.concat([Buffer.alloc(10), bytes, Buffer.alloc(10)]);
  const payload = payloadWithin(MSGPACK, { source: chunk, start: 10, end: 10 + bytes.length, elements: 1 });
  const own = detached(payload);
  expect(encodedAs(payload, MSGPACK).bytes.buffer).toBe(chunk.buffer);
  chunk.fill(0);
  expect(own.args).toEqual(["x".repeat(length)]);
});
