import { DEVELOPMENT } from "#development";
import { WampError } from "../wire/error.js";
import { QUEUE_OVERFLOW } from "../wire/uris.js";

/** Limits of a queue. */
export interface QueueOptions {
  readonly limit: number;
  /**
   * `drop`: the oldest value is dropped and counted. `fail`: the loop ends with `wampact.error.queue_overflow`, so that it
   * notices missing values. While no loop reads, it acts like `drop`.
   */
  readonly overflow: "drop" | "fail";
}

/** The application's end of a loop. It converts each value to the loop's value. */
export interface Reading<T, Read> {
  /** `dropped`: the number of values that were dropped directly before this one. */
  read(value: T, dropped: number): Read | Promise<Read>;
  /**
   * Called once when the loop ends: after the last value, with an error, or because it was left. The loop's last step waits for
   * it.
   */
  over?(): void | Promise<void>;
}

/** A loop over the values of a queue. `return()` and `throw()` end it at once, also while a value is awaited. */
export interface QueueLoop<T> {
  next(): Promise<IteratorResult<T, void>>;
  return(): Promise<IteratorResult<T, void>>;
  throw(error: unknown): Promise<IteratorResult<T, void>>;
  [Symbol.asyncIterator](): this;
}

interface Waiter<T> {
  resolve(taken: Taken<T> | undefined): void;
  reject(error: unknown): void;
}
interface Taken<T> {
  readonly value: T;
  readonly dropped: number;
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/** A queue of values that one loop at a time reads, in order. */
export class BoundedQueue<T> {
  readonly #options: QueueOptions;
  #values: T[] = [];
  #head = 0; // index of the oldest value
  #dropped = 0; // before that value
  #ended: { readonly error: unknown } | "done" | undefined;
  #isRead = false;
  #waiters: Waiter<T>[] = [];

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  push(value: T): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter) return waiter.resolve({ value, dropped: 0 });
    const { limit, overflow } = this.#options;
    if (this.#values.length - this.#head >= limit) {
      if (this.#isRead && overflow === "fail") return this.end(tooSlow(limit));
      this.#shift();
      this.#dropped++;
    }
    this.#values.push(value);
  }

  /** Adds no more values. The loop reads the remaining ones, then ends, with an error if one is given. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? "done" : { error };
    for (const waiter of this.#forgetWaiters()) {
      if (error === undefined) waiter.resolve(undefined);
      else waiter.reject(error);
    }
  }

  /** Returns a loop that continues where the last one stopped. Throws `TypeError` while another loop reads. */
  read<Read>({ read, over }: Reading<T, Read>): QueueLoop<Read> {
    if (this.#isRead)
      throw new TypeError(
        DEVELOPMENT ? "another loop already reads these values; only one can at a time" : "already read by a loop",
      );
    this.#isRead = true;
    let isOver = false;
    const leave = async () => {
      if (isOver) return;
      isOver = true;
      this.#isRead = false;
      for (const waiter of this.#forgetWaiters()) waiter.resolve(undefined);
      await over?.();
    };
    return {
      next: async () => {
        if (isOver) return DONE;
        try {
          const taken = await this.#next();
          if (taken) return { done: false, value: await read(taken.value, taken.dropped) };
        } catch (error) {
          await leave();
          throw error;
        }
        await leave();
        return DONE;
      },
      return: async () => {
        await leave();
        return DONE;
      },
      throw: async (error: unknown) => {
        await leave();
        throw error;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Returns the next value, `undefined` at the end, or a promise of it. Throws the error that the queue ended with. */
  #next(): Taken<T> | undefined | Promise<Taken<T> | undefined> {
    if (this.#values.length > this.#head) {
      const taken = { value: this.#shift(), dropped: this.#dropped };
      this.#dropped = 0;
      return taken;
    }
    if (this.#ended === "done") return undefined;
    if (this.#ended) throw this.#ended.error;
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Removes and returns the oldest value. It cuts the list off from time to time, because `Array.shift` copies a long list. */
  #shift(): T {
    const value = this.#values[this.#head++] as T;
    if (this.#head > 32 && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head);
      this.#head = 0;
    }
    return value;
  }

  #forgetWaiters(): readonly Waiter<T>[] {
    const waiters = this.#waiters;
    this.#waiters = [];
    return waiters;
  }
}

function tooSlow(limit: number): WampError {
  return new WampError(QUEUE_OVERFLOW, {
    args: [`${DEVELOPMENT ? "values came faster than they were read: " : ""}more than ${limit} were waiting`],
  });
}
