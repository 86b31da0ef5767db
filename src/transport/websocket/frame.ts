import { allocate, utf8Length, writeUtf8 } from "../../wire/bytes.js";
import { instantiate } from "../../wire/wasm.js";
import { MASK_CODE } from "./mask-code.js";

/** Returns a whole frame as sent by a client, masked with a new key. Spec: RFC 6455, "Client-to-Server Masking". */
export function maskedFrame(data: string | Uint8Array): Uint8Array {
  const length = typeof data === "string" ? utf8Length(data) : data.length;
  const start = headerLength(length) + 4;
  const frame = allocate(start + length);
  writeHeader(frame, 0, { length, first: firstByte(typeof data !== "string"), maskBit: 0x80 });
  if (typeof data === "string") writeUtf8(frame, data, start);
  else frame.set(data, start);
  keys.write(frame, start - 4);
  applyMask(frame, start, frame.length);
  return frame;
}

/** Returns a whole unmasked frame with a compressed message. */
export function compressedFrame(data: Uint8Array, binary: boolean): Uint8Array {
  const start = headerLength(data.length);
  const frame = allocate(start + data.length);
  writeHeader(frame, 0, { length: data.length, first: firstByte(binary) | 0x40, maskBit: 0 });
  frame.set(data, start);
  return frame;
}

const OPCODES = { close: 8, ping: 9, pong: 10 } as const;

export type ControlKind = keyof typeof OPCODES;

/** Returns an unmasked control frame. `data` has at most 125 bytes. */
export function controlFrame(kind: ControlKind, data: Uint8Array = NOTHING): Uint8Array {
  const frame = new Uint8Array(2 + data.length);
  writeHeader(frame, 0, { length: data.length, first: 0x80 | OPCODES[kind], maskBit: 0 });
  frame.set(data, 2);
  return frame;
}

/** Returns a control frame as sent by a client. */
export function maskedControlFrame(kind: ControlKind, data: Uint8Array = NOTHING): Uint8Array {
  const frame = maskedFrame(data);
  frame[0] = 0x80 | OPCODES[kind];
  return frame;
}

const NOTHING = new Uint8Array(0);

/** Returns the first byte of a text or binary frame: FIN and the opcode. */
export function firstByte(binary: boolean): number {
  return binary ? 0x82 : 0x81;
}

/** Returns the length of the header without masking key. */
export function headerLength(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

/** Returns the length of the message in an unmasked frame of the given length. */
export function messageLength(frameLength: number): number {
  return frameLength - (frameLength < 2 + 126 ? 2 : frameLength < 4 + 65_536 ? 4 : 10);
}

export function writeHeader(
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

/** Generates masking keys in batches, which is as unpredictable as one at a time but much faster. */
class MaskingKeys {
  readonly #pool = new Uint8Array(8_192);
  #at = this.#pool.length;

  /** Writes the next key. */
  write(bytes: Uint8Array, at: number): void {
    if (this.#at === this.#pool.length) {
      crypto.getRandomValues(this.#pool);
      this.#at = 0;
    }
    for (let index = 0; index < 4; index++) bytes[at + index] = this.#pool[this.#at++] as number;
  }
}
const keys = new MaskingKeys();

/** The current masking key, as bytes and as the word for four bytes at an aligned offset. */
const key = new Uint8Array(4);
const turned = new Uint8Array(4);
const turnedWord = new Uint32Array(turned.buffer);

/**
 * Masks or unmasks the bytes from `start` to `end` with the key right before them. For few bytes, returns whether the result is
 * ASCII; for many bytes, returns false.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < LONG) return maskFew(bytes, start, end);
  if (end - start >= MANY && maskMany(bytes, start, end)) return false;
  for (let index = 0; index < 4; index++) key[index] = bytes[start - 4 + index] as number;
  let at = start;
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
  for (; at < end; at++) (bytes[at] as number) ^= key[(at - start) & 3] as number;
  return false;
}

/** From this length on, in bytes, four bytes are masked at a time. */
const LONG = 256;
/** From this length on, in bytes, two copies and WebAssembly take half of the time. */
const MANY = 4_096;

interface MaskExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  mask(length: number, key: number): void;
}

let masking: { readonly exports: MaskExports; readonly memory: Uint8Array } | "none" | undefined;

/** Masks bytes with WebAssembly. Returns false if it is not available. */
function maskMany(bytes: Uint8Array, start: number, end: number): boolean {
  masking ??= loadMasking();
  if (masking === "none") return false;
  const { exports, memory } = masking;
  for (let index = 0; index < 4; index++) turned[index] = bytes[start - 4 + index] as number;
  const word = turnedWord[0] as number;
  for (let at = start; at < end; at += memory.length) {
    const length = Math.min(memory.length, end - at); // a multiple of four, except for the last part, so that the key restarts
    memory.set(bytes.subarray(at, at + length));
    exports.mask(length, word);
    bytes.set(memory.subarray(0, length), at);
  }
  return true;
}

function loadMasking(): NonNullable<typeof masking> {
  const exports = instantiate<MaskExports>(MASK_CODE);
  return exports ? { exports, memory: new Uint8Array(exports.memory.buffer) } : "none";
}

function maskFew(bytes: Uint8Array, start: number, end: number): boolean {
  let a = bytes[start - 4] as number;
  let b = bytes[start - 3] as number;
  const c = bytes[start - 2] as number;
  const d = bytes[start - 1] as number;
  let seen = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const one = (bytes[at] as number) ^ a;
    const two = (bytes[at + 1] as number) ^ b;
    const three = (bytes[at + 2] as number) ^ c;
    const four = (bytes[at + 3] as number) ^ d;
    bytes[at] = one;
    bytes[at + 1] = two;
    bytes[at + 2] = three;
    bytes[at + 3] = four;
    seen |= one | two | three | four;
  }
  for (; at < end; at++) {
    const byte = (bytes[at] as number) ^ a;
    bytes[at] = byte;
    seen |= byte;
    a = b;
    b = c;
  }
  return seen < 0x80;
}
