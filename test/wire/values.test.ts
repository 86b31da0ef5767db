import { describe, expect, test } from "vitest";
import { copyValue, portable, unchanged } from "../../src/wire/values.js";
import { call, plain, serializers, violationOf } from "./support.js";

const RULES = unchanged(128);
const made = (value: unknown) => portable(value, RULES, "args");

test("a value that needs no change is returned as it is", () => {
  for (const value of [null, 1, -0, "x", true, 5n, [], {}, [1, { a: [null] }], new Uint8Array(2)]) {
    expect(made(value)).toBe(value);
  }
});

test("only what changes is copied, and the value given is never changed", () => {
  const kept = { a: 1 };
  const value = { kept, changed: { b: undefined, c: 2 } };
  const result = made(value) as typeof value;
  expect(result).toStrictEqual({ kept: { a: 1 }, changed: { c: 2 } });
  expect(result.kept).toBe(kept);
  expect("b" in value.changed).toBe(true);
});

test("undefined members are dropped; undefined in a list is null", () => {
  expect(made({ a: undefined, b: { c: undefined } })).toStrictEqual({ b: {} });
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  expect(made([undefined, 1, , 2])).toStrictEqual([null, 1, null, 2]);
  expect(made(undefined)).toBe(null);
});

test("toJSON is asked, also for what it returns", () => {
  expect(made(new Date(0))).toBe("1970-01-01T00:00:00.000Z");
  expect(made([{ toJSON: () => ({ a: undefined, at: new Date(0) }) }])).toStrictEqual([
    { at: "1970-01-01T00:00:00.000Z" },
  ]);
  expect(made({ toJSON: "a member like any other" })).toStrictEqual({ toJSON: "a member like any other" });
});

test("views and buffers become Uint8Arrays of the same bytes", () => {
  const { buffer } = new Uint8Array([0, 1, 2, 3]);
  expect(made(buffer)).toStrictEqual(new Uint8Array([0, 1, 2, 3]));
  expect(made(new DataView(buffer, 1, 2))).toStrictEqual(new Uint8Array([1, 2]));
});

test.each([
  [() => 1, "args[1].a: a function cannot be serialized; send plain data"],
  [Symbol("s"), "args[1].a: a symbol cannot be serialized; send plain data"],
  [new Map(), "args[1].a: a Map cannot be serialized; send a list or a plain object"],
  [new Set(), "args[1].a: a Set cannot be serialized; send a list or a plain object"],
])("%o is a TypeError that names its path", (value, message) => {
  expect(() => made([0, { a: value }])).toThrow(new TypeError(message));
});

test("binary and what toJSON makes are no levels", () => {
  const nested = (leaf: unknown) => Array.from({ length: 127 }).reduce<unknown>((value) => [value], leaf);
  for (const leaf of [new Uint8Array(1), new ArrayBuffer(1), new Date(0), { toJSON: () => 5 }, {}, []]) {
    expect(() => made(nested(leaf))).not.toThrow();
  }
  expect(() => made([nested([])])).toThrow(/nested deeper than 128 levels/);
});

test.each([
  "\ud800",
  "a\udc00b",
  `${"x".repeat(1_000)}\ud83d`,
  "\ude00\ud83d",
])("half a surrogate pair is refused (%#)", (text) => {
  expect(() => made([text])).toThrow(/^args\[0\]: a lone surrogate cannot be encoded as UTF-8/);
  expect(() => made([{ [text]: 1 }])).toThrow(/: a lone surrogate cannot be encoded as UTF-8/);
  expect(made("\ud83d\ude00")).toBe("\ud83d\ude00");
});

test.each([2n ** 64n, -(2n ** 63n) - 1n])("%d, which has more than 64 bits, is refused", (value) => {
  expect(() => made([{ a: value }])).toThrow(
    new TypeError("args[0].a: an integer beyond 64 bits cannot be serialized; send a string"),
  );
});

test("a key that is long is cut where a path quotes it", () => {
  expect(() => made({ ["k".repeat(100)]: Symbol("s") })).toThrow(`args.${"k".repeat(64)}: `);
});

test("an error that toJSON throws comes out as it is", () => {
  const error = new RangeError("mine");
  const value = {
    toJSON() {
      throw error;
    },
  };
  expect(() => made([value])).toThrow(error);
});

