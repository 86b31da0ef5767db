import { utf8Text } from "../bytes.js";
import type { Dict } from "../fields.js";
import { RepeatedTexts } from "./repeated-texts.js";

/** Up to this length, in bytes, building a string from characters is faster than a platform call. */
const SHORT_TEXT = 12;

/**
 * Decodes a binary format. It reads only bytes that the format's scanner has verified, so it does not check lengths, UTF-8 or
 * nesting again.
 */
export abstract class ValueDecoder {
  protected bytes: Uint8Array = new Uint8Array(0);
  protected at = 0;
  /** Whether an encoded `undefined` is decoded as `undefined`. In options and details, such a key counts as absent. */
  protected keepsUndefined = false;

  #view: DataView | undefined;
  readonly #keys = new RepeatedTexts();

  /** Decodes the value at `start`. Binary values are copied. `__proto__` is an ordinary member. */
  decode(bytes: Uint8Array, start: number, keepsUndefined: boolean): unknown {
    this.bytes = bytes;
    this.at = start;
    this.keepsUndefined = keepsUndefined;
    this.#view = undefined;
    return this.value();
  }

  protected abstract value(): unknown;

  /** Reads a dictionary key. */
  protected abstract key(): string;

  protected get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  /** Advances the cursor. Returns its previous position. */
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
    return new Uint8Array(this.bytes.subarray(start, this.at)); // never a Buffer, even if the bytes are one
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

/** Returns a number up to ±(2^53−1), and the BigInt itself beyond. */
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
