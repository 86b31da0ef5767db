/** The time measurement of a call. */
export interface Timing {
  /** The start in milliseconds, from an arbitrary origin. */
  readonly startedMs: number;
  /** How many calls the duration counts for; 0 if the call is not timed. */
  readonly weight: number;
}

/** The timing of a call from another router, which reports it. */
export const RELAYED: Timing = { startedMs: 0, weight: 0 };
