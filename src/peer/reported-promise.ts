/** A promise that reports an unhandled failure to `onError`. It is never an unhandled rejection. */
class ReportedPromise<T> extends Promise<T> {
  #taken = false;

  /** `then` returns an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#taken = true;
    return super.then(onFulfilled, onRejected);
  }

  reportTo(onError: (error: unknown) => void): this {
    super.then(undefined, (error: unknown) => {
      // One macrotask later, all handlers have been added.
      setTimeout(() => {
        if (!this.#taken) onError(error);
      }, 0);
    });
    return this;
  }
}

/** Returns the outcome of a promise. An unhandled failure is reported to `onError`. */
export function reported<T>(outcome: Promise<T>, onError: (error: unknown) => void): Promise<T> {
  return new ReportedPromise<T>((resolve) => resolve(outcome)).reportTo(onError);
}
