/** Hand-made WebSocket frames, so that the load generator spends next to nothing on them. */

/** A whole masked text or binary frame, as a client sends it. The mask is zero: legal framing, and no work. */
export function clientFrame(payload: Uint8Array, binary: boolean): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = 0x80 | (binary ? 2 : 1);
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, 2 + extended + 4);
  return frame;
}

/** A masked control frame, such as 9 for a ping, of up to 125 bytes. */
export function controlFrame(opcode: number, payload: Uint8Array): Buffer {
  const frame = clientFrame(payload, true);
  frame[0] = 0x80 | opcode;
  return frame;
}

/** A whole unmasked frame in one buffer. */
export function serverFrame(data: Buffer, binary: boolean): Buffer {
  const { length } = data;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extended + length);
  frame[0] = 0x80 | (binary ? 2 : 1);
  frame[1] = extended === 0 ? length : extended === 2 ? 126 : 127;
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  data.copy(frame, 2 + extended);
  return frame;
}

/** Counts the whole frames in a stream of bytes, and hands over each one's payload where somebody asks. */
export class FrameReader {
  #rest: Buffer | undefined;

  /** How many frames the bytes completed. */
  read(chunk: Buffer, onPayload?: (payload: Buffer) => void): number {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    let count = 0;
    for (;;) {
      const length = bytes[at + 1];
      if (length === undefined) break;
      let start = at + 2;
      let size = length;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        size = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) break;
        size = Number(bytes.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      if (start + size > bytes.length) break;
      onPayload?.(bytes.subarray(start, start + size));
      count++;
      at = start + size;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
    return count;
  }
}
