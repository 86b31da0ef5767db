import { asciiText } from "../bytes.js";
import { type Dict, isDict } from "../fields.js";

const PROTO = "__proto__";
/** Stands in for the key `__proto__`, which the libraries would rename. As long, so that no length changes. */
const STAND_IN = "\0\0proto\0\0";

/**
 * What a library is to decode: the bytes of one element, with what the library would misread replaced by what it reads
 * right. A replacement is never longer than what it replaces, and bytes that need none are not copied.
 */
export class PlainCopy {
  #source: Uint8Array = new Uint8Array(0);
  #out: Uint8Array | undefined;
  #written = 0; // bytes of #out
  #taken = 0; // bytes of #source, from its start, that #out already answers for
  #start = 0;
  #renamed = false;

  /** Starts on the element at `start`. */
  open(source: Uint8Array, start: number): void {
    this.#source = source;
    this.#out = undefined;
    this.#written = 0;
    this.#start = start;
    this.#taken = start;
    this.#renamed = false;
  }

  /** Replaces the source bytes from `start` to `end`; returns room for what stands there instead. */
  replace(start: number, end: number, length: number): Uint8Array {
    this.#out ??= new Uint8Array(this.#source.length - this.#start);
    this.#take(start);
    this.#taken = end;
    const room = this.#out.subarray(this.#written, this.#written + length);
    this.#written += length;
    return room;
  }

  /** Sees to a dictionary key, which lies from `start` to `end`. */
  key(start: number, end: number): void {
    if (end - start !== PROTO.length || asciiText(this.#source, start, end) !== PROTO) return;
    const room = this.replace(start, end, PROTO.length);
    for (let index = 0; index < room.length; index++) room[index] = STAND_IN.charCodeAt(index);
    this.#renamed = true;
  }

  /** Decodes the element, which ends at `end`. */
  decode(end: number, library: { decode(bytes: Uint8Array): unknown }): unknown {
    const value = library.decode(this.#bytes(end));
    return this.#renamed ? withProtoKeys(value) : value;
  }

  /** Never a Node Buffer: the library makes binary values of the class it reads from. */
  #bytes(end: number): Uint8Array {
    const source = this.#source;
    if (!this.#out) return new Uint8Array(source.buffer, source.byteOffset + this.#start, end - this.#start);
    this.#take(end);
    return this.#out.subarray(0, this.#written);
  }

  #take(end: number): void {
    this.#out?.set(this.#source.subarray(this.#taken, end), this.#written);
    this.#written += end - this.#taken;
    this.#taken = end;
  }
}

/** `__proto__` as a key like any other: an own member, never a prototype. */
function withProtoKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withProtoKeys);
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Dict).map(([key, member]) => [key === STAND_IN ? PROTO : key, withProtoKeys(member)]),
  );
}
