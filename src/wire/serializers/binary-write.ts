import { allocate, utf8Length, writeUtf8 } from "../bytes.js";
import { type Dict, isDict } from "../fields.js";
import { MAX_ID } from "../ids.js";
import { type Headroom, noHeadroom } from "../serializer.js";

/** The kinds of items that have a length, numbered like CBOR's major types. */
export const BINARY = 2;
export const TEXT = 3;
export const LIST = 4;
export const DICT = 5;
export type Sized = typeof BINARY | typeof TEXT | typeof LIST | typeof DICT;

const FIRST_SIZE = 1024;
const KEPT_SIZE = 65_536; // a larger buffer is released after use
const SHORT = 48; // up to here a loop is faster than a call of Node's text writer

/**
 * Encodes values into a reusable buffer that grows; `take` copies the result. It accepts values that `portable` has converted.
 * Integers up to ±2^53 are encoded as integers; −0 and all other numbers as doubles.
 */
export abstract class BinaryWriter {
  protected bytes: Uint8Array = allocate(FIRST_SIZE);
  protected view: DataView = viewOf(this.bytes);
  protected at = 0;

  /** Writes a kind and a length. */
  abstract head(kind: Sized, length: number): void;
  protected abstract constant(value: null | boolean): void;
  protected abstract integer(value: number): void;
  /** Writes a 64-bit integer beyond ±2^53. */
  protected abstract bigInteger(value: bigint): void;
  protected abstract double(value: number): void;

  /** Starts a new message. */
  reset(): void {
    this.at = 0;
    if (this.bytes.length > KEPT_SIZE) this.#resize(FIRST_SIZE);
  }

  /** Returns the bytes written so far, after their headroom and followed by `after` free bytes. */
  take(before: Headroom = noHeadroom, after = 0): Uint8Array {
    const start = before(this.at + after);
    const taken = allocate(start + this.at + after);
    taken.set(this.bytes.subarray(0, this.at), start);
    return taken;
  }

  /** The number of bytes written so far. */
  get length(): number {
    return this.at;
  }

  /** Copies the bytes to `target`, in a loop because they are few. */
  copy(target: Uint8Array, at: number): void {
    for (let index = 0; index < this.at; index++) target[at + index] = this.bytes[index] as number;
  }

  value(value: unknown): void {
    this.room(9);
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "number") return this.#number(value);
    if (value === null || typeof value === "boolean") return this.constant(value);
    if (typeof value === "bigint") return this.#bigint(value);
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof Uint8Array) return this.#binary(value);
    if (isDict(value)) return this.#dict(value);
    throw new TypeError(`a ${typeof value} cannot be serialized; it changed while it was being serialized`);
  }

  /** Makes room for `length` more bytes. */
  protected room(length: number): void {
    const needed = this.at + length;
    if (needed > this.bytes.length) this.#resize(Math.max(needed, this.bytes.length * 2));
  }

  #number(value: number): void {
    const integral = Number.isInteger(value) && Math.abs(value) <= MAX_ID && !Object.is(value, -0);
    return integral ? this.integer(value) : this.double(value);
  }

  #bigint(value: bigint): void {
    const small = Number(value);
    return Math.abs(small) < MAX_ID ? this.integer(small) : this.bigInteger(value);
  }

  /** Writes a string. A lone surrogate becomes U+FFFD. */
  #text(text: string): void {
    if (text.length < SHORT && this.#ascii(text)) return;
    const length = utf8Length(text);
    this.room(length + 9);
    this.head(TEXT, length);
    this.at += writeUtf8(this.bytes, text, this.at);
  }

  #ascii(text: string): boolean {
    const start = this.at;
    this.room(text.length + 9);
    this.head(TEXT, text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.at = start;
        return false;
      }
      this.bytes[this.at++] = code;
    }
    return true;
  }

  #binary(value: Uint8Array): void {
    this.head(BINARY, value.length);
    this.room(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  #list(list: readonly unknown[]): void {
    this.head(LIST, list.length);
    for (const item of list) this.value(item);
  }

  #dict(dict: Dict): void {
    const keys = Object.keys(dict);
    this.head(DICT, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.value(dict[key]);
    }
  }

  #resize(size: number): void {
    const bytes = allocate(size);
    bytes.set(this.bytes.subarray(0, this.at));
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
