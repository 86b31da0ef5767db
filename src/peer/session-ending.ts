/** How a session ended that this peer did not end itself. */
export interface SessionEnding {
  /** Says why, in words. */
  readonly reason: string;
  /** The URI in the router's GOODBYE, where it said one. */
  readonly goodbye?: string;
  /** How long the router asks to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** `_retry_after_ms` in the details of GOODBYE or ABORT; `undefined` where it is missing or no number from 0. */
export function retryAfterIn(details: object): number | undefined {
  return checked((details as { readonly _retry_after_ms?: unknown })._retry_after_ms);
}

/** An attempt that was refused may say when to try again: `retryAfterMs` of its error, in milliseconds. */
export function retryAfterOf(error: unknown): number | undefined {
  return checked((error as { readonly retryAfterMs?: unknown } | undefined)?.retryAfterMs);
}

function checked(ms: unknown): number | undefined {
  return typeof ms === "number" && ms >= 0 ? ms : undefined;
}
