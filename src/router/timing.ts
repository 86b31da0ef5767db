/** When a call was made. */
export interface Timing {
  /** In milliseconds from any point. */
  readonly startedMs: number;
  /** How many calls its duration stands for; 0 where it is not timed. */
  readonly weight: number;
}

/** Of a call that another router has made: that one tells of it. */
export const RELAYED: Timing = { startedMs: 0, weight: 0 };