test("a value that holds itself is refused", () => {
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  expect(() => made(cycle)).toThrow(/nested deeper than 128 levels; is it circular\?$/);
  const self = { toJSON: () => self };
  expect(() => made([self])).toThrow(/^args\[0\]: toJSON returned .*; does it return itself\?$/);
  const endless = { toJSON: () => ({ ...endless }) };
  expect(() => made(endless)).toThrow(TypeError);
  const deeper = {
    get more() {
      return Object.create(Object.getPrototypeOf(deeper), Object.getOwnPropertyDescriptors(deeper));
    },
  };
  expect(() => made(deeper)).toThrow(/nested deeper than 128 levels/);
});

test("__proto__ is a key like any other", () => {
  const value = JSON.parse('{"__proto__":{"a":1},"b":2}');
  const copy = copyValue(value, "args") as object;
  expect(Object.entries(copy)).toEqual([
    ["__proto__", { a: 1 }],
    ["b", 2],
  ]);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test("a copy is converted like any other value", () => {
  const { buffer } = new Uint8Array([1, 2]);
  const value = { at: new Date(0), none: undefined, list: [undefined, 5n, 2n ** 60n], buffer };
  const copy = copyValue(value, "args") as { buffer: Uint8Array };
  expect(copy).toStrictEqual({
    at: "1970-01-01T00:00:00.000Z",
    list: [null, 5, 2n ** 60n],
    buffer: new Uint8Array([1, 2]),
  });
  expect(copy.buffer.buffer).not.toBe(buffer);
  expect(() => copyValue([{ a: Symbol("s") }], "args")).toThrow("args[0].a: a symbol cannot be serialized");
});

test("a copy shares nothing with what it was made of", () => {
  const value = { list: [{ a: 1 }], bytes: new Uint8Array([1, 2]), part: Buffer.from("xyz").subarray(1) };
  const copy = copyValue(value, "args") as typeof value;
  expect(copy).toEqual({ list: [{ a: 1 }], bytes: new Uint8Array([1, 2]), part: expect.any(Uint8Array) });
  expect([...copy.part]).toEqual([0x79, 0x7a]);
  (value.list[0] as { a: number }).a = 9;
  value.bytes.fill(9);
  value.part.fill(9);
  expect([copy.list[0], [...copy.bytes], [...copy.part]]).toEqual([{ a: 1 }, [1, 2], [0x79, 0x7a]]);
});

describe.each(serializers)("$id", (serializer) => {
  test("what may be sent may be received: both ends count 128 levels, args the first", () => {
    const nested = (levels: number, leaf: unknown) => {
      let value = leaf;
      for (let level = 1; level < levels; level++) value = [value];
      return [value];
    };
    for (const leaf of [1, new Uint8Array(3)]) {
      expect(violationOf(serializer, serializer.encode(call(nested(128, leaf))))).toBeUndefined();
      expect(plain(serializer.decode(serializer.encode(call(nested(128, leaf))))).args).toEqual(nested(128, leaf));
      expect(() => serializer.encode(call(nested(129, leaf)))).toThrow(/nested deeper than 128 levels/);
    }
    expect(violationOf(serializer, serializer.encode(call([], { a: nested(127, 1) })))).toBeUndefined();
    expect(() => serializer.encode(call([], { a: nested(128, 1) }))).toThrow(/nested deeper than 128 levels/);
  });

  test("undefined members are not sent, and nothing of them remains", () => {
    const bytes = serializer.encode(call([{ a: undefined }], { b: undefined }));
    expect(Buffer.from(bytes).toString("latin1")).not.toMatch(/a"|"b|undefined/);
    expect(serializer.decode(bytes)).toMatchObject({ payload: { args: [{}], kwargs: {} } });
  });

  test("a value that cannot travel is a TypeError that names its path, in args, kwargs and options", () => {
    expect(() => serializer.encode(call([[Symbol("s")]]))).toThrow(/^args\[0\]\[0\]: /);
    expect(() => serializer.encode(call([], { a: { b: () => 1 } }))).toThrow(/^kwargs\.a\.b: /);
    const options = { rkey: new Map() };
    expect(() => serializer.encode({ ...call(), options } as ReturnType<typeof call>)).toThrow(/^CALL\.rkey: /);
  });
});
