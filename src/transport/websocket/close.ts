/** Returns the payload of a close frame. `undefined` means no code. Spec: RFC 6455, "Close". */
export function closePayload(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const text = Buffer.from(shortened(reason));
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  return payload;
}

/** Shortens a reason to 123 bytes, the maximum in a close frame. */
export function shortened(reason: string): string {
  return Buffer.byteLength(reason) <= 123
    ? reason
    : `${Buffer.from(reason)
        .subarray(0, 119)
        .toString()
        .replace(/\uFFFD+$/, "")}...`;
}
