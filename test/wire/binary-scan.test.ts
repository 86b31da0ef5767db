import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProtocolViolation } from "../../src/wire/error.js";
import { type BinaryScanner, ELSE } from "../../src/wire/serializers/binary-scan.js";
import { BulkScan as NoBulkScan } from "../../src/wire/serializers/bulk-scan-plain.js";
import { CborScanner } from "../../src/wire/serializers/cbor.js";
import { MsgpackScanner } from "../../src/wire/serializers/msgpack.js";
import { createRandom, mutateBytes } from "../support/mutate.js";
import { CBOR, listBytes, MSGPACK, utf8 } from "./support.js";

const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0; // of a hundred thousand errors nobody needs one
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const MAX_DEPTH = 6;
const ZEROS = new Uint8Array(256);
const NONE = new NoBulkScan();
const NO_HEADS = new Uint8Array(256).fill(ELSE);

/** The result of a scanner for a value that starts at `at`. */
function outcome(scanner: BinaryScanner, bytes: Uint8Array, { at, inHead }: { at: number; inHead: boolean }): string {
  try {
    scanner.open(bytes);
    scanner.at = at;
    const kind = inHead ? scanner.headValue("options") : scanner.value();
    return `${kind} up to ${scanner.at}, ${kind === "dict" ? scanner.members : "no"} members`;
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.message;
    throw error;
  }
}

const rows = Array.from({ length: 3 }, (_, index) => ({
  id: 1_000 + index,
  price: index * 1.25 + 0.1,
  name: `item ${index}`,
  ok: true,
  none: null,
  at: { x: -index, tag: "t", list: [[], {}, [1, "höhe"]] },
}));
const VALUES = [
  rows,
  { a: "", ab: "ab", abc: "abc", abcd: "abcd", abcde: "x".repeat(8), long: "y".repeat(9), longer: "z".repeat(17) },
  [0, 23, 24, 255, 256, 65_536, 2 ** 40, -1, -24, -25, -33, -129, -40_000, 1.5, 2n ** 60n, true, false, null],
  [[[[[["deep", { a: 1 }]]]]], "x".repeat(31), "日本語", "x".repeat(32), "é".repeat(140), new Uint8Array(20)],
  [Array(16).fill(7), Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`k${index}`, index]))],
];

describe.each([
  [
    "MessagePack",
    MSGPACK,
    new MsgpackScanner(MAX_DEPTH, undefined, NONE),
    new MsgpackScanner(MAX_DEPTH, NO_HEADS, NONE),
    [],
  ],
  [
    "CBOR",
    CBOR,
    new CborScanner(MAX_DEPTH, undefined, NONE),
    new CborScanner(MAX_DEPTH, NO_HEADS, NONE),
    [
      [0x9f, 0x01, 0xbf, 0x61, 0x61, 0x02, 0xff, 0x7f, 0x61, 0x62, 0x60, 0xff, 0xff], // lists, dictionaries and texts without length
      [0x83, 0xc1, 0x1a, 1, 2, 3, 4, 0xd8, 0x20, 0x61, 0x78, 0xf9, 0x3c, 0x00], // tags, a half
    ],
  ],
] as const)("%s", (_, serializer, flat, oneByOne, extra) => {
  const seeds = [
    ...VALUES.map((value) => listBytes(serializer, [value]).slice(1)),
    ...extra.map((each) => Uint8Array.from(each)),
  ];

  test("what the flat loop reads is what is read item by item, over 100,000 mutated values", () => {
    const random = createRandom(20_261_126);
    const taken = { yes: 0, no: 0 };
    for (let run = 0; run < 100_000; run++) {
      const seed = seeds[run % seeds.length] as Uint8Array;
      const value = run % 4 === 0 ? seed : mutateBytes(random, seed);
      // Somewhere in a buffer, which is large enough for four bytes at a time in half of the cases.
      const at = run % 5;
      const bytes = Buffer.concat([ZEROS.subarray(0, at), value, run % 2 === 0 ? ZEROS : ZEROS.subarray(0, 2)]);
      const inHead = run % 3 === 0;
      const expected = outcome(oneByOne, bytes, { at, inHead });
      taken[expected.startsWith("malformed") ? "no" : "yes"]++;
      const got = outcome(flat, bytes, { at, inHead });
      if (got !== expected) throw new Error(`${bytes.toString("hex")} from ${at}: ${got}, not ${expected}`);
    }
    expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(8_000); // the mutations are neither all harmless nor all fatal
  });

  test("texts of every length are UTF-8 where a strict decoder takes them", () => {
    const next = createRandom(7);
    const random = (below: number) => Math.floor(next() * below);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const taken = { yes: 0, no: 0 };
    for (let run = 0; run < 30_000; run++) {
      const length = random(4) === 0 ? random(600) : random(34);
      const text = Buffer.from("x".repeat(length));
      for (let edits = random(3); edits > 0; edits--) {
        const piece = utf8(["é", "日", "😀", "\u07ff", "\u0800", "\uffff"][random(6)] as string).slice(
          0,
          1 + random(6),
        );
        if (random(2) === 0) piece[random(piece.length)] = 0x80 + random(128);
        text.set(piece.slice(0, text.length), random(Math.max(1, text.length - piece.length + 1)));
      }
      const marked = listBytes(serializer, ["x".repeat(length)]).slice(1);
      marked.set(text, marked.length - length);
      const bytes = run % 2 === 0 ? marked : Buffer.concat([marked, ZEROS]);
      let isUtf8 = true;
      try {
        decoder.decode(text);
      } catch {
        isUtf8 = false;
      }
      taken[isUtf8 ? "yes" : "no"]++;
      const said = outcome(flat, bytes, { at: 0, inHead: false });
      if (said.startsWith("malformed") === isUtf8) throw new Error(`${text.toString("hex")}: ${said}`);
    }
    expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(3_000);
  });
});
