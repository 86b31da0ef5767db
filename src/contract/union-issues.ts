import { excerpt } from "../wire/bytes.js";
import { kindOf } from "../wire/fields.js";
import { type Found, valueAt, wrongLiteral } from "./union-issues-plain.js";

/** How many faults of one alternative are looked at. */
const MOST_FAULTS = 20;

/** The faults that one is told as: those behind the one of a union, and a template by its pattern. */
export function explained(issue: Found): readonly Found[] {
  if (issue.code !== "invalid_format" || issue.format !== "template_literal") return behind(issue);
  return [{ ...issue, format: "regex", pattern: `/${issue.pattern}/` }];
}

/**
 * The faults behind the one of a union, where these can be told: its discriminator, its type, or what the alternative that the value
 * comes closest to has found.
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
    return { ...each, ...placed } as Found; // of its own code still
  });
}

/**
 * What came in place of what was expected, in words, for whoever has sent it: these must not travel. In place of one of some literals
 * it is told as it is, elsewhere by its type only, since it may be a secret.
 */
export function gotOf(first: Found | undefined): string | undefined {
  if (first?.code !== "invalid_value") return first?.code === "invalid_type" ? kindOfGiven(first.input) : undefined;
  const { input } = first;
  if (typeof input === "string") return JSON.stringify(excerpt(input, 64));
  return typeof input === "number" || typeof input === "boolean" ? String(input) : kindOfGiven(input);
}

/** As `kindOf`, and by its own name what no wire has: an application may give it. */
function kindOfGiven(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a Date";
  if (kindOf(value) !== "a dictionary") return kindOf(value);
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "a dictionary";
}

/** The value is of no type that an alternative has. */
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

/** How far a value is from an alternative: of another type, then of another kind, then with more faults. */
function distance(issues: readonly Found[]): number {
  const isOther = issues.some(({ path }) => !path?.length);
  return (isOther ? 10_000 : 0) + (issues.some(({ code }) => code === "invalid_value") ? 1_000 : 0) + issues.length;
}
