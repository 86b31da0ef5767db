import type { MatchPolicy } from "../wire/uris.js";

/**
 * Values by URI pattern: one for each pair of URI and match policy. It answers both questions that WAMP asks of
 * patterns, knows URIs only, and finds without scanning what it holds.
 *
 * Prefixes match by string, `com.app.a` also matches `com.app.ab`; a wildcard pattern has as many components as the URI
 * and an empty one matches any. Spec: Advanced Profile, "Pattern-based Registrations" and "Pattern-based Subscriptions".
 */
export class PatternIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new Map<string, T>();
  readonly #prefixLengths = new Map<number, number>(); // length → how many prefixes have it
  #lengthsDescending: readonly number[] = [];
  #wildcards: WildcardNode<T> = new WildcardNode();
  #size = 0;

  /** How many values it holds. */
  get size(): number {
    return this.#size;
  }

  /** The value of exactly this pattern. */
  get(uri: string, match: MatchPolicy): T | undefined {
    if (match === "exact") return this.#exact.get(uri);
    if (match === "prefix") return this.#prefixes.get(uri);
    return this.#wildcards.find(uri.split("."))?.value;
  }

  /** Adds a value; the pattern must be free. */
  set(uri: string, match: MatchPolicy, value: T): void {
    this.#size++;
    if (match === "exact") this.#exact.set(uri, value);
    else if (match === "wildcard") this.#wildcards.add(uri.split(".")).value = value;
    else {
      this.#prefixes.set(uri, value);
      this.#countLength(uri.length, 1);
    }
  }

  /** Takes a pattern out; it must be there. */
  delete(uri: string, match: MatchPolicy): void {
    this.#size--;
    if (match === "exact") this.#exact.delete(uri);
    else if (match === "wildcard") this.#wildcards.remove(uri.split("."), 0);
    else {
      this.#prefixes.delete(uri);
      this.#countLength(uri.length, -1);
    }
  }

  /**
   * The one value that wins a URI: the exact one; else the longest prefix; else the wildcard pattern with the longest run
   * of literal components before its first wildcard, ties by the next run, and so on. Any prefix beats any wildcard.
   */
  best(uri: string): T | undefined {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) return exact;
    for (const length of this.#lengthsDescending) {
      if (length > uri.length) continue;
      const prefix = this.#prefixes.get(uri.slice(0, length));
      if (prefix !== undefined) return prefix;
    }
    return this.#wildcards.empty ? undefined : this.#wildcards.best(uri.split("."), 0);
  }

  /** Every value whose pattern matches a URI: the exact one, then prefixes from long to short, then wildcards. */
  all(uri: string): T[] {
    const found: T[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    for (const length of this.#lengthsDescending) {
      if (length > uri.length) continue;
      const prefix = this.#prefixes.get(uri.slice(0, length));
      if (prefix !== undefined) found.push(prefix);
    }
    if (!this.#wildcards.empty) this.#wildcards.collect(uri.split("."), 0, found);
    return found;
  }

  #countLength(length: number, change: number): void {
    const count = (this.#prefixLengths.get(length) ?? 0) + change;
    if (count === 0) this.#prefixLengths.delete(length);
    else this.#prefixLengths.set(length, count);
    this.#lengthsDescending = [...this.#prefixLengths.keys()].sort((a, b) => b - a);
  }
}

/** A node of the component tree; an empty component of a pattern is its wildcard branch. */
class WildcardNode<T> {
  value: T | undefined;
  #literals: Map<string, WildcardNode<T>> | undefined; // where there are any: most nodes are leaves
  #wildcard: WildcardNode<T> | undefined;

  get empty(): boolean {
    return this.value === undefined && this.#wildcard === undefined && (this.#literals?.size ?? 0) === 0;
  }

  find(components: readonly string[]): WildcardNode<T> | undefined {
    let node: WildcardNode<T> | undefined = this;
    for (const component of components) {
      if (!node) return undefined;
      node = node.#branch(component);
    }
    return node;
  }

  add(components: readonly string[]): WildcardNode<T> {
    let node: WildcardNode<T> = this;
    for (const component of components) node = node.#branch(component) ?? node.#grow(component);
    return node;
  }

  /** Clears the value of a pattern and drops the branches that held nothing else. */
  remove(components: readonly string[], depth: number): void {
    const component = components[depth];
    if (component === undefined) {
      this.value = undefined;
      return;
    }
    const branch = this.#branch(component);
    if (!branch) return;
    branch.remove(components, depth + 1);
    if (!branch.empty) return;
    if (component === "") this.#wildcard = undefined;
    else this.#literals?.delete(component);
  }

  /** Literal before wildcard at each level, and back again where a branch ends in nothing. */
  best(components: readonly string[], depth: number): T | undefined {
    const component = components[depth];
    if (component === undefined) return this.value;
    return this.#literals?.get(component)?.best(components, depth + 1) ?? this.#wildcard?.best(components, depth + 1);
  }

  collect(components: readonly string[], depth: number, found: T[]): void {
    const component = components[depth];
    if (component === undefined) {
      if (this.value !== undefined) found.push(this.value);
      return;
    }
    this.#literals?.get(component)?.collect(components, depth + 1, found);
    this.#wildcard?.collect(components, depth + 1, found);
  }

  #branch(component: string): WildcardNode<T> | undefined {
    return component === "" ? this.#wildcard : this.#literals?.get(component);
  }

  #grow(component: string): WildcardNode<T> {
    const node = new WildcardNode<T>();
    if (component === "") this.#wildcard = node;
    else {
      this.#literals ??= new Map();
      this.#literals.set(component, node);
    }
    return node;
  }
}
