import type { CallFailure } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";
import { BoundedQueue } from "./bounded-queue.js";
import type { Call, Settled } from "./call.js";

/** Progress values of a call, and chunks of an invocation, that may wait to be read. */
export const STREAM_LIMIT = 10_000;

/** Reads the progress and the failure of a call. `progress` throws `WampError` for what does not fit. */
export interface CallReading<Given, Progress, Declared> {
  progress(value: Given): Progress | Promise<Progress>;
  /** Tells the error of a failed call apart. */
  failure(error: unknown): CallFailure | Declared | Promise<CallFailure | Declared>;
}

/** The half of a call that its application holds; a subclass runs the call, and settles it. */
export abstract class DeferredCall<Given, Result, Progress, Declared> implements Call<Result, Progress, Declared> {
  readonly #reading: CallReading<Given, Progress, Declared>;
  readonly #onUnseen: (error: unknown) => void;
  readonly #promise: Promise<Result>;
  #resolve!: (value: Result) => void; // by the executor, at once
  #reject!: (error: unknown) => void;
  #progress: BoundedQueue<Given> | undefined; // from when a value comes, or a loop waits for one
  #settled = false;
  #seen = false;
  #iterated = false;

  /** `onUnseen` is told of a failure that nobody looked at. */
  constructor(reading: CallReading<Given, Progress, Declared>, onUnseen: (error: unknown) => void) {
    this.#reading = reading;
    this.#onUnseen = onUnseen;
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get result(): Promise<Result> {
    this.#seen = true;
    return this.#promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: a call is awaited
  then<A = Result, B = never>(
    onFulfilled?: ((value: Result) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.result.then(onFulfilled, onRejected);
  }

  safe(): Promise<Settled<Result, Declared>> {
    return this.result.then(
      (value) => ({ ok: true, value }),
      async (error: unknown) => ({ ok: false, error: await this.#reading.failure(error) }),
    );
  }

  cancel(mode?: CancelMode): void {
    if (!this.#settled) this.giveUp(mode);
  }

  [Symbol.asyncIterator](): AsyncIterator<Progress, void, void> {
    if (this.#iterated) throw new TypeError("a call can be iterated over once; keep its values, or call again");
    this.#iterated = true;
    this.#seen = true;
    const queue = this.#queue();
    const end = (error?: unknown) => queue.end(error);
    if (this.#settled) this.#promise.then(() => end(), end); // before there was a queue to end
    return queue.read({ read: (value) => this.#reading.progress(value), over: () => this.cancel() });
  }

  /** Whether the outcome is there. Only the first one counts. */
  protected get settled(): boolean {
    return this.#settled;
  }

  /** Cancels what runs, and settles the call, now or by the answer to that. */
  protected abstract giveUp(mode: CancelMode | undefined): void;

  /** Lets go of timers and listeners. Called once, when the call is settled. */
  protected abstract release(): void;

  protected succeed(value: Result): void {
    if (!this.#settle()) return;
    this.#progress?.end();
    this.#resolve(value);
  }

  protected reject(error: unknown): void {
    if (!this.#settle()) return;
    this.#progress?.end(error);
    this.#promise.catch(() => {}); // shown where it is consumed, never as an unhandled rejection
    this.#reject(error);
    if (this.#seen) return;
    // A macrotask later, whoever meant to look has looked.
    setTimeout(() => {
      if (!this.#seen) this.#onUnseen(error);
    }, 0);
  }

  /** Takes a progress value. */
  protected progressed(value: Given): void {
    if (!this.#settled) this.#queue().push(value);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.release();
    return true;
  }

  #queue(): BoundedQueue<Given> {
    this.#progress ??= new BoundedQueue({ limit: STREAM_LIMIT, overflow: "fail" });
    return this.#progress;
  }
}
