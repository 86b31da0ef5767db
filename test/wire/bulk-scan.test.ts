import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProtocolViolation } from "../../src/wire/error.js";
import type { ElementKind, Serializer } from "../../src/wire/serializer.js";
import { BulkScan } from "../../src/wire/serializers/bulk-scan.js";
import { BulkScan as NoBulkScan } from "../../src/wire/serializers/bulk-scan-plain.js";
import { CborScanner } from "../../src/wire/serializers/cbor.js";
import { JsonScanner } from "../../src/wire/serializers/json-scan.js";
import { MsgpackScanner } from "../../src/wire/serializers/msgpack.js";
import { createRandom, mutateBytes, pick } from "../support/mutate.js";
import { CBOR, JSON_, listBytes, MSGPACK } from "./support.js";

const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0; // of a hundred thousand errors nobody needs one
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const MAX_DEPTH = 8;
const NONE = new NoBulkScan();

interface Scanner {
  at: number;
  open(bytes: Uint8Array): void;
  value(): ElementKind;
  close?(): void;
  readonly wide?: boolean;
}

/** The result of a scanner for two adjacent values from `at`. JSON has a comma between them. */
function outcome(scanner: Scanner, bytes: Uint8Array, at: number, gap: number): string {
  try {
    scanner.open(bytes);
    scanner.at = at;
    const first = scanner.value();
    const wide = scanner.wide;
    const middle = scanner.at;
    scanner.at += gap;
    const second = scanner.value();
    const end = scanner.at;
    scanner.close?.(); // UTF-8 of all
    return `${first} up to ${middle}, ${wide}, ${second} up to ${end}, ${scanner.wide}`;
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.message;
    throw error;
  }
}

const FILLER = "filler ".repeat(40);
const SMALL: readonly unknown[] = [
  0,
  1,
  -1,
  23,
  24,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 32,
  -24,
  -25,
  -129,
  -40_000,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  2n ** 63n - 1n,
  -(2n ** 63n),
  9_007_199_254_740_993n,
  0.1,
  -1.5e-300,
  1e21,
  123_456.789,
  true,
  false,
  null,
  "",
  "a",
  "sixteen bytes...",
  "seventeen bytes..",
  "x".repeat(31),
  "y".repeat(32),
  "höhe",
  "日本語",
  "😀 and text behind it",
  '\u0000\n"\\/',
  "é".repeat(150),
  "z".repeat(300),
  "\u007f\u0080\u07ff\u0800\uffff",
  [],
  {},
  [[]],
  [{}],
  { "": { "": [] } },
]; // prettier-ignore

function anyValue(random: () => number, level: number): unknown {
  const kind = random();
  const size = Math.floor(random() * 6);
  if (level < MAX_DEPTH - 2 && kind < 0.25) return Array.from({ length: size }, () => anyValue(random, level + 1));
  if (level < MAX_DEPTH - 2 && kind < 0.5) {
    const members = Array.from({ length: size }, (_, index) => [
      `${pick(random, ["k", "key", "höhe", "a rather long name of a member"])}${index}`,
      anyValue(random, level + 1),
    ]);
    return Object.fromEntries(members);
  }
  return pick(random, SMALL);
}

/** Texts that no encoder writes. */
const JSON_TEXTS = [
  ` [ 1 , [ ] , { } , { "a" : [ true ,\r\n\tnull ] } , "${FILLER}" ] `,
  `["\\u00e9\\uD83D\\uDE00\\/\\b\\f", -0, 0.5, 1e5, 1E-5, -12.75e+10, 100, ${"1".repeat(40)}, ${"9".repeat(16)}, "${FILLER}"]`,
  `[${"[".repeat(MAX_DEPTH - 1)}${"]".repeat(MAX_DEPTH - 1)}, "${FILLER}"]`,
  `[${"[".repeat(MAX_DEPTH)}${"]".repeat(MAX_DEPTH)}, "${FILLER}"]`,
  `["${FILLER}", 01, 1., .5, 1e, -, tru, nul, falsy]`,
  `[${"7".repeat(1_025)}]`,
];
const CBOR_ODD = [
  [0x9f, 0x01, 0xbf, 0x61, 0x61, 0x02, 0xff, 0x7f, 0x61, 0x62, 0x60, 0xff, 0xff],
  [0x83, 0xc1, 0x1a, 1, 2, 3, 4, 0xd8, 0x20, 0x61, 0x78, 0xf9, 0x3c, 0x00],
  [0x82, 0xf8, 0x20, 0xf7],
];

interface Format {
  readonly name: string;
  readonly serializer: Serializer;
  readonly bulk: Scanner;
  readonly plain: Scanner;
  readonly gap: number;
  readonly extra: readonly Uint8Array[];
}

