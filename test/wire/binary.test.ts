import { Decoder as CborLibrary, Encoder as CborWriter } from "cbor-x";
import * as fc from "fast-check";
import { Unpackr as MsgpackLibrary, Packr as MsgpackWriter } from "msgpackr";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/wire/messages.js";
import type { Arguments, EncodedPayload, Payload } from "../../src/wire/payload.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { portableValue } from "./arbitraries.js";
import { CBOR, call, listBytes, MSGPACK, plain, toHex, utf8, violationOf } from "./support.js";

const libraries = {
  msgpack: new MsgpackLibrary({ useRecords: false, copyBuffers: true }),
  cbor: new CborLibrary({ useRecords: false, mapsAsObjects: true, copyBuffers: true }),
};
const packr = new MsgpackWriter({ useRecords: false });
const encoder = new CborWriter({ useRecords: false, mapsAsObjects: true });
const writers = {
  msgpack: { encode: (value: unknown) => packr.encode(value) },
  cbor: { encode: (value: unknown) => encoder.encode(value) },
};
/** The value that the libraries read: integers beyond 32 bits become BigInts, except doubles, which begin below `least` if negative. */
function asLibrariesRead(value: unknown, least: number): unknown {
  if (typeof value === "number")
    return Number.isSafeInteger(value) && (value < least || value >= 2 ** 32) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => asLibrariesRead(item, least));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asLibrariesRead(member, least)]));
}

/** The value after a library has written it: -0 becomes an integer. */
function asLibrariesWrite(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(asLibrariesWrite);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asLibrariesWrite(member)]));
}

const roundTrip = (serializer: typeof MSGPACK, value: unknown) =>
  (plain(serializer.decode(serializer.encode(call([value])))).args as unknown[])[0];

