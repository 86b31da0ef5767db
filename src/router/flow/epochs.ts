import type { Clock } from "../../session/clock.js";

/** How long an epoch is. An answer that takes longer than one to two of them is a slow one. */
const EPOCH_MS = 50;

/** A timer of the system that does not keep the process alive. */
export const IDLE_TIMER: Clock["after"] = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Counts spans of time, cheaply, while somebody asks: a timer runs only as long as there is a reason. */
export class Epochs {
  readonly #after: Clock["after"];
  #now = 0;
  #isTimed = false;
  #asked = false;
  readonly #waiting: (() => void)[] = [];

  constructor(after: Clock["after"] = IDLE_TIMER) {
    this.#after = after;
  }

  /** The epoch of this moment. */
  get now(): number {
    this.#asked = true;
    if (!this.#isTimed) {
      this.#isTimed = true;
      this.#after(EPOCH_MS, () => this.#tick());
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
    if (this.#asked) this.#after(EPOCH_MS, () => this.#tick());
    else {
      this.#isTimed = false;
      this.#now++; // nobody looks at what happened meanwhile: it counts as long ago
    }
    this.#asked = false;
    for (const each of this.#waiting.splice(0)) each();
  }
}
