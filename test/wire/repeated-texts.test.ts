import { expect, test } from "vitest";
import { RepeatedTexts } from "../../src/wire/serializers/repeated-texts.js";
import { utf8 } from "./support.js";

test("texts that take each other's places are read as what they are", () => {
  const known = new RepeatedTexts();
  const texts = Array.from({ length: 2_000 }, (_, index) => `key${index}`);
  for (const text of [...texts, ...texts.reverse(), "", "é", "\ufeff", "x".repeat(64), "x".repeat(65)]) {
    const bytes = utf8(`-${text}-`);
    for (const _ of ["decoded", "remembered"]) expect(known.read(bytes, 1, bytes.length - 1)).toBe(text);
  }
});

test("a remembered text does not change with the bytes it was read from", () => {
  const known = new RepeatedTexts();
  const bytes = utf8("name");
  known.read(bytes, 0, 4);
  bytes.set(utf8("same"));
  expect(known.read(bytes, 0, 4)).toBe("same");
  expect(known.read(utf8("name"), 0, 4)).toBe("name");
});
