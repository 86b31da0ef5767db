import { WampError } from "../wire/error.js";
import { QUEUE_OVERFLOW } from "../wire/uris.js";

/** Values of a stream that may wait to be read. */
export const STREAM_LIMIT = 10_000;

/**
 * A stream of values that come when they come and are read by one loop. Where nobody reads, the oldest make room for the
 * newest; a loop that falls too far behind ends with an error, so that it never misses a value unknowingly.
 */
export class BoundedStream<T> {
  readonly #waiting: T[] = [];
  #ended: { readonly error: unknown } | "done" | undefined;
  #reading = false;
  #wake: (() => void) | undefined;

  push(value: T): void {
    if (this.#ended) return;
    if (this.#waiting.length >= STREAM_LIMIT) {
      if (this.#reading) return this.end(tooSlow());
      this.#waiting.shift();
    }
    this.#waiting.push(value);
    this.#wake?.();
  }

  /** No more values: those that wait are still read, then the loop ends, with an error if one is given. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? "done" : { error };
    this.#wake?.();
  }

  /** Reads on from where the last loop stopped. */
  async *values(): AsyncGenerator<T, void, void> {
    this.#reading = true;
    try {
      for (;;) {
        while (this.#waiting.length > 0) yield this.#waiting.shift() as T;
        if (this.#ended === "done") return;
        if (this.#ended) throw this.#ended.error;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#reading = false;
    }
  }
}

function tooSlow(): WampError {
  return new WampError(QUEUE_OVERFLOW, {
    args: [`values came faster than they were read: more than ${STREAM_LIMIT} were waiting`],
  });
}
