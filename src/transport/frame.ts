/** A whole frame as consecutive chunks. Only large frames have more than one. */
export type Frame = readonly Uint8Array[];

/** Returns the length of a frame, including its header. */
export function frameBytes(frame: Frame): number {
  if (frame.length === 1) return (frame[0] as Uint8Array).length;
  let bytes = 0;
  for (const piece of frame) bytes += piece.length;
  return bytes;
}
