/** The label for everything without its own count. */
export const OTHER = "other";

/** Counts by text labels that others may choose. The first labels have their own counts; all others share one. */
export class BoundedCounts {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds to a count. `amount` may be negative. A label keeps its own count. */
  add(text: string, amount: number = 1): void {
    const key = this.#counts.has(text) || this.#counts.size < this.#most ? text : OTHER;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
  }

  entries(): Iterable<readonly [text: string, count: number]> {
    return this.#counts;
  }
}
