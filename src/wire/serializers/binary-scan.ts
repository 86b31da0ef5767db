import { checkKeyCount, checkKeyLength } from "../bounds.js";
import { asciiText, isUtf8, utf8Text } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import type { Dict } from "../fields.js";
import { DepthViolation } from "../refused-payload.js";
import type { ElementKind } from "../serializer.js";
import type { PlainCopy } from "./plain-copy.js";

const BREAK = 0xff;

/**
 * Walks over a binary format and checks it whole without making values of it: lengths and counts lie within the bytes,
 * text is UTF-8, keys are text, nesting is bounded, and kept in a list of its own rather than the stack. What passes breaks no
 * receiver's decoder.
 */
export abstract class BinaryScanner {
  protected bytes: Uint8Array = new Uint8Array(0);
  /** Where the cursor is. */
  at = 0;
  /** How many members the dictionary had that ended last, duplicates included. */
  members = 0;
  /** Is told, when set, what a library would misread. */
  plain: PlainCopy | undefined;
  /**
   * Whether the value is options, details or another element of a message's head. Keys are bounded there, and what stands for
   * `undefined` is left to the library: it says that a key is not given.
   */
  protected inHead = false;
  /** How many items the list or members the dictionary has whose head was passed last; `Infinity` where a break ends it. */
  protected length = 0;

  readonly #name: string;
  readonly #maxDepth: number;
  readonly #left: Float64Array; // by level: how many items or members are to come
  readonly #members: Int32Array; // by level: how many members the dictionary has had; -1 for a list
  #headKeys = 0;

  /** `name` is the format's, for people. */
  constructor(name: string, maxDepth: number) {
    this.#name = name;
    this.#maxDepth = maxDepth;
    this.#left = new Float64Array(maxDepth + 1);
    this.#members = new Int32Array(maxDepth + 1);
  }

  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
    this.#headKeys = 0;
  }

  /** Walks over one element of a message's head. */
  headValue(): ElementKind {
    this.inHead = true;
    try {
      return this.value();
    } finally {
      this.inHead = false;
    }
  }

  /** Walks over one value with all that is in it; a list or dictionary is the first level. Throws `DepthViolation` for one level too many. */
  value(): ElementKind {
    const kind = this.item();
    let level = this.#isOpen(kind) ? this.#enter(1, kind) : 0;
    while (level > 0) {
      if (this.#ended(level)) {
        this.members = this.#members[level] as number;
        level--;
        continue;
      }
      if ((this.#members[level] as number) >= 0) this.#member(level);
      const inner = this.item();
      if (this.#isOpen(inner)) level = this.#enter(level + 1, inner);
    }
    return kind;
  }

  /** Walks over one value, or over the head of a list or dictionary, whose length it leaves in `length`. */
  protected abstract item(): ElementKind;

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

  /** Checks that as many values as announced can follow: each takes a byte at least. */
  #enter(level: number, kind: ElementKind): number {
    if (level > this.#maxDepth) throw new DepthViolation(this.#maxDepth, this.at);
    if (this.length !== Infinity) this.#need(kind === "dict" ? this.length * 2 : this.length);
    this.#left[level] = this.length;
    this.#members[level] = kind === "dict" ? 0 : -1;
    return level;
  }

  #isOpen(kind: ElementKind): boolean {
    return kind === "list" || kind === "dict";
  }

  /** Whether the list or dictionary has no more to come; takes what comes next off what is left. */
  #ended(level: number): boolean {
    const left = this.#left[level] as number;
    if (left === Infinity) return this.passBreak();
    this.#left[level] = left - 1;
    return left === 0;
  }

  /** Passes a key. */
  #member(level: number): void {
    const members = (this.#members[level] as number) + 1;
    this.#members[level] = members;
    if (this.inHead) checkKeyCount(members, ++this.#headKeys);
    this.key();
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

  protected valueText(length: number): void {
    if (!this.text(length)) this.plain?.text(this.at - length);
  }

  protected keyText(length: number): void {
    if (this.inHead) checkKeyLength(length, () => utf8Text(this.bytes, this.at, this.at + length));
    this.text(length);
    this.plain?.key(this.at - length, this.at);
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
