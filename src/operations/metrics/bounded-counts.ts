/** What everything is counted under that has no count of its own. */
export const OTHER = "other";

/** Counts by a text that others may have chosen: the first texts have counts of their own, all others one together. */
export class BoundedCounts {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** `amount` may be negative: a text that has been counted apart once stays so. */
  add(text: string, amount: number = 1): void {
    const key = this.#counts.has(text) || this.#counts.size < this.#most ? text : OTHER;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
  }

  entries(): Iterable<readonly [text: string, count: number]> {
    return this.#counts;
  }
}
