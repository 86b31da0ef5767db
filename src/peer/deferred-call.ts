import { leadTo } from "#call-stack";
import { settledFailure } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";
import { BoundedQueue } from "./bounded-queue.js";
import type { Call, Settled } from "./call.js";
import type { CallStack } from "./call-stack.js";

/** Progress values of a call, and chunks of an invocation, that may wait to be read. */
export const STREAM_LIMIT = 10_000;

/** Reads the progress and the failure of a call. `progress` throws `WampError` for what does not fit. */
export interface CallReading<Given, Progress> {
  progress(value: Given): Progress | Promise<Progress>;
  /** Makes of an error what the call is to fail with: a `FailedCall` of a `WampError`. Never throws. */
  failure(error: unknown, procedure: string): unknown;
}

/** The half of a call that its application holds; a subclass runs the call, and settles it. */
export abstract class DeferredCall<Given, Result, Progress, Declared> implements Call<Result, Progress, Declared> {
  readonly #promise: Promise<Result>;
  #resolve!: (value: Result) => void; // by the executor, at once
  #reject!: (error: unknown) => void;
  #progress: BoundedQueue<Given> | undefined; // from when a value comes, or a loop waits for one
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

  /** Where it was made, if that was looked at. */
  protected abstract get callStack(): CallStack | undefined;

  /** Told of a failure that nobody looked at. */
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
    if (this.#iterated) throw new TypeError("a call can be iterated over once; keep its values, or call again");
    this.#iterated = true;
    this.#seen = true;
    const queue = this.#queue();
    const end = (error?: unknown) => queue.end(error);
    if (this.#settled) this.#promise.then(() => end(), end); // before there was a queue to end
    return queue.read({ read: (value) => this.#read(value), over: () => this.cancel() });
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
    const failure = this.#failureOf(error);
    if (failure instanceof Promise) void failure.then((ready) => this.#fail(ready));
    else this.#fail(failure);
  }

  /** Takes a progress value. */
  protected progressed(value: Given): void {
    if (!this.#settled) this.#queue().push(value);
  }

  #fail(error: unknown): void {
    this.#progress?.end(error);
    this.#promise.catch(() => {}); // shown where it is consumed, never as an unhandled rejection
    this.#reject(error);
    if (this.#seen) return;
    // A macrotask later, whoever meant to look has looked.
    setTimeout(() => {
      if (!this.#seen) this.unseen(error);
    }, 0);
  }

  /** What it fails with for an error, with a stack that leads to the call. */
  #failureOf(error: unknown): unknown {
    const { reading, callStack } = this;
    const lead = (failure: unknown) => {
      if (callStack && failure !== error) leadTo(failure as Error, callStack); // a new one, whose own frames tell nothing
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
