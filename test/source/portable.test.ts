/** Code that works on Linux and fails on Windows or macOS, found in the sources. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** These run on Linux only, as `npm run test:full` does. */
const LINUX_ONLY = /^test\/(full|bench|interop|smoke)\//;

const sources = ["src", "codegen", "examples", "test"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter(
      (path) => /\.(ts|tsx|mjs)$/.test(path) && !/node_modules|\/\.tmp-|\/dist\//.test(path) && !LINUX_ONLY.test(path),
    ),
);

test.for([
  ["a path from a URL has a slash before its drive", /import\.meta\.url\)\.pathname/, "use fileURLToPath", []],
  ["a link to a directory needs rights", /symlink(Sync)?\((?![^;]*(junction|\.bin))/, 'make it a "junction"', []],
  ["another Node may be first in PATH", /(spawn|exec|execFile|fork)(Sync)?\("node"/, "use process.execPath", []],
  [
    "npm and npx are no programs",
    /(spawn|execFile)(Sync)?\("np[mx]"/,
    "run the file with Node",
    ["test/support/build-wasm.ts"],
  ],
  [
    "the temporary directory is a link, and open files cannot be removed",
    /mkdtempSync\(|tmpdir\(\)/,
    "use temporary() of test/support/folder.ts",
    ["examples/", "src/", "codegen/", "test/support/folder.ts", "test/support/build-wasm.ts"],
  ],
] as const)("%s: the sources do without", ([, pattern, remedy, allowed]) => {
  const found = sources
    .filter((path) => !allowed.some((each) => path.startsWith(each)) && !path.endsWith("portable.test.ts"))
    .filter((path) => pattern.test(readFileSync(join(ROOT, path), "utf8")));
  expect(found, remedy).toEqual([]);
});
