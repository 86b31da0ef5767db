import type { MatchPolicy } from "../wire/uris.js";
import { PrefixTree } from "./prefix-tree.js";
import { WildcardTable } from "./wildcard-table.js";

/**
 * Values by URI pattern: one for each pair of URI and match policy. It answers both questions that WAMP asks of
 * patterns, knows URIs only, and finds without scanning what it holds.
 *
 * Prefixes match by string, `com.app.a` also matches `com.app.ab`; a wildcard pattern has as many components as the URI
 * and an empty one matches any. Spec: Advanced Profile, "Pattern-based Registrations" and "Pattern-based Subscriptions".
 *
 * Costs: an exact URI is found at once; prefixes in one walk over the URI; wildcards in at most components × patterns / 32
 * steps, of which patterns that differ in a literal component take few. Nothing recurses over what a client sends.
 */
export class PatternIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new PrefixTree<T>();
  readonly #wildcards = new WildcardTable<T>();
  #size = 0;

  /** How many values it holds. */
  get size(): number {
    return this.#size;
  }

  /** The value of exactly this pattern. */
  get(uri: string, match: MatchPolicy): T | undefined {
    if (match === "exact") return this.#exact.get(uri);
    return match === "prefix" ? this.#prefixes.get(uri) : this.#wildcards.get(uri);
  }

  /** Adds a value; the pattern must be free. */
  set(uri: string, match: MatchPolicy, value: T): void {
    this.#size++;
    if (match === "exact") this.#exact.set(uri, value);
    else if (match === "prefix") this.#prefixes.set(uri, value);
    else this.#wildcards.add(uri, value);
  }

  /** Takes a pattern out; it must be there. */
  delete(uri: string, match: MatchPolicy): void {
    this.#size--;
    if (match === "exact") this.#exact.delete(uri);
    else if (match === "prefix") this.#prefixes.delete(uri);
    else this.#wildcards.delete(uri);
  }

  /**
   * The one value that wins a URI: the exact one; else the longest prefix; else the wildcard pattern with the longest run
   * of literal components before its first wildcard, ties by the next run, and so on. Any prefix beats any wildcard.
   */
  best(uri: string): T | undefined {
    return this.#exact.get(uri) ?? this.#prefixes.longest(uri) ?? this.#wildcards.best(uri);
  }

  /** Every value whose pattern matches a URI: the exact one, then prefixes from long to short, then wildcards. */
  all(uri: string): T[] {
    const found: T[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    this.#prefixes.collect(uri, found);
    this.#wildcards.collect(uri, found);
    return found;
  }
}
