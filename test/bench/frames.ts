/** Hand-made WebSocket frames, so that the load generator spends next to nothing on them. */
import { randomBytes } from "node:crypto";
import { applyMask, firstByte, headerLength, writeHeader } from "../../src/transport/websocket/frame.js";
import type { Serializer } from "../../src/wire/serializer.js";

/** Masking keys, drawn beforehand and used in turn. */
const MASKS = randomBytes(4 * 256);
let nextMask = 0;

/** A random masking key. */
export function maskKey(): Buffer {
  nextMask = (nextMask + 4) % MASKS.length;
  return MASKS.subarray(nextMask, nextMask + 4);
}

/** A whole text or binary frame, as a client sends it: masked with a random key. */
export function clientFrame(payload: Uint8Array, binary: boolean): Buffer {
  const start = headerLength(payload.length) + 4;
  const frame = Buffer.allocUnsafe(start + payload.length);
  writeHeader(frame, 0, { length: payload.length, first: firstByte(binary), maskBit: 0x80 });
  frame.set(maskKey(), start - 4);
  frame.set(payload, start);
  applyMask(frame, start, frame.length);
  return frame;
}

/** A masked control frame, such as 9 for a ping, of up to 125 bytes. */
export function controlFrame(opcode: number, payload: Uint8Array): Buffer {
  const frame = clientFrame(payload, true);
  frame[0] = 0x80 | opcode;
  return frame;
}

/** The bytes of a message given as a list, whatever it holds. */
export function listOf(serializer: Serializer, list: readonly unknown[]): Uint8Array {
  const { bytes } = serializer.encodePayload({ args: [list], kwargs: {} });
  return serializer.id === "json" ? bytes.subarray(1, -1) : bytes.subarray(1); // without the list around it
}

/** A message as a part of a batch: JSON has an octet behind each, the others its length before. */
export function delimited(message: Uint8Array, binary: boolean): Buffer {
  if (!binary) return Buffer.concat([message, Buffer.of(0x1e)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** Hands over each message of a batch. */
export function messagesIn(batch: Buffer, binary: boolean, onMessage: (message: Buffer) => void): void {
  for (let at = 0; at < batch.length; ) {
    const start = binary ? at + 4 : at;
    const end = binary ? start + batch.readUInt32BE(at) : batch.indexOf(0x1e, at);
    onMessage(batch.subarray(start, end));
    at = binary ? end : end + 1;
  }
}

/** A whole unmasked frame in one buffer. */
export function serverFrame(data: Buffer, binary: boolean): Buffer {
  const start = headerLength(data.length);
  const frame = Buffer.allocUnsafe(start + data.length);
  writeHeader(frame, 0, { length: data.length, first: firstByte(binary), maskBit: 0 });
  data.copy(frame, start);
  return frame;
}

/** A whole RawSocket message of up to 2^24 - 1 bytes. */
export function rawFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeUIntBE(payload.length, 1, 3);
  frame.set(payload, 4);
  return frame;
}

/** Finds the payload of the frame that begins at `at`. Returns `undefined` if its header is incomplete. */
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

/** Counts the whole messages in a stream of bytes, each in one frame, and hands over payloads where somebody asks. It keeps no view of what it reads. */
export class FrameReader {
  readonly #find: FindPayload;
  #rest: Buffer | undefined;
  /** The message that has arrived in part and is not kept: its remaining bytes, its beginning if requested, and whether it counts. */
  #partial: { missing: number; readonly head: Buffer | undefined; readonly counts: boolean } | undefined;

  constructor(find: FindPayload = webSocketPayload) {
    this.#find = find;
  }

  /** How many messages the bytes completed. At most so many bytes of each payload are handed over; a view ends with the call. */
  read(chunk: Buffer, onPayload?: (payload: Buffer) => void, most = Number.POSITIVE_INFINITY): number {
    let at = 0;
    let count = 0;
    if (this.#partial) {
      const { missing, head, counts } = this.#partial;
      if (chunk.length < missing) {
        this.#partial.missing -= chunk.length;
        return 0;
      }
      at = missing;
      this.#partial = undefined;
      if (counts) count++;
      if (counts && head) onPayload?.(head);
    }
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    const wanted = onPayload ? most : 0;
    for (;;) {
      const found = this.#find(bytes, at);
      if (!found) break;
      const { start, size } = found;
      const end = start + size;
      const counts = ((bytes[at] as number) & found.control) === 0;
      if (end > bytes.length) {
        if (bytes.length - start < Math.min(size, wanted)) break;
        const head = wanted > 0 ? Buffer.from(bytes.subarray(start, start + Math.min(size, wanted))) : undefined;
        this.#partial = { missing: end - bytes.length, head, counts };
        return count;
      }
      if (counts) {
        if (onPayload) onPayload(bytes.subarray(start, Math.min(end, start + most)));
        count++;
      }
      at = end;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
    return count;
  }
}
