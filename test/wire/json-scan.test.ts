import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ProtocolViolation } from "../../src/wire/error.js";
import "./arbitraries.js"; // the fixed seed
import { JsonScanner } from "../../src/wire/serializers/json-scan.js";
import { call, JSON_, plain, utf8, violationOf } from "./support.js";

/** Whether the scanner takes the bytes as one JSON value. */
function scans(bytes: Uint8Array): boolean {
  const scanner = new JsonScanner();
  try {
    scanner.open(bytes);
    scanner.value();
    scanner.close();
    return true;
  } catch (error) {
    if (error instanceof ProtocolViolation) return false;
    throw error;
  }
}

/** Whether `JSON.parse` does, of UTF-8 that is valid. */
function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

const CORPUS = [
  '[48,7814135,{},"com.myapp.add",[1,2],{"a":{"b":[]}}]',
  '{"a":-0,"b":0.5,"c":1e5,"d":1E-5,"e":-12.75e+10,"f":1.0}',
  '["\\"\\\\\\/\\b\\f\\n\\r\\t","\\u00e9\\uD83D\\uDE00\\ud800","\\u0000AQ==",""]',
  '["höhe","日本語","😀","\u007f\u0080\u07ff\u0800\uffff"]',
  " [ true , false , null , [ [ [ ] ] ] , { } ] \r\n",
  "-0",
  '"x"',
  "1.5e300",
  '{"":{"":{"":null}},"k":[{},{"l":[0]}]}',
  "[10,100,-1,0,0.0,123456789012345678901234567890]",
  `["${"long plain text ~!#".repeat(9)}","${"x".repeat(45)}\\n${"y".repeat(70)}é${"z".repeat(41)}"]`, // read four bytes at a time
  JSON.stringify([
    { id: 100_001, price: 123.456, name: "item 12", active: true, qty: -5, at: { x: 0.123456789012345, tag: null } },
    { id: 100_002, price: 0.1, name: "höhe", active: false, qty: 1e21, at: { x: -12345.678, tag: "" } },
  ]),
];
const ALPHABET = utf8('[]{}",:\\/-+.eEu0123456789abftnrlsx \t\n\r');
const RAW = [0x00, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xed, 0xef, 0xbb, 0xf0, 0xf4, 0xf5, 0xff];

const byte = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ALPHABET) },
  { weight: 1, arbitrary: fc.constantFrom(...RAW) },
);
const edit = fc.record({
  at: fc.nat(400),
  remove: fc.nat(3),
  insert: fc.array(byte, { maxLength: 3 }),
});
const mutated = fc
  .tuple(fc.constantFrom(...CORPUS), fc.array(edit, { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) => {
    const bytes = [...utf8(text)];
    for (const { at, remove, insert } of edits) bytes.splice(at % (bytes.length + 1), remove, ...insert);
    return Uint8Array.from(bytes);
  });

/** The same bytes somewhere within a buffer, with white space behind them: from 256 bytes on, four are read at a time. */
function within(bytes: Uint8Array, { from, spaces }: { readonly from: number; readonly spaces: number }): Uint8Array {
  const buffer = new Uint8Array(from + bytes.length + spaces + 2).fill(0x22);
  buffer.set(bytes, from);
  buffer.fill(0x20, from + bytes.length, from + bytes.length + spaces);
  return buffer.subarray(from, from + bytes.length + spaces);
}

test("the scanner takes the corpus", () => {
  for (const text of CORPUS) expect(scans(utf8(text)), text).toBe(true);
});

test("the scanner and JSON.parse take and refuse the same mutated texts", () => {
  const taken = { yes: 0, no: 0 };
  fc.assert(
    fc.property(mutated, fc.nat(3), fc.constantFrom(0, 256, 1_000), (bytes, from, least) => {
      const expected = parses(bytes);
      taken[expected ? "yes" : "no"]++;
      const spaces = Math.max(0, least - bytes.length);
      const said = scans(within(bytes, { from, spaces }));
      if (said !== expected) throw new Error(`scanner: ${said} with ${spaces} spaces, JSON.parse: ${expected}`);
    }),
    { numRuns: 100_000 },
  );
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(8_000); // the mutations are neither all harmless nor all fatal
});

test("the scanner and JSON.parse take and refuse the same numbers", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[-+]?[01]{0,2}\.?[01]{0,2}([eE][-+]?[01]?)?$/), (text) => {
      if (scans(utf8(text)) !== parses(utf8(text))) throw new Error(text);
    }),
    { numRuns: 2_000 },
  );
});

