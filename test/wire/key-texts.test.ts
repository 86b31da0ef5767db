import { expect, test } from "vitest";
import { KeyTexts } from "../../src/wire/serializers/key-texts.js";
import { utf8 } from "./support.js";

test("keys that take each other's places are read as what they are", () => {
  const keys = new KeyTexts();
  const texts = Array.from({ length: 2_000 }, (_, index) => `key${index}`);
  for (const text of [...texts, ...texts.reverse(), "", "é", "\ufeff", "x".repeat(32), "x".repeat(33)]) {
    const bytes = utf8(`-${text}-`);
    for (const _ of ["decoded", "remembered"]) expect(keys.read(bytes, 1, bytes.length - 1)).toBe(text);
  }
});

test("a remembered key does not change with the bytes it was read from", () => {
  const keys = new KeyTexts();
  const bytes = utf8("name");
  keys.read(bytes, 0, 4);
  bytes.set(utf8("same"));
  expect(keys.read(bytes, 0, 4)).toBe("same");
  expect(keys.read(utf8("name"), 0, 4)).toBe("name");
});