const FORMATS: readonly Format[] = [
  {
    name: "json",
    serializer: JSON_,
    bulk: new JsonScanner(MAX_DEPTH),
    plain: new JsonScanner(MAX_DEPTH, NONE),
    gap: 1,
    extra: JSON_TEXTS.map((text) => new TextEncoder().encode(text)),
  },
  {
    name: "msgpack",
    serializer: MSGPACK,
    bulk: new MsgpackScanner(MAX_DEPTH),
    plain: new MsgpackScanner(MAX_DEPTH, undefined, NONE),
    gap: 0,
    extra: [],
  },
  {
    name: "cbor",
    serializer: CBOR,
    bulk: new CborScanner(MAX_DEPTH),
    plain: new CborScanner(MAX_DEPTH, undefined, NONE),
    gap: 0,
    extra: CBOR_ODD.map((bytes) => Uint8Array.from(bytes)),
  },
];

describe.each(FORMATS)("$name", ({ name, serializer, bulk, plain, gap, extra }) => {
  const payload = (value: unknown) => serializer.encodePayload({ args: [value], kwargs: {} }).bytes;

  test("the frequent forms are checked in bulk", () => {
    const random = createRandom(1);
    const scan = new BulkScan(name as "json", MAX_DEPTH);
    for (let run = 0; run < 2_000; run++) {
      const bytes = payload([anyValue(random, 3), FILLER, 1, "é", new Uint8Array(3)]);
      scan.open();
      expect(scan.valueEnd(bytes, 0), String(run)).toBe(bytes.length);
    }
  });

  test("one mebibyte is, and what is larger is not", () => {
    const scan = new BulkScan(name as "json", MAX_DEPTH);
    const large = payload("x".repeat(2 ** 20 - 100));
    scan.open();
    expect(scan.valueEnd(large, 0)).toBe(large.length);
    scan.open();
    expect(scan.valueEnd(payload("x".repeat(2 ** 20)), 0)).toBe(0);
  });

  test("whatever it says the scanner's own loop says, over 10,000 mutated pairs of values", () => {
    const random = createRandom(20_261_126);
    const said = { yes: 0, no: 0 };
    for (let run = 0; run < 10_000; run++) {
      const odd = extra[run % 50];
      const [first, second] = [odd ?? payload(anyValue(random, 2)), payload([FILLER, anyValue(random, 3)])];
      const comma = new TextEncoder().encode(",".repeat(gap));
      const joined = Uint8Array.from([...first, ...comma, ...second, ...comma]).subarray(0, -gap || undefined);
      const bytes = run % 4 === 0 ? joined : mutateBytes(random, joined);
      const expected = outcome(plain, bytes, 0, gap);
      const got = outcome(bulk, bytes, 0, gap);
      if (got !== expected) expect(got, `run ${run}: ${Buffer.from(bytes).toString("base64")}`).toBe(expected);
      said[expected.includes(" up to ") ? "yes" : "no"]++;
    }
    expect(said.yes).toBeGreaterThan(2_500);
    expect(said.no).toBeGreaterThan(1_600);
  });

  test("a message that its end is cut from anywhere is refused alike", () => {
    const whole = payload([anyValue(createRandom(5), 2), FILLER, { a: [1.5, "é", -7, new Uint8Array(5)] }]);
    for (let end = 256; end < whole.length; end++) {
      // The bytes behind the end are still in memory.
      outcome(bulk, whole, 0, 0);
      expect(outcome(bulk, whole.slice(0, end), 0, 0)).toBe(outcome(plain, whole.slice(0, end), 0, 0));
    }
  });

  test("two scanners that take turns do not read each other's bytes", () => {
    const other = new MsgpackScanner(MAX_DEPTH);
    const mine = payload([FILLER, { a: 1 }]);
    bulk.open(mine);
    bulk.at = 0;
    bulk.value();
    other.open(MSGPACK.encodePayload({ args: [FILLER, FILLER], kwargs: {} }).bytes);
    other.value();
    bulk.at = 0;
    bulk.value();
    expect(bulk.at).toBe(mine.length);
  });
});

test("a message of many values that are left to JavaScript is copied once", () => {
  const value = CBOR_ODD[0] as number[];
  const scan = new BulkScan("cbor", MAX_DEPTH);
  const many = Uint8Array.from(Array.from({ length: 1_000 }, () => value).flat());
  expect(scan.valueEnd(many, 0)).toBe(0);
  // The second is a list of definite length, which would be taken in a message of its own.
  const listed = Uint8Array.from([...listBytes(CBOR, [FILLER]), ...many]);
  expect(scan.valueEnd(listed, 0)).toBe(0);
  scan.open();
  expect(scan.valueEnd(listed, 0)).toBeGreaterThan(0);
});
