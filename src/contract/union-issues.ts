import { excerpt } from "../wire/bytes.js";
import { kindOf } from "../wire/fields.js";
import { type Found, valueAt, wrongLiteral } from "./union-issues-plain.js";

/** The maximum number of issues per alternative. */
const MOST_FAULTS = 20;

/** Returns the issues to report instead of one: those inside a union, or a template literal as its pattern. */
export function explained(issue: Found): readonly Found[] {
  if (issue.code !== "invalid_format" || issue.format !== "template_literal") return behind(issue);
  return [{ ...issue, format: "regex", pattern: `/${issue.pattern}/` }];
}

/**
 * Returns the issues inside that of a union, if possible: the issue of its discriminator, of its type, or the issues of the
 * closest alternative.
 */
function behind(issue: Found): readonly Found[] {
  if (issue.code !== "invalid_union") return [issue];
  if (issue.inclusive === false) return [{ ...issue, words: "matches more than one of the alternatives" }]; // of z.xor()
  const alternatives = issue.errors.map((found) => found.slice(0, MOST_FAULTS).flatMap(explained));
  const literal = wrongLiteral(issue, alternatives);
  if (literal) return [literal];
  const [closest] = [...alternatives].sort((a, b) => distance(a) - distance(b));
  if (!closest) return [issue];
  const { path = [], input } = issue;
  const type = wrongType(alternatives);
  if (type) return [{ ...type, path, input }];
  const suffix = ` (in the closest of ${alternatives.length} alternatives)`;
  return closest.map((each) => {
    const inner = each.path ?? [];
    const placed = { path: [...path, ...inner], input: valueAt(input, inner), suffix };
    return { ...each, ...placed } as Found; // keeps its own code
  });
}

/**
 * Describes the received value for the sender itself; it must not be sent to others. Values in place of a literal are quoted.
 * For other values it gives only the type, since they may be secret.
 */
export function gotOf(first: Found | undefined): string | undefined {
  if (first?.code !== "invalid_value") return first?.code === "invalid_type" ? kindOfGiven(first.input) : undefined;
  const { input } = first;
  if (typeof input === "string") return JSON.stringify(excerpt(input, 64));
  return typeof input === "number" || typeof input === "boolean" ? String(input) : kindOfGiven(input);
}

/** Like `kindOf`, but also names types that no wire format has, since the application may pass them. */
function kindOfGiven(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a Date";
  if (kindOf(value) !== "a dictionary") return kindOf(value);
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "a dictionary";
}

/** Returns the issue if the type of the value matches no alternative. */
function wrongType(
  alternatives: readonly (readonly Found[])[],
): (Found & { readonly code: "invalid_type" }) | undefined {
  const types = alternatives.flatMap(([first, ...others]) =>
    first?.code === "invalid_type" && !first.path?.length && others.length === 0 ? [first.expected] : [],
  );
  if (types.length < alternatives.length) return undefined;
  const expected = [...new Set(types)].join(" or ") as (typeof types)[number];
  return { code: "invalid_type", expected, path: [], input: undefined };
}

/** Returns the distance of a value from an alternative: wrong type first, then wrong kind, then the number of issues. */
function distance(issues: readonly Found[]): number {
  const isOther = issues.some(({ path }) => !path?.length);
  return (isOther ? 10_000 : 0) + (issues.some(({ code }) => code === "invalid_value") ? 1_000 : 0) + issues.length;
}
