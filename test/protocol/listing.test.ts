/**
 * docs/wamp-facts.md is true: each of its statements is proven by a test whose name starts with "fact N: ", and each such test cites a
 * statement that is there. `npx vitest run test/protocol/listing.test.ts --update` writes the tests of each statement anew.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const PAGE = join(TESTS, "../docs/wamp-facts.md");
const page = readFileSync(PAGE, "utf8");
const sources = readdirSync(TESTS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")) // what a killed test leaves may link back to here
  .flatMap(({ name }) =>
    readdirSync(join(TESTS, name), { recursive: true, encoding: "utf8" }).map(
      (path) => `${name}/${path.replaceAll("\\", "/")}`,
    ),
  )
  .filter((path) => path.endsWith(".test.ts") && !path.endsWith("listing.test.ts"))
  .sort();

/** A test that cites a statement. A name is the first text in the parentheses of `test` or `test.for`. */
interface Proof {
  readonly path: string;
  readonly number: number;
  readonly name: string;
}

const proofs: readonly Proof[] = sources.flatMap((path) =>
  [...readFileSync(join(TESTS, path), "utf8").matchAll(/\(\s*(["'`])fact (\d+): (.*?)\1,/g)].map(
    ([, , number, name = ""]) => ({ path, number: Number(number), name: name.replaceAll("\\", "") }),
  ),
);
const statements = [...page.matchAll(/^### Fact (\d+)$/gm)].map(([, number]) => Number(number));

test("the statements are numbered without gaps, in any order, and each is there once", () => {
  expect(statements.toSorted((a, b) => a - b)).toEqual(statements.map((_, index) => index + 1));
});

test("each statement names a section of the specification", () => {
  for (const part of page.split(/^### Fact /m).slice(1))
    expect(part).toMatch(/^\d+\n\n[^<]+\n\nSections? of the specification: [^<]+\.\n\n<!-- tests -->/);
});

test("each statement is proven by a test, and each test that cites one cites one that is there", () => {
  const cited = proofs.map(({ number }) => number);
  expect(
    statements.filter((each) => !cited.includes(each)),
    'name a test "fact N: …" for each',
  ).toEqual([]);
  expect(
    proofs.filter(({ number }) => !statements.includes(number)),
    "add the statement to docs/wamp-facts.md",
  ).toEqual([]);
});

test("the page lists the tests of each statement", async () => {
  const renewed = page.replaceAll(
    /(### Fact (\d+)\n.*?<!-- tests -->\n).*?(<!-- end -->)/gs,
    (_, before: string, number: string, end: string) => {
      const lines = proofs
        .filter((proof) => proof.number === Number(number))
        .map(({ path, name }) => `- [${path}](../test/${path}): ${name}`);
      return `${before}\n${lines.join("\n")}\n\n${end}`;
    },
  );
  await expect(renewed, "run vitest with --update").toMatchFileSnapshot(PAGE);
});
