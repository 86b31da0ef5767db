/** A whole frame, in pieces that follow each other: one, unless it is large. */
export type Frame = readonly Uint8Array[];

/** How long a frame is, its header with it. */
export function frameBytes(frame: Frame): number {
  if (frame.length === 1) return (frame[0] as Uint8Array).length;
  let bytes = 0;
  for (const piece of frame) bytes += piece.length;
  return bytes;
}
