/** Verifies large values of payloads in a faster way than a scanner's own loop. */
export interface ValueScan {
  /** Whether the last value may contain an integer that a double cannot represent exactly. JSON only. */
  readonly wide: boolean;
  /** Whether the last value has bytes beyond ASCII that are not known to be UTF-8. JSON only. */
  readonly highBytes: boolean;
  /** Starts another message. */
  open(): void;
  /** Returns the end of the value at `start`, or 0 if the scanner must verify it. */
  valueEnd(bytes: Uint8Array, start: number): number;
}

/** The minimum size for which copying pays off, in bytes: never on this platform. */
export const BULK_BYTES: number = Number.POSITIVE_INFINITY;

/**
 * Leaves all values to the scanners. Browser bundles use it instead of WebAssembly, whose code would cost more than it saves
 * there.
 */
export class BulkScan implements ValueScan {
  readonly wide = false;
  readonly highBytes = false;

  open(): void {}

  valueEnd(): number {
    return 0;
  }
}
