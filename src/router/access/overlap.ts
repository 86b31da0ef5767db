import { type MatchPolicy, matchesPattern } from "../../wire/uris.js";

/** A URI or a URI pattern. */
export interface Pattern {
  readonly uri: string;
  readonly match: MatchPolicy;
}

/** A pattern with its components, split once for many comparisons. */
export interface SplitPattern extends Pattern {
  readonly components: readonly string[];
}

export function split<Given extends Pattern>(pattern: Given): Given & SplitPattern {
  return { ...pattern, components: pattern.uri.split(".") };
}

/** Returns the pattern with its components, splitting it if necessary. */
export function asSplit(pattern: Pattern | SplitPattern): SplitPattern {
  if ("components" in pattern) return pattern;
  const { uri, match } = pattern;
  return { uri, match, components: uri.split(".") };
}

/** A component that occurs in no rule, since URIs contain no control characters. */
const ANY = "\u0001";

/**
 * Yields URIs that represent all URIs of a pattern: a rule that matches a representative matches all URIs that it represents. So
 * a verdict on the representatives applies to every URI, except those that a rule with more literals singles out, which `common`
 * finds. `deepest` is the maximum number of components of a rule.
 */
export function* representatives({ uri, match }: Pattern, deepest: number): Iterable<string> {
  if (match === "exact") return yield uri;
  if (match === "wildcard") return yield filled(uri.split("."));
  const least = uri.split(".").length;
  const beginnings = uri === "" || uri.endsWith(".") ? [uri + ANY] : [uri, uri + ANY];
  for (const beginning of beginnings) {
    let longer = beginning;
    for (let count = least; count <= Math.max(least, deepest) + 1; count++) {
      yield longer;
      longer += `.${ANY}`;
    }
  }
}

/** Yields URIs that represent the common URIs of two patterns; none if they do not overlap. */
export function* common(one: Pattern, other: Pattern, deepest: number): Iterable<string> {
  if (one.match === "exact") {
    if (matchesPattern(one.uri, other)) yield one.uri;
  } else if (other.match === "exact") {
    if (matchesPattern(other.uri, one)) yield other.uri;
  } else if (one.match === "prefix" && other.match === "prefix") {
    if (one.uri.startsWith(other.uri)) yield* representatives(one, deepest);
    else if (other.uri.startsWith(one.uri)) yield* representatives(other, deepest);
  } else if (one.match === "prefix") yield* commonOfPrefix(one.uri, other.uri.split("."));
  else if (other.match === "prefix") yield* commonOfPrefix(other.uri, one.uri.split("."));
  else yield* commonOfWildcards(one.uri.split("."), other.uri.split("."));
}

/** Returns quickly whether two patterns may overlap. If it returns false, `common` yields nothing. */
export function mayMeet(one: SplitPattern, other: SplitPattern): boolean {
  const [components, others] = [one.components, other.components];
  if (one.match !== "prefix" && other.match !== "prefix" && components.length !== others.length) return false;
  for (let index = Math.min(wholeOf(one), wholeOf(other)) - 1; index >= 0; index--) {
    if (components[index] !== others[index] && !isOpen(one, index) && !isOpen(other, index)) return false;
  }
  if (one.match === "prefix") return other.match === "prefix" || goesOn(one, other);
  return other.match !== "prefix" || goesOn(other, one);
}

/** Returns the number of complete components. The last component of a prefix may be incomplete. */
export function wholeOf({ match, components }: SplitPattern): number {
  return match === "prefix" ? components.length - 1 : components.length;
}

function isOpen({ match, components }: SplitPattern, index: number): boolean {
  return match === "wildcard" && components[index] === "";
}

function goesOn({ components }: SplitPattern, other: SplitPattern): boolean {
  const last = components.length - 1;
  return isOpen(other, last) || other.components[last]?.startsWith(components[last] as string) === true;
}

/** Returns whether two patterns overlap. */
export function overlap(one: Pattern, other: Pattern): boolean {
  for (const _ of common(one, other, 1)) return true;
  return false;
}

function* commonOfWildcards(one: readonly string[], other: readonly string[]): Iterable<string> {
  if (one.length !== other.length) return;
  const both = one.map((component, index) => component || (other[index] as string));
  if (both.every((component, index) => !other[index] || component === other[index])) yield filled(both);
}

/** Yields common URIs of a prefix and a wildcard pattern. The last component of the prefix may be incomplete. */
function* commonOfPrefix(prefix: string, wildcard: readonly string[]): Iterable<string> {
  const fixed = prefix.split(".");
  const begun = fixed.pop() as string; // never empty
  if (wildcard.length <= fixed.length) return;
  if (!fixed.every((component, index) => wildcard[index] === "" || wildcard[index] === component)) return;
  const [literal, ...rest] = wildcard.slice(fixed.length);
  if (literal && !literal.startsWith(begun)) return;
  const whole = literal ? [literal] : begun === "" ? [ANY] : [begun, begun + ANY];
  for (const component of whole) yield filled([...fixed, component, ...rest]);
}

function filled(components: readonly string[]): string {
  return components.map((component) => component || ANY).join(".");
}
