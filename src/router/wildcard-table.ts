import { Candidates, NO_SLOTS, SlotSet } from "./slot-set.js";

/**
 * A map from wildcard patterns to values. Patterns with the same number of components form a group. In a group, each component
 * position has the set of patterns with a wildcard there, and one per literal. A lookup intersects these sets, 32 patterns at a
 * time, so it takes at most (components × patterns / 32) steps for any patterns. A tree walk that tries literal and wildcard at
 * each level can be forced to visit all patterns.
 */
export class WildcardTable<T> {
  readonly #groups = new Map<number, WildcardGroup<T>>(); // number of components → patterns
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns the value of exactly this pattern. */
  get(pattern: string): T | undefined {
    if (this.#size === 0) return undefined;
    return this.#groups.get(componentsIn(pattern))?.get(pattern);
  }

  /** Adds a value. The pattern must be free. */
  add(pattern: string, value: T): void {
    const components = pattern.split(".");
    const group = this.#groups.get(components.length) ?? new WildcardGroup<T>(components.length);
    this.#groups.set(components.length, group);
    group.add(pattern, components, value);
    this.#size++;
  }

  /** Removes a pattern. It must exist. */
  delete(pattern: string): void {
    const components = pattern.split(".");
    const group = this.#groups.get(components.length);
    if (!group) return;
    group.delete(pattern, components);
    this.#size--;
    if (group.size === 0) this.#groups.delete(components.length);
  }

  /** Returns the value of the best match: a literal before a wildcard, from the first component on. */
  best(uri: string): T | undefined {
    if (this.#size === 0) return undefined;
    return this.#groups.get(componentsIn(uri))?.best(uri.split("."));
  }

  /** Appends the values of all patterns that match a URI to `found`. */
  collect(uri: string, found: T[]): void {
    if (this.#size > 0) this.#groups.get(componentsIn(uri))?.collect(uri.split("."), found);
  }
}

function componentsIn(uri: string): number {
  let count = 1;
  for (let at = uri.indexOf("."); at !== -1; at = uri.indexOf(".", at + 1)) count++;
  return count;
}

/** The patterns with one number of components. Each pattern has a slot, a small integer in the sets. */
class WildcardGroup<T> {
  readonly #columns: readonly Column[];
  readonly #slots = new Map<string, number>(); // pattern → slot
  readonly #values: (T | undefined)[] = []; // by slot
  readonly #free: number[] = [];

  constructor(components: number) {
    this.#columns = Array.from({ length: components }, () => new Column());
  }

  get size(): number {
    return this.#slots.size;
  }

  get(pattern: string): T | undefined {
    const slot = this.#slots.get(pattern);
    return slot === undefined ? undefined : this.#values[slot];
  }

  add(pattern: string, components: readonly string[], value: T): void {
    const slot = this.#free.pop() ?? this.#values.length;
    this.#slots.set(pattern, slot);
    this.#values[slot] = value;
    for (const [index, column] of this.#columns.entries()) column.add(components[index] as string, slot);
  }

  delete(pattern: string, components: readonly string[]): void {
    const slot = this.#slots.get(pattern);
    if (slot === undefined) return;
    this.#slots.delete(pattern);
    this.#values[slot] = undefined;
    this.#free.push(slot);
    for (const [index, column] of this.#columns.entries()) column.delete(components[index] as string, slot);
  }

  /**
   * Returns the value of the best match. All candidates match, so their literals agree. At each component, candidates with a
   * literal win over those with a wildcard, until one is left.
   */
  best(components: readonly string[]): T | undefined {
    const candidates = this.#matching(components);
    if (!candidates) return undefined;
    for (const [index, column] of this.#columns.entries())
      candidates.prefer(column.literal(components[index] as string));
    for (const slot of candidates.slots()) return this.#values[slot];
    return undefined;
  }

  collect(components: readonly string[], found: T[]): void {
    for (const slot of this.#matching(components)?.slots() ?? []) found.push(this.#values[slot] as T);
  }

  /** Returns the patterns that match; `undefined` for none. */
  #matching(components: readonly string[]): Candidates | undefined {
    const start = this.#rarest(components);
    const column = this.#columns[start] as Column;
    const candidates = new Candidates(column.literal(components[start] as string), column.wildcards);
    for (let index = 0; index < components.length && !candidates.isEmpty; index++) {
      const { wildcards } = this.#columns[index] as Column;
      if (index !== start)
        candidates.keep((this.#columns[index] as Column).literal(components[index] as string), wildcards);
    }
    return candidates.isEmpty ? undefined : candidates;
  }

  /** Returns the component that the fewest patterns accept. */
  #rarest(components: readonly string[]): number {
    let rarest = 0;
    let fewest = Infinity;
    for (let index = 0; index < components.length && fewest > 0; index++) {
      const column = this.#columns[index] as Column;
      const count = column.literal(components[index] as string).size + column.wildcards.size;
      if (count < fewest) [rarest, fewest] = [index, count];
    }
    return rarest;
  }
}

/** One component position of a group. */
class Column {
  /** The patterns with a wildcard here. */
  readonly wildcards = new SlotSet();
  #literals: Map<string, SlotSet> | undefined; // the patterns by literal

  /** Returns the patterns with this literal here. */
  literal(component: string): SlotSet {
    return this.#literals?.get(component) ?? NO_SLOTS;
  }

  add(component: string, slot: number): void {
    if (component === "") return this.wildcards.add(slot);
    this.#literals ??= new Map();
    const set = this.#literals.get(component) ?? new SlotSet();
    this.#literals.set(component, set);
    set.add(slot);
  }

  delete(component: string, slot: number): void {
    if (component === "") return this.wildcards.delete(slot);
    const set = this.#literals?.get(component);
    set?.delete(slot);
    if (set?.size === 0) this.#literals?.delete(component);
  }
}
