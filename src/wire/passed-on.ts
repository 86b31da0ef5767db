/** From so many bytes on it pays to give a buffer back as soon as it has been passed on. */
const LARGE_BYTES = 32 * 1024;

const sent = new WeakSet<ArrayBufferLike>();
const kept = new WeakSet<ArrayBufferLike>();

/** The operating system has these bytes whole: whoever sent them needs them no more. */
export function markSent(bytes: Uint8Array): void {
  if (bytes.length >= LARGE_BYTES) sent.add(bytes.buffer);
}

/** Somebody keeps these bytes beyond the turn of the event loop in which they came. */
export function markKept(bytes: string | Uint8Array): void {
  if (typeof bytes !== "string" && bytes.length >= LARGE_BYTES) kept.add(bytes.buffer);
}

/** Whether the buffer below these bytes, which nobody had before this turn, has been sent and is not kept: then nobody needs it any more. */
export function isPassedOn(bytes: Uint8Array): boolean {
  return sent.has(bytes.buffer) && !kept.has(bytes.buffer);
}
