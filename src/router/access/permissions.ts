import { isReserved } from "../../wire/uris.js";
import type { Action } from "../authorizer.js";
import { asSplit, common, type Pattern, representatives } from "./overlap.js";
import type { RuleSource } from "./rules.js";

/** What a session may, by the rules of its role. What no rule gives is denied. */
export interface Permissions {
  /** Whether an action is allowed on a concrete URI. */
  allows(action: Action, uri: string): boolean;
  /** Whether it is allowed on every URI that a pattern matches. */
  allowsAll(action: Action, pattern: Pattern): boolean;
  /**
   * Whether it is allowed on a URI that a pattern matches. URIs below `wamp.`, where nobody else is called and nobody publishes, count for
   * subscriptions, and for patterns that are below it themselves.
   */
  allowsSome(action: Action, pattern: Pattern): boolean;
}

export const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];

/** URIs whose verdict is remembered for each action, by permissions that many sessions share. */
const MOST_KNOWN = 2_000;
/** Longer URIs are judged each time. */
const LONGEST_KNOWN = 256;

/**
 * Makes permissions of rules. What was found for a URI is remembered, so that it costs one look-up for most messages; all is forgotten where
 * more than `mostKnown` URIs would be.
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

/** Judges one action. */
class Judge {
  readonly #rules: RuleSource;
  readonly #mostKnown: number;
  readonly #known = new Map<string, boolean>();
  readonly #deepest: number;
  readonly #unlimited: boolean; // one rule allows everything, and none denies anything

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

  /** URIs that stand for all that a pattern and each of the rules that allow, or deny, match together. */
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
