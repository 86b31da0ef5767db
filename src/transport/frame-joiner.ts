/** Makes one frame of several, for a socket whose other side takes several messages in one. */
export interface FrameJoiner {
  /** How many bytes to leave free in front of what is joined, for the head of its frame. */
  readonly headroom: number;
  /** Where in a frame that starts begins what can be joined to others; `undefined` where the frame stays by itself. */
  contentStart(frame: Uint8Array): number | undefined;
  /**
   * Joins whole frames of so many bytes together: two at least, of 64 KiB at most, unless it is one. Where there is `room`, which holds them all,
   * the result lies in it.
   */
  join(frames: readonly Uint8Array[], bytes: number, room?: Uint8Array): Uint8Array;
  /** Makes a frame of contents that were put behind the headroom and end at `end`. */
  seal(bytes: Uint8Array, end: number): Uint8Array;
}
