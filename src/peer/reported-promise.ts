/** A promise whose failure goes to `onError` where nobody takes it; it is never an unhandled rejection. */
class ReportedPromise<T> extends Promise<T> {
  #taken = false;

  /** What `then` makes is an ordinary promise. */
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
      // A macrotask later, whoever meant to take it has taken it.
      setTimeout(() => {
        if (!this.#taken) onError(error);
      }, 0);
    });
    return this;
  }
}

/** The outcome of a promise, with a failure that nobody takes told to `onError`. */
export function reported<T>(outcome: Promise<T>, onError: (error: unknown) => void): Promise<T> {
  return new ReportedPromise<T>((resolve) => resolve(outcome)).reportTo(onError);
}
