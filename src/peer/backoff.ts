/** Limits of the waits between attempts. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Returns the wait before the next attempt in milliseconds, with full jitter: at most `minMs` before the first failure, and
 * doubled by each failure.
 */
export function backoffMs(failed: number, { minMs, maxMs }: BackoffOptions, random: () => number): number {
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(failed, 30));
}
