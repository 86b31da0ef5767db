/** Bounds of the waits between attempts. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * The wait before the next attempt in milliseconds, with full jitter: up to `minMs` where none has failed yet, and up to twice as
 * long after each one that has.
 */
export function backoffMs(failed: number, { minMs, maxMs }: BackoffOptions, random: () => number): number {
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(failed, 30));
}