test("the scanner and JSON.parse take and refuse the same where any byte stands in place of another", () => {
  const text = utf8('[0.12345678,-10.5,170,true,false,null,"abcdefgh",{"key":"é"}]');
  for (let at = 0; at < text.length; at++) {
    for (let other = 0; other < 256; other++) {
      const bytes = text.with(at, other);
      const said = [0, 256].map((spaces) => scans(within(bytes, { from: at % 4, spaces })));
      if (said.includes(!parses(bytes))) throw new Error(`${at}: ${other}: ${said}`);
    }
  }
});

test("a long text that is cut anywhere is refused", () => {
  const text = utf8(`["${"x".repeat(300)}",-0.12345678,170,true,false,null,"abcdefgh\\u00e9é",{"key":{}}]`);
  for (let end = 257; end < text.length; end++) expect(scans(text.slice(0, end)), `${end} bytes`).toBe(false);
  expect(scans(text)).toBe(true);
});

test.each([
  ["an overlong form", [0xc0, 0x80]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["a code point past U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["a lone continuation", [0x80]],
  ["a sequence cut short", [0xe2, 0x82]],
])("UTF-8 is strict: %s is refused", (_, bad) => {
  expect(scans(Uint8Array.from([0x22, ...bad, 0x22]))).toBe(false);
  expect(violationOf(JSON_, Uint8Array.from([...utf8('[48,1,{},"a.b",["'), ...bad, ...utf8('"]]')]))).toBe(
    "malformed JSON: not UTF-8",
  );
});

test("a fault is said in the same words wherever it stands, however long the message is", () => {
  for (const [bad, why] of [
    ['{"a"1}', "expected a colon"],
    ['{"a":1,}', "expected a key"],
    ["[1 2]", "expected a comma or ]"],
    ["[01]", "expected a comma or ]"],
    ["[-]", "expected a digit"],
    ["[1.]", "expected a digit"],
    ["[0.5e]", "expected a digit"],
    ["[trux]", "expected true"],
    ["[fals]", "expected false"],
    ["[nul]", "expected null"],
    ['["a\\x"]', "an invalid escape"],
    ['["a\\u12g4"]', "an invalid \\u escape"],
    ['["a\tb"]', "a control character in a string"],
    ['["a', "an unterminated string"],
  ] as const) {
    const before = '[48,1,{},"a.b",[';
    for (const start of [before, `${before}"${"x".repeat(300)}",`]) {
      const fault = violationOf(JSON_, utf8(start + bad)) as string;
      expect(fault, bad).toMatch(`malformed JSON: ${why} at byte `);
      expect(Number(/\d+$/.exec(fault)?.[0]) - start.length, bad).toBeLessThanOrEqual(bad.length);
      const short = violationOf(JSON_, utf8(before + bad)) as string;
      expect(Number(/\d+$/.exec(fault)?.[0]) - start.length).toBe(Number(/\d+$/.exec(short)?.[0]) - before.length);
    }
  }
});

test("integers that a double does not hold are found in long messages", () => {
  const wide = [2n ** 53n, -(2n ** 53n), 2n ** 63n, 12_345_678_901_234_567_890n];
  const exact = [9_007_199_254_740_991, -9_007_199_254_740_991, 0.1234567890123456, -0.12345678901234566];
  for (const padding of ["", "x".repeat(300)]) {
    for (const value of [...wide, ...exact]) {
      const args = [padding, value];
      expect(plain(JSON_.decode(JSON_.encode(call(args)))).args).toEqual(args);
    }
  }
});

test("nesting is bounded by 128 levels, args the first", () => {
  const nested = (levels: number) => utf8(`[48,1,{},"a.b",${"[".repeat(levels)}1${"]".repeat(levels)}]`);
  expect(violationOf(JSON_, nested(128))).toBeUndefined();
  expect(violationOf(JSON_, nested(129))).toMatch(/nested deeper than 128 levels at byte 143/);
  expect(violationOf(JSON_, nested(1_000_000))).toMatch(/nested deeper than 128 levels/);
});

test("a long message is decoded whole", () => {
  const long = "é".repeat(100_000);
  expect(plain(JSON_.decode(JSON_.encode(call([long])))).args).toEqual([long]);
});
