import { mayMeet, type SplitPattern, wholeOf } from "./overlap.js";

/** The number of patterns per block, which is the number of bits in its sets. */
const BLOCK = 1_024;
/** The number of indexed components. Components after them are compared directly. */
const MOST_COLUMNS = 16;

/**
 * Finds the patterns, in a fixed collection, that may overlap another pattern, without comparing each. Every component rules out
 * the patterns with a different component there, 32 at a time.
 */
export class OverlapIndex<Indexed extends SplitPattern> {
  readonly #blocks: readonly Block<Indexed>[];

  constructor(patterns: readonly Indexed[]) {
    const count = Math.ceil(patterns.length / BLOCK);
    this.#blocks = Array.from({ length: count }, (_, at) => new Block(patterns.slice(at * BLOCK, (at + 1) * BLOCK)));
  }

  *meeting(asked: SplitPattern): Iterable<Indexed> {
    for (const block of this.#blocks) {
      for (const each of block.candidates(asked)) if (mayMeet(asked, each)) yield each;
    }
  }
}

/** A set of the patterns of one block, one bit per pattern. */
type Bits = Int32Array;

class Block<Indexed extends SplitPattern> {
  readonly #patterns: readonly Indexed[];
  readonly #all: Bits;
  readonly #columns: readonly Column[];

  constructor(patterns: readonly Indexed[]) {
    const words = Math.ceil(patterns.length / 32);
    this.#patterns = patterns;
    this.#all = new Int32Array(words);
    for (const slot of patterns.keys()) add(this.#all, slot);
    const deepest = patterns.reduce((most, { components }) => Math.max(most, components.length), 0);
    const columns = Math.min(deepest, MOST_COLUMNS);
    this.#columns = Array.from({ length: columns }, (_, at) => new Column(patterns, at, words));
  }

  *candidates(asked: SplitPattern): Iterable<Indexed> {
    const left = this.#left(asked);
    for (let index = 0; index < left.length; index++) {
      for (let bits = left[index] as number; bits !== 0; bits &= bits - 1)
        yield this.#patterns[index * 32 + 31 - Math.clz32(bits & -bits)] as Indexed;
    }
  }

  #left(asked: SplitPattern): Bits {
    const { components } = asked;
    const left = this.#all.slice();
    const whole = wholeOf(asked);
    const most = Math.min(components.length, this.#columns.length);
    for (let at = 0; at < most; at++) {
      const [column, component] = [this.#columns[at] as Column, components[at] as string];
      if (component === "") continue; // a wildcard rules nothing out
      if (!keep(left, at < whole ? column.having(component) : column.beginning(component))) break;
    }
    return left;
  }
}

/** The patterns of one block by their component at one position. */
class Column {
  readonly #words: number;
  readonly #open: Bits; // patterns that match any component there
  readonly #whole = new Map<string, Bits>(); // component → patterns with it
  readonly #begun = new Map<string, Bits>(); // beginning → patterns whose component starts with it
  readonly #begunLengths = new Set<number>();
  readonly #sorted: readonly string[]; // the keys of both maps

  constructor(patterns: readonly SplitPattern[], at: number, words: number) {
    this.#words = words;
    this.#open = new Int32Array(words);
    for (const [slot, pattern] of patterns.entries()) {
      const set = this.#setFor(pattern, at);
      if (set) add(set, slot);
    }
    for (const { length } of this.#begun.keys()) this.#begunLengths.add(length);
    this.#sorted = [...new Set([...this.#whole.keys(), ...this.#begun.keys()])].sort();
  }

  /** Returns the patterns that may have a component. */
  having(component: string): readonly Bits[] {
    const found = [this.#open];
    const whole = this.#whole.get(component);
    if (whole) found.push(whole);
    for (const length of this.#begunLengths) {
      const begun = length <= component.length ? this.#begun.get(component.slice(0, length)) : undefined;
      if (begun) found.push(begun);
    }
    return found;
  }

  /** Returns the patterns that may have a component with a beginning. */
  beginning(beginning: string): readonly Bits[] {
    const found = [...this.having(beginning)];
    for (let at = this.#firstFrom(beginning); this.#sorted[at]?.startsWith(beginning); at++) {
      const key = this.#sorted[at] as string;
      for (const set of [this.#whole.get(key), this.#begun.get(key)]) if (set) found.push(set);
    }
    return found;
  }

  /** `undefined` for a pattern that ends before. */
  #setFor(pattern: SplitPattern, at: number): Bits | undefined {
    const { match, components } = pattern;
    const component = components[at] ?? "";
    if (at < wholeOf(pattern)) return component === "" ? this.#open : this.#of(this.#whole, component);
    if (match !== "prefix") return undefined;
    return component === "" ? this.#open : this.#of(this.#begun, component);
  }

  #of(sets: Map<string, Bits>, component: string): Bits {
    const set = sets.get(component) ?? new Int32Array(this.#words);
    sets.set(component, set);
    return set;
  }

  /** Returns the index of the first key that is not less than a text. */
  #firstFrom(text: string): number {
    let [from, to] = [0, this.#sorted.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#sorted[middle] as string) < text) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function add(set: Bits, slot: number): void {
  const index = slot >>> 5;
  set[index] = (set[index] as number) | (1 << (slot & 31));
}

/** Intersects a set with the union of others. Returns whether the result is not empty. */
function keep(left: Bits, sets: readonly Bits[]): boolean {
  let all = 0;
  for (let index = 0; index < left.length; index++) {
    if (left[index] === 0) continue;
    let some = 0;
    for (const set of sets) some |= set[index] as number;
    all |= left[index] = (left[index] as number) & some;
  }
  return all !== 0;
}
