import { timerMs } from "../transport/timer.js";

/** The time source of a router or a peer. Tests pass a fake one. */
export interface Clock {
  /** Returns the time in milliseconds since 1970. */
  now(): number;
  /** Runs a function once after a delay. Returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, timerMs(delayMs));
    return () => clearTimeout(timer);
  },
};
