import { attempt } from "../wire/attempt.js";

/** A listener, which may return a promise. */
type Listener<Told extends readonly unknown[]> = (...told: Told) => unknown;

/** The listeners of one event. An exception of one is reported, and does not affect the others. */
export class Listeners<Told extends readonly unknown[]> {
  readonly #listeners = new Set<Listener<Told>>();
  readonly #onError: (error: unknown) => void;
  readonly #untold: (() => void)[] = [];
  #isTelling = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Returns a function that removes the listener. */
  add(listener: Listener<Told>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls all listeners. What one of them causes is told after this, so that each hears everything in order.
   */
  tell(...told: Told): void {
    for (const listener of this.#listeners)
      this.#untold.push(() => {
        if (this.#listeners.has(listener)) attempt(listener, this.#onError, ...told);
      });
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let tell = this.#untold.shift(); tell; tell = this.#untold.shift()) tell();
    this.#isTelling = false;
  }
}
