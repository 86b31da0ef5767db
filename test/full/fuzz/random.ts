import { createRandom } from "../../support/mutate.js";

/** Choices from a seed: the same seed makes the same choices in the same order. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = createRandom(seed);
  }

  /** True with a probability from 0 to 1. */
  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** An integer from 0, below a bound. */
  below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  /** An integer from a first to a last one. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** One of the keys, each as probable as its weight is large. Give a constant: its table is made once. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const { keys, bounds } = tableOf(weights);
    const at = this.#next() * (bounds.at(-1) as number);
    return keys[bounds.findIndex((bound) => at < bound)] as T;
  }

  /** Random bytes. */
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.below(256);
    return bytes;
  }

  /** A seed for choices of their own. */
  seed(): number {
    return this.below(2 ** 32);
  }
}

interface Table {
  readonly keys: readonly string[];
  /** The sum of the weights up to each key. */
  readonly bounds: readonly number[];
}

const tables = new WeakMap<object, Table>();

function tableOf(weights: Readonly<Record<string, number>>): Table {
  const known = tables.get(weights);
  if (known) return known;
  let sum = 0;
  const table = {
    keys: Object.keys(weights),
    bounds: Object.values(weights).map((weight) => {
      sum += weight;
      return sum;
    }),
  };
  tables.set(weights, table);
  return table;
}
