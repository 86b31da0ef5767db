import { timerMs } from "../transport/timer.js";

/** Time as a router or a peer knows it; handed in, so that tests can stand still. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs a function once, after so many milliseconds. Returns what calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, timerMs(delayMs));
    return () => clearTimeout(timer);
  },
};
