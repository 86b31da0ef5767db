import { expect, test } from "vitest";
import { pageOf, pagingOf } from "../../src/router/history.js";
import { largestEncodedBytes } from "../../src/router/largest-encoded.js";
import type { StoredEvent } from "../../src/router/store/store.js";
import { Payload } from "../../src/wire/payload.js";
import { receivedPayload } from "../../src/wire/payload-bytes.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";

const event = (publication: number, value: unknown): StoredEvent => ({
  publication,
  topic: "a",
  atMs: 0,
  details: { trustlevel: 1 },
  payload: Payload.of([value], { again: value }),
  lists: {},
});

const OPTIONS = { subscription: 1, pattern: false, passes: () => true, limit: undefined, maxReceiveBytes: undefined };

test("no page is larger than its receiver takes, in any serializer", () => {
  const values = [
    'é\u0000"'.repeat(500),
    new Uint8Array(2_000),
    [1.5, -1e300, null, true, 2n ** 60n],
    { "\u0001": "" },
  ];
  const events = Array.from({ length: 200 }, (_, index) => event(index + 1, values[index % values.length]));
  let [from, pages] = [0, 0];
  for (; from < events.length; pages++) {
    const { records, next } = pageOf(events.slice(from), { ...OPTIONS, maxReceiveBytes: 30_000 });
    for (const format of [json(), msgpack(), cbor()]) {
      const { bytes } = format.encodePayload({ args: records, kwargs: { more: true, next } });
      expect(bytes.length).toBeLessThan(30_000);
    }
    from += records.length;
    expect(next).toBe(events[from]?.publication);
  }
  expect(pages).toBeLessThan(80);
});

test("an event that its receiver could not be given comes without its payload, and says so", () => {
  const events = [event(1, "small"), event(2, "x".repeat(50_000)), event(3, "small")];
  const { records, next } = pageOf(events, { ...OPTIONS, maxReceiveBytes: 30_000 });
  expect(next).toBeUndefined();
  expect(records.map(({ args }) => args)).toEqual([["small"], undefined, ["small"]]);
  expect(records[1]).toEqual({
    timestamp: "1970-01-01T00:00:00.000Z",
    subscription: 1,
    publication: 2,
    details: { trustlevel: 1, payload_limit_exceeded: true },
  });
});

test("an event that the page has no room for is not decoded", () => {
  let decoded = 0;
  const format = { ...json(), decodePayload: () => ({ args: [++decoded], kwargs: {} }) };
  const payload = () => receivedPayload(format, { bytes: new Uint8Array(1_000_000), elements: 1 });
  const large = { ...event(2, ""), payload: payload() };
  expect(pageOf([event(1, "small"), large], { ...OPTIONS, maxReceiveBytes: 900_000 }).next).toBe(2);
  expect(pageOf([event(1, "x".repeat(100_000)), large], OPTIONS).next).toBe(2);
  expect(decoded).toBe(0);
  expect(pageOf([large], OPTIONS).records[0]?.args).toEqual([1]);
});

test("events that name many receivers are looked at in small numbers", () => {
  const names = Array.from({ length: 64_000 }, (_, index) => `authid-${index}`);
  const events = Array.from({ length: 100 }, (_, index) => ({
    ...event(index + 1, ""),
    lists: { eligible_authid: names },
  }));
  let looked = 0;
  const passes = () => ++looked === 0;
  expect(pageOf(events, { ...OPTIONS, passes })).toEqual({ records: [], next: 11 });
  expect(looked).toBe(10);
});

test("a page reads no more events than it holds and one", () => {
  let read = 0;
  function* many() {
    for (;;) yield event(++read, "x".repeat(10_000));
  }
  const { records, next } = pageOf(many(), OPTIONS);
  expect(next).toBe(records.length + 1);
  expect(read).toBe(records.length + 1);
});

test("a filter that no event passes ends its page after ten thousand of them, which says where to go on", () => {
  function* many() {
    for (let publication = 1; ; publication++) yield event(publication, 1);
  }
  const none = pageOf(many(), { ...OPTIONS, passes: () => false });
  expect(none).toEqual({ records: [], next: 10_001 });
  const some = pageOf(many(), { ...OPTIONS, passes: ({ publication }) => publication % 4_000 === 0 });
  expect(some.records.map(({ publication }) => publication)).toEqual([4_000, 8_000]);
  expect(some.next).toBe(10_001);
});

test("an empty page says `more: false` where events were looked at, and nothing where its range held none", () => {
  const filtered = pageOf([event(1, 1)], { ...OPTIONS, passes: () => false });
  expect(filtered.records).toEqual([]);
  expect(pagingOf(filtered)).toEqual({ more: false });
  expect(pagingOf(pageOf([], OPTIONS))).toEqual({});
  expect(pagingOf(pageOf([event(1, 1)], OPTIONS))).toEqual({});
  expect(pagingOf(pageOf([event(1, 1), event(2, 2)], { ...OPTIONS, limit: 1 }))).toEqual({ more: true, next: 2 });
});

test("the size reckoned for a value is what its JSON takes or more", () => {
  for (const value of [
    "",
    '\u0000é"\\',
    0,
    -0.1,
    5e-324,
    2n ** 63n,
    -0,
    1e300,
    true,
    null,
    [],
    {},
    { a: [1, "b"] },
    new Uint8Array(3),
  ]) {
    const { bytes } = json().encodePayload({ args: [value], kwargs: {} });
    expect(largestEncodedBytes([value])).toBeGreaterThanOrEqual(bytes.length);
  }
});
