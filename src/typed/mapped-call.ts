import type { Call, Settled } from "../peer/call.js";
import type { CallFailure } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";

/** How what an untyped call gives becomes what a typed one gives. Each throws `WampError` for what does not fit. */
export interface CallMapping<Given, Declared> {
  result(value: Given): unknown;
  progress(value: Given): unknown;
  /** Tells the error of a failed call apart. */
  failure(error: unknown): CallFailure | Declared | Promise<CallFailure | Declared>;
}

/**
 * A typed call: an untyped one seen through its contract. It looks at the untyped call only when somebody looks at it, so
 * a failure nobody looked at is still reported as such.
 */
export class MappedCall<Given, Declared> implements Call<unknown, unknown, Declared> {
  readonly #inner: Call<Given, Given>;
  readonly #mapping: CallMapping<Given, Declared>;
  #result: Promise<unknown> | undefined;

  constructor(inner: Call<Given, Given>, mapping: CallMapping<Given, Declared>) {
    this.#inner = inner;
    this.#mapping = mapping;
  }

  get result(): Promise<unknown> {
    if (!this.#result) {
      this.#result = this.#inner.result.then((value) => this.#mapping.result(value));
      this.#result.catch(() => {}); // shown to whoever asked for it, never as an unhandled rejection
    }
    return this.#result;
  }

  // biome-ignore lint/suspicious/noThenProperty: a call is awaited
  then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.result.then(onFulfilled, onRejected);
  }

  safe(): Promise<Settled<unknown, Declared>> {
    return this.result.then(
      (value) => ({ ok: true, value }),
      async (error: unknown) => ({ ok: false, error: await this.#mapping.failure(error) }),
    );
  }

  cancel(mode?: CancelMode): void {
    this.#inner.cancel(mode);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    for await (const value of this.#inner) yield await this.#mapping.progress(value);
  }
}
