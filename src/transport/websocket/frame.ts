import { allocate, utf8Length, writeUtf8 } from "../../wire/bytes.js";
import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";

/** The longest header of an unmasked WebSocket frame. */
const HEADROOM = 10;

/** A whole frame, in pieces that follow each other: one, unless it is large. */
export type Frame = readonly Uint8Array[];

/** The size of the message in a whole unmasked frame. */
export function messageBytes(frame: Frame): number {
  let bytes = 0;
  for (const piece of frame) bytes += piece.length;
  const short = (frame[0] as Uint8Array)[1] as number;
  return bytes - (short < 126 ? 2 : short === 126 ? 4 : 10);
}

/** Makes whole unmasked WebSocket frames of messages; a server's connections of one serializer share one. */
export interface FrameEncoder {
  /** The same frame again for the message it was last asked for, so a publication is encoded once for all who get it. */
  frame(message: Message): Frame;
  /** How many messages were encoded. */
  readonly encodings: number;
}

export function createFrameEncoder(serializer: Serializer): FrameEncoder {
  let last: { readonly message: Message; readonly frame: Frame } | undefined;
  let encodings = 0;
  return {
    get encodings() {
      return encodings;
    },
    frame(message) {
      if (last?.message === message) return last.frame;
      encodings++;
      // An event may go to many, where one piece is cheaper.
      const pieces = message.type === "EVENT" ? undefined : serializer.encodeLarge?.(message, HEADROOM);
      const head = pieces?.[0] ?? serializer.encode(message, HEADROOM);
      const rest = pieces?.slice(1);
      let length = head.length - HEADROOM;
      if (rest) for (const piece of rest) length += piece.length;
      const start = HEADROOM - headerLength(length); // the header is written right before the rest
      writeHeader(head, start, { length, first: firstByte(serializer.binary), maskBit: 0 });
      const frame = rest ? [head.subarray(start), ...rest] : [head.subarray(start)];
      last = { message, frame };
      return frame;
    },
  };
}

/** A whole frame as a client sends it: masked with a key of its own. Spec: RFC 6455, "Client-to-Server Masking". */
export function maskedFrame(data: string | Uint8Array): Uint8Array {
  const length = typeof data === "string" ? utf8Length(data) : data.length;
  const start = headerLength(length) + 4;
  const frame = allocate(start + length);
  writeHeader(frame, 0, { length, first: firstByte(typeof data !== "string"), maskBit: 0x80 });
  if (typeof data === "string") writeUtf8(frame, data, start);
  else frame.set(data, start);
  keys.write(frame, start - 4);
  applyMask(frame, { start, end: frame.length, keyAt: start - 4 });
  return frame;
}

/** A whole unmasked frame of a compressed message. */
export function compressedFrame(data: Uint8Array, binary: boolean): Uint8Array {
  const start = headerLength(data.length);
  const frame = allocate(start + data.length);
  writeHeader(frame, 0, { length: data.length, first: firstByte(binary) | 0x40, maskBit: 0 });
  frame.set(data, start);
  return frame;
}

const OPCODES = { close: 8, ping: 9, pong: 10 } as const;

/** An unmasked control frame; its data holds at most 125 bytes. */
export function controlFrame(kind: keyof typeof OPCODES, data: Uint8Array = NOTHING): Uint8Array {
  const frame = new Uint8Array(2 + data.length);
  writeHeader(frame, 0, { length: data.length, first: 0x80 | OPCODES[kind], maskBit: 0 });
  frame.set(data, 2);
  return frame;
}

const NOTHING = new Uint8Array(0);

/** FIN, and the opcode of a text or a binary frame. */
function firstByte(binary: boolean): number {
  return binary ? 0x82 : 0x81;
}

/** How many bytes the header takes, the masking key left out. */
function headerLength(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

function writeHeader(
  bytes: Uint8Array,
  at: number,
  { length, first, maskBit }: { readonly length: number; readonly first: number; readonly maskBit: number },
): void {
  bytes[at] = first;
  if (length < 126) {
    bytes[at + 1] = maskBit | length;
  } else if (length < 65_536) {
    bytes[at + 1] = maskBit | 126;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length;
  } else {
    bytes[at + 1] = maskBit | 127;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    view.setUint32(2, Math.floor(length / 2 ** 32));
    view.setUint32(6, length >>> 0);
  }
}

/** Masking keys, drawn many at a time: one is as unpredictable as asking for it alone, and far cheaper. */
class MaskingKeys {
  readonly #pool = new Uint8Array(8_192);
  #at = this.#pool.length;

  /** Writes the next one. */
  write(bytes: Uint8Array, at: number): void {
    if (this.#at === this.#pool.length) {
      crypto.getRandomValues(this.#pool);
      this.#at = 0;
    }
    for (let index = 0; index < 4; index++) bytes[at + index] = this.#pool[this.#at++] as number;
  }
}
const keys = new MaskingKeys();

/** The masking key at work, as bytes and as the word of four of them from where the words begin. */
const key = new Uint8Array(4);
const turned = new Uint8Array(4);
const turnedWord = new Uint32Array(turned.buffer);

/** Masks bytes, or takes the mask away: the same. By four at once where it pays. */
export function applyMask(
  bytes: Uint8Array,
  { start, end, keyAt }: { readonly start: number; readonly end: number; readonly keyAt: number },
): void {
  for (let index = 0; index < 4; index++) key[index] = bytes[keyAt + index] as number;
  let at = start;
  if (end - start >= 64) {
    for (; ((bytes.byteOffset + at) & 3) !== 0; at++) (bytes[at] as number) ^= key[(at - start) & 3] as number;
    for (let index = 0; index < 4; index++) turned[index] = key[(at - start + index) & 3] as number;
    const word = turnedWord[0] as number;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >>> 2);
    const whole = words.length & ~3;
    let index = 0;
    for (; index < whole; index += 4) {
      (words[index] as number) ^= word;
      (words[index + 1] as number) ^= word;
      (words[index + 2] as number) ^= word;
      (words[index + 3] as number) ^= word;
    }
    for (; index < words.length; index++) (words[index] as number) ^= word;
    at += words.length * 4;
  }
  for (; at < end; at++) (bytes[at] as number) ^= key[(at - start) & 3] as number;
}
