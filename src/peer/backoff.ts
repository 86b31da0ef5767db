/** How long to wait between attempts to connect. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** Attempts in a row before giving up. */
  readonly attempts: number;
}

/** The wait before the next attempt in milliseconds, with full jitter; `undefined` when the attempts have run out. `failed` counts from 1. */
export function backoffMs(
  failed: number,
  { minMs, maxMs, attempts }: BackoffOptions,
  random: () => number,
): number | undefined {
  if (failed >= attempts) return undefined;
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(failed, 30));
}
