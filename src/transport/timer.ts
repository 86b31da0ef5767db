/** The longest time a timer of the platform takes; a longer one would run at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time as a timer takes it: what is longer, such as `Infinity`, becomes about 25 days. */
export function timerMs(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS);
}
