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

/** A whole RawSocket message of up to 2^24 - 1 bytes. */
export function rawFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeUIntBE(payload.length, 1, 3);
  frame.set(payload, 4);
  return frame;
}

/** Where the payload of the frame lies that begins here; `undefined` where its header has not come whole. */
type FindPayload = (bytes: Buffer, at: number) => Found | undefined;
interface Found {
  readonly start: number;
  readonly size: number;
  /** The bits of the first byte that control frames have and messages have not: a router pings those that it does not read for a while. */
  readonly control: number;
}

/** In frames of a WebSocket's server. */
export const webSocketPayload: FindPayload = (bytes, at) => {
  const length = bytes[at + 1];
  if (length === undefined) return undefined;
  if (length < 126) return { start: at + 2, size: length, control: 0x08 };
  if (length === 126)
    return at + 4 > bytes.length ? undefined : { start: at + 4, size: bytes.readUInt16BE(at + 2), control: 0x08 };
  return at + 10 > bytes.length
    ? undefined
    : { start: at + 10, size: Number(bytes.readBigUInt64BE(at + 2)), control: 0x08 };
};

/** In frames of a RawSocket. */
export const rawSocketPayload: FindPayload = (bytes, at) =>
  at + 4 > bytes.length ? undefined : { start: at + 4, size: bytes.readUIntBE(at + 1, 3), control: 0x07 };

/** Counts the whole messages in a stream of bytes, each in one frame, and hands over each one's payload where somebody asks. */
export class FrameReader {
  readonly #find: FindPayload;
  #rest: Buffer | undefined;

  constructor(find: FindPayload = webSocketPayload) {
    this.#find = find;
  }

  /** How many messages the bytes completed. */
  read(chunk: Buffer, onPayload?: (payload: Buffer) => void): number {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    let count = 0;
    for (;;) {
      const found = this.#find(bytes, at);
      if (!found) break;
      const end = found.start + found.size;
      if (end > bytes.length) break;
      if (((bytes[at] as number) & found.control) === 0) {
        onPayload?.(bytes.subarray(found.start, end));
        count++;
      }
      at = end;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
    return count;
  }
}
