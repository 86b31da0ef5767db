/** Values that came faster than a loop took them: the newest are kept, the dropped are counted. */
export class EventQueue<T> {
  readonly #limit: number;
  readonly #waiting: T[] = [];
  #dropped = 0; // before the value that waits longest
  #ended: { readonly error: unknown } | "done" | undefined;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new TypeError(`queue: expected an integer from 1, got ${limit}`);
    this.#limit = limit;
  }

  push(value: T): void {
    if (this.#waiting.length === this.#limit) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#waiting.push(value);
    this.#wake?.();
  }

  /** No more values: those that wait are still read, then the loop ends, with an error if one is given. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? "done" : { error };
    this.#wake?.();
  }

  /** The next value with the number dropped before it; `undefined` at the end. */
  async next(): Promise<{ readonly value: T; readonly dropped: number } | undefined> {
    for (;;) {
      if (this.#waiting.length > 0) {
        const next = { value: this.#waiting.shift() as T, dropped: this.#dropped };
        this.#dropped = 0;
        return next;
      }
      if (this.#ended === "done") return undefined;
      if (this.#ended) throw this.#ended.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
