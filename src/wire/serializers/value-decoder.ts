import { utf8Text } from "../bytes.js";
import type { Dict } from "../fields.js";
import { RepeatedTexts } from "./repeated-texts.js";

/** Up to here a text is put together by its characters, which is faster than a call into the platform. */
const SHORT_TEXT = 12;

/**
 * Makes values of a binary format. It reads only bytes that the format's scanner has passed, so that lengths, UTF-8 and nesting
 * need no second check.
 */
export abstract class ValueDecoder {
  protected bytes: Uint8Array = new Uint8Array(0);
  protected at = 0;
  /** Whether what stands for `undefined` is read as such: in options and details it says that a key is not given. */
  protected keepsUndefined = false;

  #view: DataView | undefined;
  readonly #keys = new RepeatedTexts();

  /** The value that starts at `start`. Binary has bytes of its own; `__proto__` is a member like any other. */
  decode(bytes: Uint8Array, start: number, keepsUndefined: boolean): unknown {
    this.bytes = bytes;
    this.at = start;
    this.keepsUndefined = keepsUndefined;
    this.#view = undefined;
    return this.value();
  }

  protected abstract value(): unknown;

  /** Reads a dictionary's key. */
  protected abstract key(): string;

  protected get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  /** Moves the cursor by so many bytes and returns where it was. */
  protected pass(length: number): number {
    const start = this.at;
    this.at = start + length;
    return start;
  }

  protected text(length: number): string {
    const start = this.pass(length);
    return length > SHORT_TEXT ? utf8Text(this.bytes, start, this.at) : shortText(this.bytes, start, this.at);
  }

  protected keyText(length: number): string {
    const start = this.pass(length);
    return this.#keys.read(this.bytes, start, this.at);
  }

  protected binary(length: number): Uint8Array {
    const start = this.pass(length);
    return new Uint8Array(this.bytes.subarray(start, this.at)); // never a Buffer, even where the bytes are one
  }

  protected list(length: number): unknown[] {
    const list = new Array<unknown>(length);
    for (let index = 0; index < length; index++) list[index] = this.value();
    return list;
  }

  protected dict(length: number): Dict {
    const dict: Record<string, unknown> = {};
    for (let index = 0; index < length; index++) this.member(dict);
    return dict;
  }

  /** Reads a key and its value into the dictionary. */
  protected member(dict: Record<string, unknown>): void {
    const key = this.key();
    const value = this.value();
    if (key !== "__proto__") dict[key] = value;
    else Object.defineProperty(dict, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

const MOST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** A number up to ±(2^53−1), and the BigInt itself beyond. */
export function exact(value: bigint): number | bigint {
  return value >= -MOST_EXACT && value <= MOST_EXACT ? Number(value) : value;
}

function shortText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return utf8Text(bytes, start, end);
    text += String.fromCharCode(byte);
  }
  return text;
}