describe.each([MSGPACK, CBOR] as const)("$id", (serializer) => {
  const library = libraries[serializer.id as "msgpack" | "cbor"];

  test("a text frame is a violation that says what was expected", () => {
    expect(violationOf(serializer, '[48,1,{},"a.b"]')).toBe(
      `expected a binary frame for wamp.2.${serializer.id}, got a text frame`,
    );
  });

  test("the library reads what it writes", () => {
    const least = serializer.id === "cbor" ? -(2 ** 32) : -(2 ** 31);
    fc.assert(
      fc.property(portableValue, (value) => {
        const bytes = new Uint8Array(listBytes(serializer, [value]));
        expect(library.decode(bytes)).toEqual([asLibrariesRead(value, least)]);
      }),
      { numRuns: 500 },
    );
  });

  test("what the library writes is read", () => {
    const { encode } = writers[serializer.id as "msgpack" | "cbor"];
    const head = listBytes(serializer, [48, 1, {}, "a.b", 0]).slice(0, -1);
    fc.assert(
      fc.property(portableValue, (value) => {
        const bytes = Uint8Array.from([...head, ...encode([value])]);
        expect(plain(serializer.decode(bytes)).args).toEqual([asLibrariesWrite(value)]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    0,
    1,
    -1,
    23,
    24,
    127,
    128,
    -24,
    -25,
    -32,
    -33,
    -128,
    -129,
    255,
    256,
    -256,
    -257,
    32_767,
    -32_768,
    -32_769,
    65_535,
    65_536,
    -65_536,
    -65_537,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 32 - 1,
    2 ** 32,
    -(2 ** 32),
    -(2 ** 32) - 1,
    1_764_000_000_000,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
  ])("fact 6: %d leaves as an integer and comes back as a number", (value) => {
    expect(toHex(listBytes(serializer, [value]))).not.toMatch(/^..(cb|fb)/);
    expect(roundTrip(serializer, value)).toBe(value);
  });

  test.each([
    2 ** 53,
    -(2 ** 53),
  ])("fact 6: %d, which is an ID or beside one, leaves as an integer and comes back as a BigInt", (value) => {
    expect(toHex(listBytes(serializer, [value]))).not.toMatch(/^..(cb|fb)/);
    expect(roundTrip(serializer, value)).toBe(BigInt(value));
  });

  test.each([
    2n ** 53n,
    -(2n ** 53n),
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
    -(2n ** 63n),
  ])("fact 6: %d leaves as an integer of 64 bits and comes back as a BigInt", (value) => {
    expect(roundTrip(serializer, value)).toBe(value);
    expect(roundTrip(serializer, { a: [value, 5] })).toEqual({ a: [value, 5] });
  });

  test("fact 6: a BigInt that a number holds exactly leaves as such, and comes back as a number", () => {
    expect(listBytes(serializer, [5n, -7n])).toEqual(listBytes(serializer, [5, -7]));
    for (const value of [2n ** 53n - 1n, -(2n ** 53n) + 1n, 2n ** 40n])
      expect(roundTrip(serializer, value)).toBe(Number(value));
  });

  test("a BigInt beyond 64 bits is a TypeError that names its path", () => {
    for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(() => serializer.encode(call([{ a: value }]))).toThrow(
        new TypeError("args[0].a: an integer beyond 64 bits cannot be serialized; send a string"),
      );
    }
  });

  test.each([
    -0,
    0.1,
    -1.5,
    2 ** 53 + 2,
    1e300,
    5e-324,
    Number.NaN,
    Infinity,
    -Infinity,
  ])("%d travels as a double", (value) => {
    expect(toHex(listBytes(serializer, [value]))).toMatch(/^..(cb|fb)/);
    expect(roundTrip(serializer, value)).toBe(value);
  });

  test("half a surrogate pair is a TypeError, in args, kwargs, options and the fields of a message", () => {
    for (const value of ["\ud800", "a\udc00b", `${"x".repeat(100)}\ud83d`]) {
      expect(() => serializer.encode(call([value]))).toThrow(/^args\[0\]: a lone surrogate/);
      expect(() => serializer.encode(call([], { [value]: 1 }))).toThrow(/^kwargs\..*: a lone surrogate/);
      const options = { rkey: value };
      expect(() => serializer.encode({ ...call(), options } as Message)).toThrow(/^CALL\.rkey: a lone/);
      expect(() => serializer.encode({ ...call(), procedure: value } as Message)).toThrow(/^CALL: a lone/);
    }
  });

  test.each([
    0, 1, 15, 16, 23, 24, 31, 32, 47, 48, 63, 64, 65, 255, 256, 65_535, 65_536,
  ])("text, binary, lists and dictionaries of length %d come back", (length) => {
    const dict = Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, index]));
    const back = roundTrip(serializer, dict) as typeof dict;
    expect([Object.keys(back).length, back[`k${length - 1}`]]).toEqual([length, dict[`k${length - 1}`]]);
    for (const value of ["x".repeat(length), "é".repeat(length)]) expect(roundTrip(serializer, value)).toBe(value);
    for (const value of [new Uint8Array(length).fill(7), Array(length).fill(null)]) {
      expect(roundTrip(serializer, value)).toEqual(value);
    }
  });

  test("a BOM is text like any other", () => {
    for (const value of ["\ufeff", "\ufeffabc", `\ufeff${"é".repeat(100)}`, `\ufeff\ufeff${"x".repeat(3000)}`]) {
      expect(roundTrip(serializer, value)).toBe(value);
      expect(roundTrip(serializer, [{ [value]: ["\ufeff", value], a: 1 }])).toEqual([
        { [value]: ["\ufeff", value], a: 1 },
      ]);
    }
    const call = listBytes(serializer, [48, 1, {}, `\ufeff${"a".repeat(100)}`]);
    expect(plain(serializer.decode(call)).procedure).toBe(`\ufeff${"a".repeat(100)}`);
  });

  test("binary arrives as a plain Uint8Array with bytes of its own", () => {
    const bytes = serializer.encode(call([new Uint8Array([1, 2, 3]), { a: Buffer.from([4]) }]));
    const [one, other] = plain(serializer.decode(bytes)).args as [Uint8Array, { a: Uint8Array }];
    for (const value of [one, other.a]) {
      expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
      expect(value.buffer.byteLength).toBe(value.length);
    }
    bytes.fill(0);
    expect([[...one], [...other.a]]).toEqual([[1, 2, 3], [4]]);
  });

  test("__proto__ is a key like any other, in options too", () => {
    const value = JSON.parse('{"a":{"__proto__":{"polluted":true},"b":[{"__proto__":1}]},"__proto_":2}');
    const bytes = listBytes(serializer, [48, 1, { __proto_: value }, "a.b", [value], value]);
    const { options, args, kwargs } = plain(serializer.decode(bytes)) as unknown as Record<
      string,
      { [key: string]: unknown }
    >;
    for (const got of [options?.__proto_, args?.[0], kwargs]) {
      expect(JSON.stringify(got)).toBe(JSON.stringify(value));
      expect((got as { a: { polluted?: boolean } }).a.polluted).toBeUndefined();
    }
  });

  test("nesting is bounded by 128 levels, args the first", () => {
    const list = { msgpack: 0x91, cbor: 0x81 }[serializer.id as "msgpack" | "cbor"];
    const head = listBytes(serializer, [48, 1, {}, "a.b", 0]).slice(0, -1);
    const nested = (levels: number) => Uint8Array.from([...head, ...Array(levels).fill(list), 0]);
    expect(violationOf(serializer, nested(128))).toBeUndefined();
    expect(plain(serializer.decode(nested(128))).args).toBeDefined();
    expect(violationOf(serializer, nested(129))).toContain("nested deeper than 128 levels");
    expect(violationOf(serializer, nested(100_000))).toContain("nested deeper than 128 levels");
  });

  test("many messages of all sizes reuse one writer and stay apart", () => {
    const sizes = [10, 100_000, 1, 5_000, 70_000, 0];
    const sent = sizes.map((size) => serializer.encode(call(["x".repeat(size), Array(size % 1000).fill(1.5)])));
    expect(sent.map((bytes) => (plain(serializer.decode(bytes)).args as [string])[0].length)).toEqual(sizes);
  });

  describe("mutated bytes", () => {
    const seeds = [
      call([1, -1, 300, 70_000, 2 ** 40, -(2 ** 40), 2n ** 60n, 1.5, null, true, false]),
      call(["", "text", "höhe 日本 😀", "x".repeat(40)], { a: { b: [{}, []] }, c: new Uint8Array(20) }),
      call([JSON.parse('{"__proto__":{"a":1}}'), new Uint8Array(300), Array(20).fill({ k: 1 })]),
    ].map((message) => serializer.encode(message));
    const edits = fc.array(
      fc.record({ at: fc.nat(500), remove: fc.nat(3), insert: fc.array(fc.nat(255), { maxLength: 3 }) }),
      { minLength: 1, maxLength: 3 },
    );

    test("end in a violation or in a message whose payload decodes and goes over to other serializers", () => {
      const taken = { yes: 0, no: 0 };
      fc.assert(
        fc.property(fc.constantFrom(...seeds), edits, (seed, changes) => {
          const bytes = [...seed];
          for (const { at, remove, insert } of changes) bytes.splice(at % (bytes.length + 1), remove, ...insert);
          const mutated = Uint8Array.from(bytes);
          const fault = violationOf(serializer, mutated);
          taken[fault === undefined ? "yes" : "no"]++;
          if (fault !== undefined) return;
          const { payload } = serializer.decode(mutated) as Message & { payload: Payload };
          const { args, kwargs } = payload;
          if (!Array.isArray(args) || typeof kwargs !== "object") throw new Error("no payload");
          const again = encodedAgain(serializer, { args, kwargs });
          if (again) expect(serializer.decodePayload(again)).toEqual({ args, kwargs });
        }),
        { numRuns: 8_000 },
      );
      expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(500);
    });

    /** CBOR has integers below −2^63, and passes them on, but nobody may send one. */
    function encodedAgain(serializer: Serializer, values: Arguments): EncodedPayload | undefined {
      try {
        return serializer.encodePayload(values);
      } catch (error) {
        expect((error as Error).message).toMatch(/: an integer beyond 64 bits cannot be serialized/);
        return undefined;
      }
    }

    test("a message of random bytes is a violation or decodes", () => {
      const head = serializer.encode(call());
      head[0] = (head[0] as number) + 1; // one element more
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (tail) => {
          const bytes = Uint8Array.from([...head, ...tail]);
          if (violationOf(serializer, bytes) === undefined) void plain(serializer.decode(bytes)).args;
        }),
        { numRuns: 5_000 },
      );
    });
  });

  test("text that is not UTF-8 is a violation, in values, keys, head and options", () => {
    for (const bad of [
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
      [0xff],
      [0x61, 0xe2, 0x82],
    ]) {
      const marker = "#".repeat(bad.length);
      const lists = [
        [48, 1, {}, marker],
        [48, 1, { a: marker }, "a.b"],
        [48, 1, { [marker]: 1 }, "a.b"],
        [48, 1, {}, "a.b", [marker]],
        [48, 1, {}, "a.b", [], { [marker]: 1 }],
      ];
      for (const list of lists) {
        const bytes = listBytes(serializer, list);
        const at = Buffer.from(bytes).indexOf(utf8(marker));
        bytes.set(bad, at);
        expect(violationOf(serializer, bytes), toHex(bytes)).toMatch(/^malformed \w+: a text that is not UTF-8/);
      }
    }
  });
});
