/** Checks large values of payloads otherwise than by a scanner's own loop. */
export interface ValueScan {
  /** Whether the value that was passed last may hold an integer that a double does not hold exactly. JSON only. */
  readonly wide: boolean;
  /** Whether that value has bytes beyond ASCII, which are not known to be UTF-8. JSON only. */
  readonly highBytes: boolean;
  /** Begins with another message. */
  open(): void;
  /** Returns where the value at `start` ends; 0 where the scanner has to look at it, whatever the reason. */
  valueEnd(bytes: Uint8Array, start: number): number;
}

/** The least number of bytes that a copy pays for: none here. */
export const BULK_BYTES: number = Number.POSITIVE_INFINITY;

/** Leaves all values to the scanners. Browsers have it in place of the WebAssembly, whose code would cost more than it saves there. */
export class BulkScan implements ValueScan {
  readonly wide = false;
  readonly highBytes = false;

  open(): void {}

  valueEnd(): number {
    return 0;
  }
}
