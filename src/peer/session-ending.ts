/** The end of a session that this peer did not end itself. */
export interface SessionEnding {
  /** A description of the reason. */
  readonly reason: string;
  /** The URI in the router's GOODBYE, if any. */
  readonly goodbye?: string;
  /** The time that the router asks to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Returns `_retry_after_ms` in the details of GOODBYE or ABORT; `undefined` if it is missing or not a number from 0. */
export function retryAfterIn(details: object): number | undefined {
  return checked((details as { readonly _retry_after_ms?: unknown })._retry_after_ms);
}

/** Returns `retryAfterMs` of a refused attempt's error, in milliseconds. */
export function retryAfterOf(error: unknown): number | undefined {
  return checked((error as { readonly retryAfterMs?: unknown } | undefined)?.retryAfterMs);
}

function checked(ms: unknown): number | undefined {
  return typeof ms === "number" && ms >= 0 ? ms : undefined;
}
