/**
 * docs/reference is true: what is generated there is made of the declarations of today, and nothing of the public API is missing.
 * `npx vitest run test/docs/reference.test.ts --update` makes the pages anew.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { program } from "../../src/cli/program.js";
import { FAILURE_CODES } from "../../src/wire/call-failure.js";
import { type Member, ROOT, readApi } from "../support/reference/api.js";
import { exportsOn, REFERENCE_PAGES, renewed } from "../support/reference/pages.js";

const text = (path: string) => readFileSync(join(ROOT, path), "utf8");
const api = readApi();
const documented = REFERENCE_PAGES.flatMap((page) => exportsOn(page, api));
/** The functions that applications call and the options that they pass. Types that they only receive may be missing. */
const wanted = api.filter(
  ({ entry, kind, isOptions }) => (kind === "function" || isOptions) && entry !== "wampact/thin", // which generated code alone imports
);

test("every function and every options type that an entry exports is on a page of docs/reference", () => {
  const missing = wanted
    .filter((each) => !documented.some((other) => each.place === other.place))
    .map(({ entry, name, place }) => `${entry}: ${name} (${place})`);
  expect(
    missing,
    "add each name to a marker such as `<!-- api wampact/router: createRouter -->`, then run vitest with --update",
  ).toEqual([]);
});

test.for(["docs", "docs/reference"])("the README of %s has a link to each of its pages", (folder) => {
  const index = text(`${folder}/README.md`);
  const pages = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".md") && name !== "README.md");
  expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});

test("each export is on one page only", () => {
  const places = documented.map(({ name, place }) => `${name} (${place})`);
  expect(places.filter((each, index) => places.indexOf(each) !== index)).toEqual([]);
});

test.for(
  REFERENCE_PAGES.map((page) => [page.name, page] as const),
)("%s has no heading twice, so that links are unique", ([, { text }]) => {
  const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) => heading.toLowerCase());
  expect(headings.filter((each, index) => headings.indexOf(each) !== index)).toEqual([]);
});

test.for(REFERENCE_PAGES.map((page) => [page.name, page] as const))("%s is as the source says", async ([, page]) => {
  await expect(renewed(page, api, program()), "run vitest with --update").toMatchFileSnapshot(page.path);
});

/** The options of the API, each with the type that it is of. */
const options = wanted
  .filter(({ isOptions, place }, index) => isOptions && wanted.findIndex((each) => each.place === place) === index)
  .flatMap((owner) => owner.members.map((member) => ({ owner, member })));
const placesOf = (found: readonly { member: Member }[]) => [
  ...new Set(found.map(({ member: { name, place } }) => `${name} (${place})`)), // once for each, however many types inherit it
];

test("every option says what it means, and every optional one what its default is", () => {
  expect(options.length).toBeGreaterThan(150);
  const silent = options.filter(({ member: { text } }) => text === "");
  expect.soft(placesOf(silent), "write a docstring for each").toEqual([]);
  const without = options.filter(
    ({ member }) => member.isOptional && !member.isMethod && member.byDefault === undefined,
  );
  expect(placesOf(without), 'add a sentence such as "Default: 10,000." to each docstring').toEqual([]);
});

test("every option that is a number says which numbers it accepts", () => {
  const without = options.filter(({ member }) => member.isNumber && member.range === undefined);
  expect(placesOf(without), 'give each a rule in a SettingRules table, or write "from 1 to 100"').toEqual([]);
});

test("every option in milliseconds or bytes says so in its name", () => {
  const wrong = options.filter(
    ({ member: { name, isNumber, text } }) =>
      isNumber && /\bin (milliseconds|bytes)\b/.test(text) && !/(Ms|Bytes)$/.test(name),
  );
  expect(placesOf(wrong)).toEqual([]);
});

const sources = ["src", "codegen"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => text(join(folder, path))),
);
const inSources = (pattern: RegExp) =>
  new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, found = ""]) => found)));
const rowsOf = (page: string, pattern: RegExp) =>
  [...text(page).matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = ""]) => cell).filter((cell) => pattern.test(cell));

test.for([
  [
    "error URI",
    /^wamp(act)?\.(error|close)\./,
    /"(wamp(?:act)?\.(?:error|close)\.[a-z_.]+)"/g,
    ["reference/errors.md"],
  ],
  ["code of logs and warnings", /^[WE]_/, /"([WE]_[A-Z_]+)"/g, ["observability.md", "configuration.md"]],
] as const)("every %s of the source has a row of its own in the documentation", ([, cell, literal, pages]) => {
  const found = inSources(literal);
  const rows = pages.flatMap((page) => rowsOf(`docs/${page}`, cell));
  expect(found.size).toBeGreaterThan(20);
  expect(
    [...found].filter((each) => !rows.includes(each)).sort(),
    `add a row for each to ${pages.join(" or ")}`,
  ).toEqual([]);
  expect(
    rows.filter((each) => !found.has(each)),
    "nothing sends these",
  ).toEqual([]);
  expect(
    rows.filter((each, index) => rows.indexOf(each) !== index),
    "twice",
  ).toEqual([]);
});

test("errors.md has a row for each code that a call can fail with", () => {
  expect(rowsOf("docs/reference/errors.md", /^[a-zA-Z]+$/)).toEqual([...FAILURE_CODES]);
});
