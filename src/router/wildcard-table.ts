import { Candidates, NO_SLOTS, SlotSet } from "./slot-set.js";

/**
 * Values by wildcard pattern. Patterns with the same number of components make one group; in it, each component position
 * knows which patterns have which literal there and which have a wildcard. A lookup intersects these sets, 32 patterns at
 * a time, so it costs at most (components × patterns / 32) steps, whatever the patterns are: a walk over a tree that tries
 * literal and wildcard at each level can be made to visit all patterns.
 */
export class WildcardTable<T> {
  readonly #groups = new Map<number, WildcardGroup<T>>(); // number of components → patterns
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of exactly this pattern. */
  get(pattern: string): T | undefined {
    if (this.#size === 0) return undefined;
    return this.#groups.get(componentsIn(pattern))?.get(pattern);
  }

  /** Adds a value; the pattern must be free. */
  add(pattern: string, value: T): void {
    const components = pattern.split(".");
    const group = this.#groups.get(components.length) ?? new WildcardGroup<T>(components.length);
    this.#groups.set(components.length, group);
    group.add(pattern, components, value);
    this.#size++;
  }

  /** Takes a pattern out; it must be there. */
  delete(pattern: string): void {
    const components = pattern.split(".");
    const group = this.#groups.get(components.length);
    if (!group) return;
    group.delete(pattern, components);
    this.#size--;
    if (group.size === 0) this.#groups.delete(components.length);
  }

  /** The value of the pattern that a URI prefers: a literal before a wildcard, from the first component on. */
  best(uri: string): T | undefined {
    if (this.#size === 0) return undefined;
    return this.#groups.get(componentsIn(uri))?.best(uri.split("."));
  }

  /** Adds the values of all patterns that match a URI to `found`. */
  collect(uri: string, found: T[]): void {
    if (this.#size > 0) this.#groups.get(componentsIn(uri))?.collect(uri.split("."), found);
  }
}

function componentsIn(uri: string): number {
  let count = 1;
  for (let at = uri.indexOf("."); at !== -1; at = uri.indexOf(".", at + 1)) count++;
  return count;
}

/** The patterns of one number of components. Each has a slot, a small number that the sets hold. */
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
   * The value of the preferred match. All candidates match, so they agree in every literal: at each component, those with
   * a literal there win over those with a wildcard. One candidate is left.
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

  /** The patterns that match, or `undefined` for none. */
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

  /** The component that the fewest patterns take. */
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
  #literals: Map<string, SlotSet> | undefined; // the patterns with each literal here

  /** The patterns with this literal here. */
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
