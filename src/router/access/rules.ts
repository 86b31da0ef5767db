import { isReserved, isUri, type MatchPolicy, matchesPattern } from "../../wire/uris.js";
import type { Action } from "../authorizer.js";
import { PrefixTree } from "../prefix-tree.js";
import { WildcardTable } from "../wildcard-table.js";
import { mayMeet, type Pattern, type SplitPattern, split } from "./overlap.js";
import { OverlapIndex } from "./overlap-index.js";

/** The actions that a role may perform on the URIs of one pattern. */
export interface PermissionRule {
  /** A URI or pattern. A component `{authid}` matches the `authid` of the session. */
  readonly uri: string;
  /** The match policy of the URI. Default: `exact`. */
  readonly match?: MatchPolicy;
  /** Actions that the rule allows. Default: none. */
  readonly allow?: readonly Action[];
  /** Actions that the rule denies. Default: none. */
  readonly deny?: readonly Action[];
}

/** A rule for one action. */
export interface Rule extends Pattern {
  readonly allowed: boolean;
}

/** The rules for one action. */
export interface RuleSource {
  /** Returns the most specific rule for a URI. Of two rules with the same pattern, the one that denies. */
  best(uri: string): Rule | undefined;
  all(): Iterable<SplitRule>;
  /** Returns the rules that may overlap a pattern. */
  meeting(pattern: SplitPattern): Iterable<SplitRule>;
}

/** A rule with split components. */
export type SplitRule = Rule & SplitPattern;

/** The rules for one action, indexed. */
export class RuleTable implements RuleSource {
  readonly #exact = new Map<string, Rule>();
  readonly #prefixes = new PrefixTree<Rule>();
  readonly #wildcards = new WildcardTable<Rule>();
  readonly #all = new Map<string, SplitRule>(); // match policy and pattern → rule
  #index: OverlapIndex<SplitRule> | undefined; // of all rules, created on demand

  add(rule: Rule): void {
    const { uri, match } = rule;
    const key = `${match} ${uri}`;
    const existing = this.#all.get(key);
    if (existing && (!existing.allowed || rule.allowed)) return;
    this.#all.set(key, split(rule));
    this.#index = undefined;
    if (match === "exact") this.#exact.set(uri, rule);
    else if (match === "prefix") this.#prefixes.set(uri, rule);
    else {
      if (existing) this.#wildcards.delete(uri);
      this.#wildcards.add(uri, rule);
    }
  }

  best(uri: string): Rule | undefined {
    return this.#exact.get(uri) ?? moreSpecific(this.#prefixes.longest(uri), this.#wildcards.best(uri));
  }

  all(): Iterable<SplitRule> {
    return this.#all.values();
  }

  meeting(pattern: SplitPattern): Iterable<SplitRule> {
    this.#index ??= new OverlapIndex([...this.#all.values()]);
    return this.#index.meeting(pattern);
  }
}

/** The rules of a role combined with the few rules of one session. */
export class PersonalRules implements RuleSource {
  readonly #shared: RuleSource;
  readonly #own: readonly SplitRule[];

  constructor(shared: RuleSource, own: readonly Rule[]) {
    this.#shared = shared;
    this.#own = own.map(split);
  }

  best(uri: string): Rule | undefined {
    let found = this.#shared.best(uri);
    for (const rule of this.#own) if (matchesPattern(uri, rule)) found = moreSpecific(found, rule);
    return found;
  }

  *all(): Iterable<SplitRule> {
    yield* this.#shared.all();
    yield* this.#own;
  }

  *meeting(pattern: SplitPattern): Iterable<SplitRule> {
    yield* this.#shared.meeting(pattern);
    for (const rule of this.#own) if (mayMeet(pattern, rule)) yield rule;
  }
}

/** The placeholder for the session's `authid` in a rule's pattern. */
export const AUTHID = "{authid}";

export function isPersonal({ uri }: PermissionRule): boolean {
  return uri.includes(AUTHID);
}

/**
 * Replaces the placeholder in a rule by an `authid`. Returns `undefined`, so that the rule does not apply, if the `authid` is not a
 * single URI component: with a dot it would reach into another branch, and `wamp` into the router's.
 */
export function personalRule(rule: PermissionRule, authid: string): PermissionRule | undefined {
  if (authid.includes(".") || !isUri(authid)) return undefined;
  const uri = rule.uri
    .split(".")
    .map((component) => (component === AUTHID ? authid : component))
    .join(".");
  return isReserved(uri) && !isReserved(rule.uri) ? undefined : { ...rule, uri };
}

/** Yields the rules of one action. */
export function* rulesFor(action: Action, rules: readonly PermissionRule[]): Iterable<Rule> {
  for (const { uri, match = "exact", allow, deny } of rules) {
    if (allow?.includes(action)) yield { uri, match, allowed: true };
    if (deny?.includes(action)) yield { uri, match, allowed: false };
  }
}

/**
 * Returns the more specific of two rules that match the same URI: an exact one, else the one with the longer fixed beginning. If
 * these are equal, a wildcard pattern before a prefix, and of two wildcard patterns the one with the first literal from the left.
 * So a rule for a subset of another rule's URIs always applies before it.
 */
function moreSpecific(one: Rule | undefined, other: Rule | undefined): Rule | undefined {
  if (!one || !other) return one ?? other;
  if (one.match === "exact" || other.match === "exact") {
    if (one.match !== other.match) return one.match === "exact" ? one : other;
    return one.allowed ? other : one;
  }
  const [length, otherLength] = [fixedLength(one), fixedLength(other)];
  if (length !== otherLength) return length > otherLength ? one : other;
  if (one.match !== other.match) return one.match === "wildcard" ? one : other;
  if (one.match === "wildcard") {
    const [components, others] = [one.uri.split("."), other.uri.split(".")];
    const index = components.findIndex((component, at) => (component === "") !== (others[at] === ""));
    if (index !== -1) return components[index] === "" ? other : one;
  }
  return one.allowed ? other : one;
}

/** Returns the number of fixed characters at the beginning of a pattern. */
function fixedLength({ uri, match }: Pattern): number {
  if (match !== "wildcard") return uri.length;
  if (uri === "" || uri.startsWith(".")) return 0;
  const open = uri.indexOf("..");
  if (open !== -1) return open + 1;
  return uri.length;
}
