import type { MatchPolicy } from "../wire/uris.js";
import { PrefixTree } from "./prefix-tree.js";
import { WildcardTable } from "./wildcard-table.js";

/**
 * A map from URI patterns to values, one per URI and match policy. It answers both pattern queries of WAMP without scanning all
 * patterns.
 *
 * Prefixes match as strings: `com.app.a` also matches `com.app.ab`. A wildcard pattern has as many components as the URI, and an
 * empty component matches any. Spec: Advanced Profile, "Pattern-based Registrations" and "Pattern-based Subscriptions".
 *
 * Costs: one lookup for an exact URI, one walk over the URI for prefixes, and at most components × patterns / 32 steps for
 * wildcards, or far fewer if the patterns differ in a literal component. Nothing recurses over input of clients.
 */
export class PatternIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new PrefixTree<T>();
  readonly #wildcards = new WildcardTable<T>();
  #size = 0;

  /** The number of values. */
  get size(): number {
    return this.#size;
  }

  /** Returns the value of exactly this pattern. */
  get(uri: string, match: MatchPolicy): T | undefined {
    if (match === "exact") return this.#exact.get(uri);
    return match === "prefix" ? this.#prefixes.get(uri) : this.#wildcards.get(uri);
  }

  /** Adds a value. The pattern must be free. */
  set(uri: string, match: MatchPolicy, value: T): void {
    this.#size++;
    if (match === "exact") this.#exact.set(uri, value);
    else if (match === "prefix") this.#prefixes.set(uri, value);
    else this.#wildcards.add(uri, value);
  }

  /** Removes a pattern. It must exist. */
  delete(uri: string, match: MatchPolicy): void {
    this.#size--;
    if (match === "exact") this.#exact.delete(uri);
    else if (match === "prefix") this.#prefixes.delete(uri);
    else this.#wildcards.delete(uri);
  }

  /**
   * Returns the value of the best match for a URI: the exact one, else the longest prefix, else the wildcard pattern with the
   * longest run of literal components before its first wildcard, then the longest next run, and so on.
   */
  best(uri: string): T | undefined {
    return this.#exact.get(uri) ?? this.#prefixes.longest(uri) ?? this.#wildcards.best(uri);
  }

  /** Returns all values whose pattern matches a URI: the exact one, then prefixes from long to short, then wildcards. */
  all(uri: string): T[] {
    const found: T[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    this.#prefixes.collect(uri, found);
    this.#wildcards.collect(uri, found);
    return found;
  }
}
