/**
 * A question of which everybody wants an answer to now. Those who ask while one is on its way ask together, once it has come, since it may be too
 * old for them.
 */
export class SharedQuestion<Answer> {
  readonly #ask: () => Promise<Answer>;
  #asked: Promise<Answer> | undefined;
  #next: Promise<Answer> | undefined;

  constructor(ask: () => Promise<Answer>) {
    this.#ask = ask;
  }

  /** Resolves, or rejects, with what was answered to a question that was asked after this call. */
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
