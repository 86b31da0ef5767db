/** Combines several frames into one, if the other side accepts several messages per frame. */
export interface FrameJoiner {
  /** The number of bytes to reserve before the combined content, for the frame header. */
  readonly headroom: number;
  /** Returns the offset of the content in a frame that can be combined; `undefined` if the frame must stay separate. */
  contentStart(frame: Uint8Array): number | undefined;
  /**
   * Combines two or more whole frames of `bytes` in total, at most 64 KiB, or returns a single one. If `room` is given, it is
   * large enough and holds the result.
   */
  join(frames: readonly Uint8Array[], bytes: number, room?: Uint8Array): Uint8Array;
  /** Completes a frame whose content follows the headroom and ends at `end`. */
  seal(bytes: Uint8Array, end: number): Uint8Array;
}
