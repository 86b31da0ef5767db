import { type CallFailure, failureOf } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";
import { BoundedStream } from "./stream.js";

/**
 * A call under way. The CALL is sent at once. A failure shows in whatever is consumed (`await`, `result`, `safe()`,
 * iteration) and goes to the peer's `onError` where nothing is; it is never an unhandled rejection.
 *
 * ```ts
 * const sum = await client.add2({ a: 2, b: 3 });
 * for await (const tick of client.countdown({ from: 3 })) render(tick.left); // leaving the loop early cancels the call
 * ```
 */
export interface Call<Result, Progress = never, Declared = never> extends PromiseLike<Result>, AsyncIterable<Progress> {
  readonly result: Promise<Result>;
  /** Settles without ever rejecting: the value, or the failure told apart by `code`. */
  safe(): Promise<Settled<Result, Declared>>;
  /** Gives the call up. Default mode: the one the call was made with, else `killnowait`. */
  cancel(mode?: CancelMode): void;
}

/** What runs behind a call. */
export interface CallSource {
  cancel(mode?: CancelMode): void;
  /** Told of a failure that nobody looked at. */
  readonly onUnseen: (error: unknown) => void;
}

/** The outcome of a call as `safe()` gives it. */
export type Settled<Result, Declared> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: CallFailure | Declared };

/** A call that its source settles. */
export class PendingCall<Result, Progress = never> implements Call<Result, Progress> {
  readonly #source: CallSource;
  readonly #promise: Promise<Result>;
  #progress: BoundedStream<Progress> | undefined; // where a value came, or somebody waits for one
  #resolve: (value: Result) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #settled = false;
  #seen = false;

  constructor(source: CallSource) {
    this.#source = source;
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

  safe(): Promise<Settled<Result, never>> {
    return this.result.then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error: failureOf(error) }),
    );
  }

  cancel(mode?: CancelMode): void {
    if (!this.#settled) this.#source.cancel(mode);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Progress> {
    this.#seen = true;
    try {
      yield* this.#stream().values();
      await this.#promise;
    } finally {
      this.cancel();
    }
  }

  /** Takes the result. Only the first outcome counts. */
  succeed(value: Result): void {
    if (this.#settled) return;
    this.#settle();
    this.#resolve(value);
  }

  fail(error: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#promise.catch(() => {}); // shown where it is consumed, never as an unhandled rejection
    this.#reject(error);
    // A macrotask later, whoever meant to look has looked.
    setTimeout(() => {
      if (!this.#seen) this.#source.onUnseen(error);
    }, 0);
  }

  /** Takes a progress value. */
  progress(value: Progress): void {
    this.#stream().push(value);
  }

  #stream(): BoundedStream<Progress> {
    if (!this.#progress) {
      this.#progress = new BoundedStream();
      if (this.#settled) this.#progress.end();
    }
    return this.#progress;
  }

  #settle(): void {
    this.#settled = true;
    this.#progress?.end();
  }
}
