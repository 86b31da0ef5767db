import { leadTo } from "#call-stack";
import { DEVELOPMENT } from "#development";
import { settledFailure } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";
import { BoundedQueue } from "./bounded-queue.js";
import type { Call, Settled } from "./call.js";
import type { CallStack } from "./call-stack.js";

/** The maximum number of unread progress values of a call, and chunks of an invocation. */
export const STREAM_LIMIT = 10_000;

/** Reads the progress and the failure of a call. `progress` throws `WampError` for an invalid value. */
export interface CallReading<Given, Progress> {
  progress(value: Given): Progress | Promise<Progress>;
  /** Converts an error to the failure of the call: a `FailedCall` for a `WampError`. Never throws. */
  failure(error: unknown, procedure: string): unknown;
}

/** The application's half of a call. A subclass runs the call, and settles it. */
export abstract class DeferredCall<Given, Result, Progress, Declared> implements Call<Result, Progress, Declared> {
  readonly #promise: Promise<Result>;
  #resolve!: (value: Result) => void; // set by the executor, at once
  #reject!: (error: unknown) => void;
  #progress: BoundedQueue<Given> | undefined; // created by the first value or the first loop
  #settled = false;
  #seen = false;
  #iterated = false;

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The concrete URI that is called. */
  abstract get procedure(): string;

  protected abstract get reading(): CallReading<Given, Progress>;

  /** The place of the call in the code, if it was recorded. */
  protected abstract get callStack(): CallStack | undefined;

  /** Called for a failure that nothing has consumed. */
  protected abstract unseen(error: unknown): void;

  get [Symbol.toStringTag](): "Call" {
    return "Call";
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

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Result | B> {
    return this.result.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Result> {
    return this.result.finally(onFinally);
  }

  safe(): Promise<Settled<Result, Declared>> {
    return this.result.then(
      (value): Settled<Result, Declared> => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error: settledFailure(error, this.procedure) as Unsettled<Result, Declared> }),
    );
  }

  cancel(mode?: CancelMode): void {
    if (!this.#settled) this.giveUp(mode);
  }

  [Symbol.asyncIterator](): AsyncIterator<Progress, void, void> {
    if (this.#iterated)
      throw new TypeError(`a call can be iterated over once${DEVELOPMENT ? "; keep its values, or call again" : ""}`);
    this.#iterated = true;
    this.#seen = true;
    const queue = this.#queue();
    const end = (error?: unknown) => queue.end(error);
    if (this.#settled) this.#promise.then(() => end(), end); // settled before there was a queue to end
    return queue.read({ read: (value) => this.#read(value), over: () => this.cancel() });
  }

  /** Whether the outcome is known. Only the first outcome counts. */
  protected get settled(): boolean {
    return this.#settled;
  }

  /** Cancels the running call. It settles the call now, or when the answer arrives. */
  protected abstract giveUp(mode: CancelMode | undefined): void;

  /** Releases timers and listeners. Called once, when the call is settled. */
  protected abstract release(): void;

  protected succeed(value: Result): void {
    if (!this.#settle()) return;
    this.#progress?.end();
    this.#resolve(value);
  }

  protected reject(error: unknown): void {
    if (!this.#settle()) return;
    const failure = this.#failureOf(error);
    if (failure instanceof Promise) void failure.then((ready) => this.#fail(ready));
    else this.#fail(failure);
  }

  /** Adds a progress value. */
  protected progressed(value: Given): void {
    if (!this.#settled) this.#queue().push(value);
  }

  #fail(error: unknown): void {
    this.#progress?.end(error);
    this.#promise.catch(() => {}); // it appears where it is consumed, never as an unhandled rejection
    this.#reject(error);
    if (this.#seen) return;
    // One macrotask later, all consumers have been added.
    setTimeout(() => {
      if (!this.#seen) this.unseen(error);
    }, 0);
  }

  /** Returns the failure for an error, with the stack of the call. */
  #failureOf(error: unknown): unknown {
    const { reading, callStack } = this;
    const lead = (failure: unknown) => {
      if (callStack && failure !== error) leadTo(failure as Error, callStack); // a new error, whose own frames are of no use
      return failure;
    };
    const failure = reading.failure(error, this.procedure);
    return failure instanceof Promise ? failure.then(lead) : lead(failure);
  }

  async #read(value: Given): Promise<Progress> {
    try {
      return await this.reading.progress(value);
    } catch (error) {
      throw await this.#failureOf(error);
    }
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

/** The failure of a settled call. */
type Unsettled<Result, Declared> = Extract<Settled<Result, Declared>, { readonly ok: false }>["error"];
