import { isReserved } from "../../wire/uris.js";
import type { Action } from "../authorizer.js";
import { asSplit, common, type Pattern, representatives } from "./overlap.js";
import type { RuleSource } from "./rules.js";

/** The permissions of a session, from the rules of its role. Actions without a rule are denied. */
export interface Permissions {
  /** Returns whether an action is allowed on a concrete URI. */
  allows(action: Action, uri: string): boolean;
  /** Returns whether an action is allowed on every URI of a pattern. */
  allowsAll(action: Action, pattern: Pattern): boolean;
  /**
   * Returns whether an action is allowed on at least one URI of a pattern. URIs in `wamp.`, where clients cannot serve or publish,
   * count only for subscriptions and for patterns within `wamp.`.
   */
  allowsSome(action: Action, pattern: Pattern): boolean;
}

export const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];

/** The maximum number of cached verdicts per action, for permissions that many sessions share. */
const MOST_KNOWN = 2_000;
/** The maximum length of a URI with a cached verdict. */
const LONGEST_KNOWN = 256;

/**
 * Creates permissions from rules. Verdicts are cached, so most messages need only one lookup. The cache is cleared when it
 * exceeds `mostKnown` URIs.
 */
export function createPermissions(
  rules: Readonly<Record<Action, RuleSource>>,
  mostKnown: number = MOST_KNOWN,
): Permissions {
  const judges: Readonly<Record<Action, Judge>> = {
    call: new Judge(rules.call, mostKnown),
    register: new Judge(rules.register, mostKnown),
    publish: new Judge(rules.publish, mostKnown),
    subscribe: new Judge(rules.subscribe, mostKnown),
  };
  return {
    allows: (action, uri) => judges[action].allows(uri),
    allowsAll: (action, pattern) => judges[action].allowsAll(pattern),
    allowsSome: (action, pattern) =>
      judges[action].allowsSome(pattern, action === "subscribe" || isReserved(pattern.uri)),
  };
}

/** Decides about one action. */
class Judge {
  readonly #rules: RuleSource;
  readonly #mostKnown: number;
  readonly #known = new Map<string, boolean>();
  readonly #deepest: number;
  readonly #unlimited: boolean; // a rule allows everything, and no rule denies anything

  constructor(rules: RuleSource, mostKnown: number) {
    this.#rules = rules;
    this.#mostKnown = mostKnown;
    const all = [...rules.all()];
    this.#deepest = all.reduce((most, { uri }) => Math.max(most, uri.split(".").length), 1);
    this.#unlimited =
      all.every(({ allowed }) => allowed) && all.some(({ uri, match }) => uri === "" && match === "prefix");
  }

  allows(uri: string): boolean {
    return this.#unlimited || (this.#known.get(uri) ?? this.#find(uri));
  }

  allowsAll(pattern: Pattern): boolean {
    if (this.#unlimited || pattern.match === "exact") return this.allows(pattern.uri);
    for (const uri of representatives(pattern, this.#deepest)) if (!this.#judge(uri)) return false;
    for (const uri of this.#common(pattern, false)) if (!this.#judge(uri)) return false;
    return true;
  }

  allowsSome(pattern: Pattern, withReserved: boolean): boolean {
    if (this.#unlimited || pattern.match === "exact") return this.allows(pattern.uri);
    for (const uri of this.#common(pattern, true))
      if ((withReserved || !isReserved(uri)) && this.#judge(uri)) return true;
    return false;
  }

  /** Yields URIs that represent the common URIs of a pattern and each rule that allows, or denies. */
  *#common(pattern: Pattern, allowed: boolean): Iterable<string> {
    for (const rule of this.#rules.meeting(asSplit(pattern)))
      if (rule.allowed === allowed) yield* common(pattern, rule, this.#deepest);
  }

  #find(uri: string): boolean {
    const allowed = this.#judge(uri);
    if (uri.length > LONGEST_KNOWN) return allowed;
    if (this.#known.size >= this.#mostKnown) this.#known.clear();
    this.#known.set(uri, allowed);
    return allowed;
  }

  #judge(uri: string): boolean {
    return this.#rules.best(uri)?.allowed === true;
  }
}
