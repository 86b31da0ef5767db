import { describe, expect, test } from "vitest";
import { IdCounter, isId, MAX_ID, randomId } from "../../src/wire/ids.js";
import type { Message } from "../../src/wire/messages.js";
import { CBOR, hex, JSON_, listBytes, MSGPACK, plain, serializers, toHex, utf8, violationOf } from "./support.js";

describe.each(serializers)("$id", (serializer) => {
  const published = (id: unknown) => listBytes(serializer, [17, 1, id]);

  test.each([
    1,
    127,
    128,
    255,
    256,
    65_536,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
  ])("fact 1: %d is an ID", (id) => {
    const bytes = published(id);
    const message: Message = { type: "PUBLISHED", request: 1, publication: id };
    expect(plain(serializer.decode(bytes))).toEqual(message);
    expect(toHex(serializer.encode(message))).toBe(toHex(bytes));
  });

  test.each([
    0,
    -1,
    -(2 ** 40),
    1.5,
    2n ** 53n + 1n,
    2n ** 53n + 2n,
    2n ** 63n,
    -(2n ** 63n),
    Number.MIN_VALUE,
  ])("fact 1: %s is no ID", (id) => {
    expect(violationOf(serializer, published(id))).toMatch(
      /^PUBLISHED\.publication: expected an integer in \[1, 2\^53\]/,
    );
  });

  test("fact 1: 0 is the request of a revocation and of nothing else", () => {
    const revocation = listBytes(serializer, [67, 0, { registration: 5, reason: "a.b" }]);
    expect(plain(serializer.decode(revocation))).toEqual({
      type: "UNREGISTERED",
      request: 0,
      details: { registration: 5, reason: "a.b" },
    });
    expect(violationOf(serializer, listBytes(serializer, [65, 0, 1]))).toContain("REGISTERED.request");
  });
});

describe("fact 6: an ID that came as an integral double is accepted, and leaves as an integer", () => {
  const message = { type: "PUBLISHED", request: 1, publication: 2 };
  test.each([
    [JSON_, utf8("[17,1.0,2e0]"), utf8("[17,1,2]")],
    [MSGPACK, hex("93 11 cb3ff0000000000000 ca40000000"), hex("93 11 01 02")],
    [CBOR, hex("83 11 fb3ff0000000000000 f94000"), hex("83 11 01 02")],
  ])("%o", (serializer, bytes, compact) => {
    expect(plain(serializer.decode(bytes))).toEqual(message);
    expect(toHex(serializer.encode(serializer.decode(bytes)))).toBe(toHex(compact));
  });
});

test("fact 6: IDs leave as unsigned integers of the shortest form", () => {
  const idBytes = (id: number) =>
    [MSGPACK, CBOR].map((each) => toHex(each.encode({ type: "EVENT_RECEIVED", publication: id })).slice(8));
  expect(idBytes(23)).toEqual(["17", "17"]);
  expect(idBytes(127)).toEqual(["7f", "187f"]);
  expect(idBytes(128)).toEqual(["cc80", "1880"]);
  expect(idBytes(256)).toEqual(["cd0100", "190100"]);
  expect(idBytes(65_536)).toEqual(["ce00010000", "1a00010000"]);
  expect(idBytes(2 ** 32)).toEqual(["cf0000000100000000", "1b0000000100000000"]);
  expect(idBytes(MAX_ID)).toEqual(["cf0020000000000000", "1b0020000000000000"]);
});

test("fact 2: a counter starts at 1 and goes on with 1 after 2^53", () => {
  const counter = new IdCounter();
  expect([counter.last, counter.next(), counter.next(), counter.last]).toEqual([0, 1, 2, 2]);
});

test("fact 2: random IDs reach from 1 to 2^53", () => {
  expect(randomId(() => 0)).toBe(1);
  expect(randomId(() => 1 - 2 ** -53)).toBe(MAX_ID);
  expect(isId(randomId(() => 0.5))).toBe(true);
});
