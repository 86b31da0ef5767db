import { allocate, utf8Length, writeUtf8 } from "../bytes.js";
import { type Dict, isDict } from "../fields.js";
import { MAX_ID } from "../ids.js";
import { type Headroom, noHeadroom } from "../serializer.js";

/** What a length may belong to, numbered as CBOR's major types are. */
export const BINARY = 2;
export const TEXT = 3;
export const LIST = 4;
export const DICT = 5;
export type Sized = typeof BINARY | typeof TEXT | typeof LIST | typeof DICT;

const FIRST_SIZE = 1024;
const KEPT_SIZE = 65_536; // a larger buffer is let go after use
const SHORT = 48; // up to here a loop is faster than a call of Node's text writer

/**
 * Writes values into a buffer of its own, which grows and is used again; `take` copies out what was written. Takes what
 * `portable` has passed. An integer up to ±2^53 leaves as an integer, −0 and everything else as a double.
 */
export abstract class BinaryWriter {
  protected bytes: Uint8Array = allocate(FIRST_SIZE);
  protected view: DataView = viewOf(this.bytes);
  protected at = 0;

  /** Writes a length and what it is of. */
  abstract head(kind: Sized, length: number): void;
  protected abstract constant(value: null | boolean): void;
  protected abstract integer(value: number): void;
  /** Writes an integer beyond ±2^53, of 64 bits. */
  protected abstract bigInteger(value: bigint): void;
  protected abstract double(value: number): void;

  /** Starts anew. */
  reset(): void {
    this.at = 0;
    if (this.bytes.length > KEPT_SIZE) this.#resize(FIRST_SIZE);
  }

  /** The bytes written so far, behind the headroom of all of it and before `after` free ones. */
  take(before: Headroom = noHeadroom, after = 0): Uint8Array {
    const start = before(this.at + after);
    const taken = allocate(start + this.at + after);
    taken.set(this.bytes.subarray(0, this.at), start);
    return taken;
  }

  /** How many bytes were written so far. */
  get length(): number {
    return this.at;
  }

  /** Copies them: they are few. */
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
    throw new TypeError(`a ${typeof value} cannot travel, and stood for something else a moment ago`);
  }

  /** Sees to space for `length` more bytes. */
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

  /** Half a surrogate pair, which UTF-8 cannot hold, leaves as U+FFFD. */
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
