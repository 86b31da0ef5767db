/** The maximum delay of a platform timer, in milliseconds. A longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Returns a delay for a platform timer. A longer time, such as `Infinity`, becomes about 25 days. */
export function timerMs(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS);
}
