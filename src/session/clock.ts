/** Time as a router or a peer knows it; handed in, so that tests can stand still. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs a function once, after so many milliseconds. Returns what calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** The longest time a timer of the platform takes; a longer one would run at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
