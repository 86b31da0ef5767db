import { asciiText } from "../bytes.js";
import { type Dict, isDict } from "../fields.js";

const PROTO = "__proto__";
const PROTO_STAND_IN = "\0\0proto\0\0";
const BOM = "\ufeff";
const BOM_BYTES = [0xef, 0xbb, 0xbf];
const BOM_STAND_IN = "\ufdd0"; // no character, and never to be one
const SHORT = 64; // up to here, a loop copies faster than a view does
const BOM_STAND_IN_BYTES = [0xef, 0xb7, 0x90];

/**
 * What a library is to decode: the bytes of one element, with what the library would misread replaced by what it reads
 * right. A replacement is never longer than what it replaces, and bytes that need none are not copied. Two things get a
 * stand-in that is taken out of the decoded value again: the key `__proto__`, which the libraries rename, and a byte
 * order mark that starts a text, which they lose.
 */
export class PlainCopy {
  #source: Uint8Array = new Uint8Array(0);
  #out: Uint8Array | undefined;
  #view: DataView | undefined; // of #out, once it is needed
  #written = 0; // bytes of #out
  #taken = 0; // position in #source up to which #out answers for it
  #start = 0;
  #standIns = false;

  /** Starts on the element at `start`. */
  open(source: Uint8Array, start: number): void {
    this.#source = source;
    this.#out = undefined;
    this.#view = undefined;
    this.#written = 0;
    this.#taken = start;
    this.#start = start;
    this.#standIns = false;
  }

  /** Replaces the source bytes from `start` to `end`; returns room for what stands there instead. */
  replace(start: number, end: number, length: number): Uint8Array {
    const out = this.#copyTo(start);
    this.#taken = end;
    this.#written += length;
    return out.subarray(this.#written - length, this.#written);
  }

  /** Replaces an integer of nine bytes by the double of the same value, which no library makes a BigInt. `head` begins a double. */
  double(start: number, end: number, head: number, value: number): void {
    const out = this.#copyTo(start);
    this.#taken = end;
    this.#view ??= new DataView(out.buffer);
    out[this.#written] = head;
    this.#view.setFloat64(this.#written + 1, value);
    this.#written += 9;
  }

  /** Sees to a dictionary key, which lies from `start` to `end`. */
  key(start: number, end: number): void {
    if (end - start !== PROTO.length || asciiText(this.#source, start, end) !== PROTO) return this.text(start);
    const room = this.replace(start, end, PROTO.length);
    for (let index = 0; index < room.length; index++) room[index] = PROTO_STAND_IN.charCodeAt(index);
    this.#standIns = true;
  }

  /** Sees to a text, which starts at `start`. */
  text(start: number): void {
    if (BOM_BYTES.some((byte, index) => this.#source[start + index] !== byte)) return;
    this.replace(start, start + BOM_BYTES.length, BOM_BYTES.length).set(BOM_STAND_IN_BYTES);
    this.#standIns = true;
  }

  /** Decodes the element, which ends at `end`. */
  decode(end: number, library: { decode(bytes: Uint8Array): unknown }): unknown {
    const value = library.decode(this.#bytes(end));
    return this.#standIns ? restored(value) : value;
  }

  /** Never a Node Buffer: the library makes binary values of the class it reads from. */
  #bytes(end: number): Uint8Array {
    const source = this.#source;
    if (!this.#out) return new Uint8Array(source.buffer, source.byteOffset + this.#start, end - this.#start);
    return this.#copyTo(end).subarray(0, this.#written);
  }

  /** Copies the source up to `end`, from where the copy ends. */
  #copyTo(end: number): Uint8Array {
    this.#out ??= new Uint8Array(this.#source.length - this.#start);
    const out = this.#out;
    const source = this.#source;
    if (end - this.#taken > SHORT) {
      out.set(source.subarray(this.#taken, end), this.#written);
      this.#written += end - this.#taken;
    } else for (let at = this.#taken; at < end; at++) out[this.#written++] = source[at] as number;
    this.#taken = end;
    return out;
  }
}

/** The value without stand-ins; recursion ends where the scanner has, which has passed the value. `__proto__` is an own member like any other, never a prototype. */
function restored(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith(BOM_STAND_IN) ? BOM + value.slice(1) : value;
  if (Array.isArray(value)) return value.map(restored);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value as Dict).map(([key, member]) => [restoredKey(key), restored(member)]));
}

function restoredKey(key: string): string {
  return key === PROTO_STAND_IN ? PROTO : (restored(key) as string);
}
