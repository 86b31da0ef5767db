import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The folders of the repository: what begins with one of them is a path. */
const PATH = /`((?:\.ci|\.github|codegen|docs|examples|schemas|src|test)\/[\w./-]*)`/g;

test.for([
  "CONTRIBUTING.md",
  "RELEASING.md",
  "SECURITY.md",
  "docs/README.md",
])("every path that %s names is there", (page) => {
  const paths = [...readFileSync(join(ROOT, page), "utf8").matchAll(PATH)].map(([, path = ""]) => path);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
