/** How long an epoch is. An answer that takes longer than one to two of them is a slow one. */
const EPOCH_MS = 50;

/** Counts spans of time, cheaply, while somebody asks: a timer runs only as long as there is a reason. */
export class Epochs {
  #now = 0;
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  readonly #waiting: (() => void)[] = [];

  /** The epoch of this moment. */
  get now(): number {
    this.#asked = true;
    if (!this.#timer) {
      this.#timer = setInterval(() => this.#tick(), EPOCH_MS);
      this.#timer.unref();
    }
    return this.#now;
  }

  /** Calls back, once, when the next epoch begins. */
  onceOver(callback: () => void): void {
    this.#waiting.push(callback);
    void this.now;
  }

  #tick(): void {
    this.#now++;
    if (!this.#asked) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#now++; // nobody looks at what happened meanwhile: it counts as long ago
    }
    this.#asked = false;
    for (const each of this.#waiting.splice(0)) each();
  }
}
