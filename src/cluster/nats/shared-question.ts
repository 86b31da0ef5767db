/**
 * A question that many callers ask at once. Callers that arrive while a question is open share the next one, because the open one's
 * answer may be too old for them.
 */
export class SharedQuestion<Answer> {
  readonly #ask: () => Promise<Answer>;
  #asked: Promise<Answer> | undefined;
  #next: Promise<Answer> | undefined;

  constructor(ask: () => Promise<Answer>) {
    this.#ask = ask;
  }

  /** Resolves or rejects with the answer to a question that was asked after this call. */
  ask(): Promise<Answer> {
    if (!this.#asked) {
      const asked = this.#ask().finally(() => {
        this.#asked = undefined;
      });
      this.#asked = asked;
      return asked;
    }
    const again = () => {
      this.#next = undefined;
      return this.ask();
    };
    this.#next ??= this.#asked.then(again, again);
    return this.#next;
  }
}
