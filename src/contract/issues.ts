import { explained, gotOf } from "#union-issues";
import { excerpt } from "../wire/bytes.js";
import type { Issue } from "../wire/issue.js";
import type { Found } from "./union-issues-plain.js";

/** The maximum number of issues in an answer. It keeps answers to invalid messages small. */
const MOST_ISSUES = 20;

/** Converts the issues of a schema to their wire form. */
export function issuesOf(found: readonly Found[]): readonly Issue[] {
  return bounded(found).map((issue) => {
    const expected = expectation(issue);
    const message =
      issue.code === "unrecognized_keys"
        ? `unknown ${keys(issue.keys)}`
        : expected
          ? `expected ${expected}`
          : (issue.words ?? FALLBACK[issue.code]);
    return {
      path: (issue.path ?? []).map((step) => (typeof step === "number" ? step : cut(String(step)))),
      code: issue.code,
      ...(expected !== undefined && { expected }),
      message: `${message ?? "not valid"}${issue.suffix ?? ""}`,
    };
  });
}

function bounded(found: readonly Found[]): readonly Found[] {
  return found.slice(0, MOST_ISSUES).flatMap(explained).slice(0, MOST_ISSUES);
}

/** Describes the value of the first issue. The description must not be sent. */
export function shownOf([first]: readonly Found[]): string | undefined {
  return first && gotOf(explained(first)[0]);
}

/** Describes the first issue: `input.a: expected number`. `got` is the result of `shownOf`. */
export function describeIssues(what: string, issues: readonly Issue[], got?: string): string {
  const [first, ...rest] = issues;
  if (!first) return `${what} is not valid`;
  const where = first.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  const words = `${what}${where}: ${first.message}${got === undefined ? "" : `, got ${got}`}`;
  return rest.length > 0 ? `${words} (and ${rest.length} more)` : words;
}

const FALLBACK: Readonly<Record<string, string>> = {
  invalid_union: "matches none of the alternatives",
  invalid_key: "a key is not valid",
  invalid_element: "an element is not valid",
  custom: "rejected by a check of the schema",
};

function expectation(issue: Found): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected;
    case "too_small":
      return bound(issue.origin, {
        word: issue.exact ? "exactly" : issue.inclusive ? "at least" : "more than",
        limit: issue.minimum,
      });
    case "too_big":
      return bound(issue.origin, {
        word: issue.exact ? "exactly" : issue.inclusive ? "at most" : "less than",
        limit: issue.maximum,
      });
    case "invalid_format":
      return issue.format === "regex"
        ? `a string that matches ${issue.pattern ?? "a pattern"}`
        : `the format ${issue.format}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_value":
      return issue.values.length === 1
        ? literal(issue.values[0])
        : `one of ${issue.values.slice(0, 20).map(literal).join(", ")}`;
    default:
      return undefined;
  }
}

function bound(origin: string, { word, limit }: { word: string; limit: number | bigint }): string {
  const unit = origin === "string" ? " characters" : origin === "array" || origin === "set" ? " items" : "";
  return `${word} ${limit}${unit}`;
}

function literal(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function keys(names: readonly string[]): string {
  return `${names.length === 1 ? "key" : "keys"} ${names
    .slice(0, 5)
    .map((name) => JSON.stringify(cut(name)))
    .join(", ")}`;
}

function cut(text: string): string {
  return text.length > 64 ? `${excerpt(text, 63)}…` : excerpt(text);
}
