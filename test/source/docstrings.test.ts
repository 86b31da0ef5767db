/** The style of docstrings and comments: they say what something is, in a sentence with a subject. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A docstring, a line of one, or a comment. */
const OPENING = /^\s*(?:\/\*\*|\*|\/\/) What\b/m;

test.for(["src", "codegen", "schemas", "examples", "test"])("no docstring of %s opens with What", (folder) => {
  const found = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|tsx|mts|mjs)$/.test(path) && !/node_modules|(^|[\\/])\.tmp-/.test(path))
    .filter((path) => OPENING.test(readFileSync(join(ROOT, folder, path), "utf8")));
  expect(found, "name the thing itself: subject, verb, object").toEqual([]);
});
