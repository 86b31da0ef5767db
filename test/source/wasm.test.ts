import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hashOf, WASM_MODULES } from "../support/wasm-modules.js";

test.each(WASM_MODULES)("$constant is compiled from its source", ({ source, code }) => {
  expect(readFileSync(code, "utf8"), `run \`npm run build:wasm\`: ${source} has changed`).toContain(hashOf(source));
});
