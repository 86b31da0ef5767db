import { asciiText, isUtf8, utf8Text } from "../bytes.js";
import { MAX_DEPTH } from "../depth.js";
import { ProtocolViolation } from "../error.js";
import type { Dict } from "../fields.js";
import type { ElementKind } from "../serializer.js";

const BREAK = 0xff;

/**
 * Walks over a binary format and checks it whole without making values of it: lengths and counts lie within the bytes,
 * text is UTF-8, keys are text, nesting is bounded by `MAX_DEPTH`. What passes breaks no receiver's decoder.
 */
export abstract class BinaryScanner {
  protected bytes: Uint8Array = new Uint8Array(0);
  /** Where the cursor is. */
  at = 0;
  /** How many members the dictionary had that ended last, duplicates included. */
  members = 0;

  readonly #name: string;

  /** `name` is the format's, for people. */
  constructor(name: string) {
    this.#name = name;
  }

  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Walks over one value; `depth` is the nesting it would have as a list. */
  abstract value(depth: number): ElementKind;

  /** Whether the cursor is on the head of a list. */
  abstract onList(): boolean;

  /** Walks over the head of a list and returns its length; `Infinity` where a break ends it. */
  abstract listHead(): number;

  /** Reads an integer, a text or an empty dictionary; `undefined`, the cursor unmoved, where it is something else. */
  abstract simple(): number | bigint | string | Dict | undefined;

  /** Walks over a dictionary's key. */
  protected abstract key(): void;

  /** Passes the break that ends a list or dictionary without length, if the cursor is on it. */
  passBreak(): boolean {
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  fault(what: string): ProtocolViolation {
    return new ProtocolViolation(`malformed ${this.#name}: ${what} at byte ${this.at}`);
  }

  protected list(length: number, depth: number): ElementKind {
    this.enter(depth, length);
    for (let index = 0; index < length; index++) {
      if (length === Infinity && this.passBreak()) break;
      this.value(depth + 1);
    }
    return "list";
  }

  protected dict(length: number, depth: number): ElementKind {
    this.enter(depth, length * 2);
    let index = 0;
    for (; index < length; index++) {
      if (length === Infinity && this.passBreak()) break;
      this.key();
      this.value(depth + 1);
    }
    this.members = index;
    return "dict";
  }

  /** Checks the nesting, and that as many values as announced can follow: each takes a byte at least. */
  protected enter(depth: number, values: number): void {
    if (depth > MAX_DEPTH) throw this.fault(`nested deeper than ${MAX_DEPTH} levels`);
    if (values !== Infinity) this.#need(values);
  }

  /** Walks over a text; returns whether it is ASCII. */
  protected text(length: number): boolean {
    const bytes = this.bytes;
    const start = this.at;
    const end = start + length;
    if (end > bytes.length) throw this.#early();
    this.at = end;
    for (let at = start; at < end; at++) {
      if ((bytes[at] as number) < 0x80) continue;
      if (isUtf8(bytes, at, end)) return false;
      this.at = start;
      throw this.fault("a text that is not UTF-8");
    }
    return true;
  }

  protected readText(length: number): string {
    const read = this.text(length) ? asciiText : utf8Text;
    return read(this.bytes, this.at - length, this.at);
  }

  protected pass(length: number): void {
    this.#need(length);
    this.at += length;
  }

  protected byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw this.#early();
    this.at++;
    return byte;
  }

  protected uint16(): number {
    this.#need(2);
    this.at += 2;
    return ((this.bytes[this.at - 2] as number) << 8) | (this.bytes[this.at - 1] as number);
  }

  protected uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16();
  }

  /** Exact: a number up to 2^53, a BigInt beyond. */
  protected uint64(): number | bigint {
    const high = this.uint32();
    const low = this.uint32();
    const value = high * 2 ** 32 + low;
    const exact = value < 2 ** 53 || (high === 2 ** 21 && low === 0);
    return exact ? value : (BigInt(high) << 32n) | BigInt(low);
  }

  #need(length: number): void {
    if (length > this.bytes.length - this.at) throw this.#early();
  }

  #early(): ProtocolViolation {
    return this.fault("the message ends too early");
  }
}
