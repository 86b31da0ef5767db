/** Permissions against a plain model, over every pattern of a small alphabet: what is allowed, wholly allowed, and allowed in part. */
import { expect, test } from "vitest";
import { createPermissions } from "../../../src/router/access/permissions.js";
import { PersonalRules, type Rule, RuleTable } from "../../../src/router/access/rules.js";
import { isUri, type MatchPolicy, matchesPattern } from "../../../src/wire/uris.js";

type Pattern = Pick<Rule, "uri" | "match">;

/** `z` is in no rule and no pattern: it stands for all other characters. */
const COMPONENTS = ["a", "b", "ab", "az", "abz", "z"];
const URIS = [...texts(1), ...texts(2), ...texts(3), ...texts(4, ["a", "ab", "z"])];

function texts(count: number, components = COMPONENTS): readonly string[] {
  if (count === 1) return components;
  return texts(count - 1, components).flatMap((text) => components.map((component) => `${text}.${component}`));
}

const WILDCARDS = [...texts(1, ["", "a", "ab"]), ...texts(2, ["", "a", "ab"]), ...texts(3, ["", "a"])];
const PREFIXES = ["", "a", "a.", "ab", "ab.", "a.a", "a.a.", "a.ab", "a.a.a", "a.a.a."];
const EXACT = ["a", "ab", "a.a", "a.ab", "a.a.a"];

const PATTERNS: readonly Pattern[] = [
  ...EXACT.map((uri) => ({ uri, match: "exact" as const })),
  ...PREFIXES.map((uri) => ({ uri, match: "prefix" as const })),
  ...WILDCARDS.map((uri) => ({ uri, match: "wildcard" as const })),
].filter(({ uri, match }) => isUri(uri, match));

/** URIs of each pattern, looked up by what they are. */
const MATCHES = new Map(PATTERNS.map((pattern) => [pattern, URIS.filter((uri) => matchesPattern(uri, pattern))]));

/** A rule for a part of another's URIs is more specific; other pairs are told apart by what they fix from the left. */
function modelAllows(rules: readonly Rule[], uri: string): boolean {
  const matching = rules.filter((rule) => matchesPattern(uri, rule));
  return [...matching].sort(byRank).at(-1)?.allowed === true;
}

function byRank(one: Rule, other: Rule): number {
  const [left, right] = [rank(one), rank(other)];
  return left < right ? -1 : left > right ? 1 : Number(other.allowed) - Number(one.allowed);
}

/** A text that sorts as the rule ranks: for each character of the beginning a 1, then how much a wildcard fixes behind it. */
function rank({ uri, match }: Pattern): string {
  if (match === "exact") return "9";
  if (match === "prefix") return "1".repeat(uri.length);
  const components = uri.split(".");
  const open = components.indexOf("");
  const literal =
    open === -1
      ? uri
      : components
          .slice(0, open)
          .map((component) => `${component}.`)
          .join("");
  const behind = open === -1 ? [] : components.slice(open);
  return `${"1".repeat(literal.length)}0${behind.map((component) => (component === "" ? "2" : "3")).join("")}`;
}

function permissionsOf(rules: readonly Rule[], own: readonly Rule[] = []) {
  const table = new RuleTable();
  for (const rule of rules) table.add(rule);
  const source = own.length > 0 ? new PersonalRules(table, own) : table;
  return createPermissions({ call: source, register: source, publish: source, subscribe: source });
}

function check(rules: readonly Rule[], own: readonly Rule[] = []): void {
  const permissions = permissionsOf(rules, own);
  const every = [...rules, ...own];
  const allowed = new Set(URIS.filter((uri) => modelAllows(every, uri)));
  for (const uri of URIS) {
    if (permissions.allows("call", uri) !== allowed.has(uri))
      expect.unreachable(shown("allows", every, { uri, match: "exact" }));
  }
  for (const pattern of PATTERNS) {
    const uris = MATCHES.get(pattern) ?? [];
    if (permissions.allowsAll("call", pattern) !== uris.every((uri) => allowed.has(uri)))
      expect.unreachable(shown("allowsAll", every, pattern));
    if (permissions.allowsSome("call", pattern) !== uris.some((uri) => allowed.has(uri)))
      expect.unreachable(shown("allowsSome", every, pattern));
  }
}

function shown(what: string, rules: readonly Rule[], pattern: Pattern): string {
  return `${what} ${JSON.stringify(pattern)} by ${JSON.stringify(rules)}`;
}

const rule = (pattern: Pattern, allowed: boolean): Rule => ({ ...pattern, allowed });

test("one rule and every pair of rules agree with the model, for every pattern", () => {
  for (const one of PATTERNS) {
    check([rule(one, true)]);
    for (const other of PATTERNS) check([rule(one, true), rule(other, false)]);
  }
});

test("three rules drawn at random agree with the model, the rules of one session included", () => {
  let seed = 1;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const drawn = () => rule(PATTERNS[next(PATTERNS.length)] as Pattern, next(2) === 0);
  for (let round = 0; round < 300; round++) {
    const rules = [drawn(), drawn(), drawn(), drawn()];
    check(rules);
    check(rules.slice(0, 2), rules.slice(2));
  }
});

test("the most specific rule that names the action wins", () => {
  const rules: readonly [string, MatchPolicy, boolean][] = [
    ["com.", "prefix", true],
    ["com.app.", "prefix", false],
    ["com.app..read", "wildcard", true],
    ["com.app.secret.read", "exact", false],
  ];
  const { allows } = permissionsOf(rules.map(([uri, match, allowed]) => ({ uri, match, allowed })));
  expect(
    ["com.x", "com.app.x", "com.app.x.read", "com.app.secret.read", "net.x"].map((uri) => allows("call", uri)),
  ).toEqual([true, false, true, false, false]);
});
