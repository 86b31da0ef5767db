import type { Clock } from "../../session/clock.js";

/** The length of an epoch, in milliseconds. An answer that takes longer than one to two epochs is slow. */
const EPOCH_MS = 50;

/** A system timer that does not keep the process alive. */
export const IDLE_TIMER: Clock["after"] = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Counts time in epochs, with a timer that runs only while someone needs it. */
export class Epochs {
  readonly #after: Clock["after"];
  #now = 0;
  #isTimed = false;
  #asked = false;
  readonly #waiting: (() => void)[] = [];

  constructor(after: Clock["after"] = IDLE_TIMER) {
    this.#after = after;
  }

  /** The current epoch. */
  get now(): number {
    this.#asked = true;
    if (!this.#isTimed) {
      this.#isTimed = true;
      this.#after(EPOCH_MS, () => this.#tick());
    }
    return this.#now;
  }

  /** Calls back once, when the next epoch begins. */
  onceOver(callback: () => void): void {
    this.#waiting.push(callback);
    void this.now;
  }

  #tick(): void {
    this.#now++;
    if (this.#asked) this.#after(EPOCH_MS, () => this.#tick());
    else {
      this.#isTimed = false;
      this.#now++; // the timer stops; everything before counts as long ago
    }
    this.#asked = false;
    for (const each of this.#waiting.splice(0)) each();
  }
}
