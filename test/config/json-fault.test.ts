/** The place and the reason of a syntax error in JSON. Node does not always report them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFault, repeatedKey } from "../../src/config/json-fault.js";

const ENDLESS = "this string is not closed on its line, or contains a character that JSON does not allow";

test.for<readonly [text: string, fault: string]>([
  ["", "line 1, column 1: unexpected end"],
  ['{ "a": 1, }', "line 1, column 11: remove the trailing comma before it"],
  ['{ "a": [1,\n2,]\n}', "line 2, column 3: remove the trailing comma before it"],
  ['{ "a": 1\n  "b": 2 }', "line 2, column 3: a comma is missing before it"],
  ['{ "a" 1 }', "line 1, column 7: a colon is missing before it"],
  ["{ a: 1 }", 'line 1, column 3: expected a key between " and "'],
  ["{ 'a': 1 }", 'line 1, column 3: expected a key between " and "'],
  ["{ \"a\": 'x' }", "line 1, column 8: expected a value; strings need double quotes"],
  ['{ "a": True }', "line 1, column 8: expected a value; strings need double quotes"],
  ['{ "a": 01 }', "line 1, column 8: unexpected character"],
  ['{ "a": "x\ny" }', `line 1, column 8: ${ENDLESS}`],
  ['{ "a": "x', `line 1, column 8: ${ENDLESS}`],
  ['{ "a\u0007": 1 }', `line 1, column 3: ${ENDLESS}`],
  ['# a\n{ "a": 1 }', "line 1, column 1: unexpected character"],
  [
    '{ "a": 1 } // b',
    "line 1, column 12: JSON does not allow comments; use a module such as wampact.config.mjs for comments",
  ],
  ['{ "a": 1 ]', "line 1, column 10: unexpected character"],
  ['{ "a": [1, 2', "line 1, column 13: unexpected end"],
])("%j", ([text, fault]) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(jsonFault(text)).toBe(fault);
});

test("in what is JSON there is no fault before its end, and what follows it is one", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const lines = text.split("\n");
      const end = `line ${lines.length}, column ${(lines.at(-1) as string).length + 1}`;
      expect(jsonFault(text)).toBe(`${end}: unexpected end`);
      expect(repeatedKey(text)).toBeUndefined();
      expect(jsonFault(`${text}?`)).toBe(`${end}: unexpected character`);
    }),
  );
});

test("a text that is cut or spoilt has its fault within it, and none of its texts is told", () => {
  const text = JSON.stringify({
    realms: [{ name: "a secret that nobody is told", list: [1, -2.5e3, true, null, {}] }],
  });
  for (let at = 0; at < text.length; at++) {
    for (const spoilt of [text.slice(0, at), `${text.slice(0, at)}\u0007${text.slice(at)}`]) {
      const [, column = ""] = /^line 1, column (\d+): /.exec(jsonFault(spoilt)) ?? [];
      expect(Number(column)).toBeLessThanOrEqual(spoilt.length + 1);
      expect(jsonFault(spoilt)).not.toContain("secret");
    }
  }
});

test.for<readonly [text: string, place: string | undefined]>([
  ['{ "a": 1, "b": 2,\n  "a": 3 }', "line 2, column 3"],
  ['{ "a": { "b": 1, "\\u0062": 2 } }', "line 1, column 18"],
  ['[{ "a": 1 }, { "a": [{ "a": { "a": 1 } }], "b": "a" }]', undefined],
  ['{ "__proto__": 1, "constructor": 2, "__proto__": 3 }', "line 1, column 37"],
])("a key that an object has twice is told: %j", ([text, place]) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(repeatedKey(text)).toBe(place && `${place}: duplicate key; remove one of them`);
});
