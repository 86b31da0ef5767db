import { WampError } from "../wire/error.js";
import { QUEUE_OVERFLOW } from "../wire/uris.js";

/** Limits of a queue. */
export interface QueueOptions {
  readonly limit: number;
  /**
   * `drop`: the oldest value makes room, and is counted. `fail`: the loop that reads ends with `wampact.error.queue_overflow`, so
   * that it never misses a value unknowingly; while no loop reads, as `drop`.
   */
  readonly overflow: "drop" | "fail";
}

/** The application's end of a loop: it turns each value into what the loop yields. */
export interface Reading<T, Read> {
  /** `dropped`: how many values were dropped between this one and the one before. */
  read(value: T, dropped: number): Read | Promise<Read>;
  /** Called once, when the loop is over: after the last value, by an error, or because it was left. The loop's last step waits for it. */
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

/** Values that come when they come and are read by one loop at a time, in order. */
export class BoundedQueue<T> {
  readonly #options: QueueOptions;
  #values: T[] = [];
  #head = 0; // index of the value that waits longest
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

  /** No more values: those that wait are still read, then the loop ends, with an error if one is given. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? "done" : { error };
    for (const waiter of this.#forgetWaiters()) {
      if (error === undefined) waiter.resolve(undefined);
      else waiter.reject(error);
    }
  }

  /** A loop that goes on where the last one stopped. Throws `TypeError` while another loop reads. */
  read<Read>({ read, over }: Reading<T, Read>): QueueLoop<Read> {
    if (this.#isRead) throw new TypeError("another loop reads these values already; one loop at a time gets them");
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

  /** The next value, `undefined` at the end; or a promise of it. Throws what the queue was ended with. */
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

  /** Takes the value that waits longest; what was taken is cut off now and then, since `Array.shift` of a long list copies it. */
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
    args: [`values came faster than they were read: more than ${limit} were waiting`],
  });
}
