/**
 * Every numbered fact of the protocol, and every numbered fault of other implementations, is either proven by a test whose name
 * starts with "fact N: " or "fault N: ", or listed in `facts-later.json` with the feature it waits for; never both.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")) // what a killed test leaves may link back to here
  .flatMap(({ name }) =>
    readdirSync(join(ROOT, name), { recursive: true, encoding: "utf8" }).map((path) => join(name, path)),
  )
  .filter((path) => path.endsWith(".test.ts") && !path.endsWith("listing.test.ts"));
const LATER = JSON.parse(readFileSync(join(ROOT, "facts-later.json"), "utf8")) as Record<
  "facts" | "faults",
  Readonly<Record<string, string>>
>;

/** The numbers that names of tests start with. A name is the first text in the parentheses of `test` or `test.for`. */
function proven(kind: "fact" | "fault"): ReadonlySet<number> {
  const found = new Set<number>();
  const name = new RegExp(`\\(\\s*["'\`]${kind} (\\d+): `, "g");
  for (const path of SOURCES) {
    for (const [, number] of readFileSync(join(ROOT, path), "utf8").matchAll(name)) found.add(Number(number));
  }
  return found;
}

test.for([
  ["fact", "facts", 64],
  ["fault", "faults", 34],
] as const)("each %s is proven or listed for later, and none is both", ([kind, list, last]) => {
  const numbers = Array.from({ length: last }, (_, index) => index + 1);
  const tested = proven(kind);
  const later = new Set(Object.keys(LATER[list]).map(Number));
  expect(
    numbers.filter((each) => !tested.has(each) && !later.has(each)),
    "neither",
  ).toEqual([]);
  expect(
    numbers.filter((each) => tested.has(each) && later.has(each)),
    "both",
  ).toEqual([]);
  expect(
    [...tested, ...later].filter((each) => !numbers.includes(each)),
    "no such number",
  ).toEqual([]);
  for (const [number, feature] of Object.entries(LATER[list])) expect(feature, number).toMatch(/^\S.{8,}/);
});
