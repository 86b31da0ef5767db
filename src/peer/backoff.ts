/** How long to wait between attempts to connect. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** Attempts in a row before giving up. */
  readonly attempts: number;
}

/**
 * The wait before the next attempt in milliseconds, with full jitter: up to `minMs` where none has failed yet, and up to twice as
 * long after each one that has. `undefined` when the attempts have run out.
 */
export function backoffMs(
  failed: number,
  { minMs, maxMs, attempts }: BackoffOptions,
  random: () => number,
): number | undefined {
  if (failed >= attempts) return undefined;
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(failed, 30));
}
