import { BULK_BYTES, BulkScan } from "#bulk-scan";
import {
  checkKeyCount,
  checkKeyLength,
  checkValueCount,
  headTooLarge,
  MAX_HEAD_BYTES,
  MAX_HEAD_TEXT_BYTES,
} from "../bounds.js";
import { isUtf8, utf8Text } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import type { Dict } from "../fields.js";
import { DepthViolation, TextTooLong } from "../refused-payload.js";
import type { ElementKind } from "../serializer.js";
import type { ValueScan } from "./bulk-scan-plain.js";
import { RepeatedTexts } from "./repeated-texts.js";

const BREAK = 0xff;

/*
 * What a table says of an item by its first byte: how many bytes follow, up to 15, or one of these with a length of up to 31 added. They
 * stand in this module, since constants of another one would be loaded again for each item.
 */
const TEXT = 0x20;
const LIST = 0x40;
const DICT = 0x60;
const END = 0x80;

const NONE = 0xff; // in place of a byte, behind the last
const MANY_BYTES = 256; // in fewer, a view would cost more than it saves

/** What a table says of an item that has to be looked at by itself. */
export const ELSE = 0xff;
/** What it says of a short text, list or dictionary, to which the number of bytes, items or members is added: up to 31. */
export const SHORT: { readonly text: number; readonly list: number; readonly dict: number } = {
  text: TEXT,
  list: LIST,
  dict: DICT,
};

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
  /** Whether the value is options, details or another element of a message's head: keys and values are bounded there. */
  protected inHead = false;
  /** How many items the list or members the dictionary has whose head was passed last; -1 where a break ends it. */
  protected length = 0;

  #view: DataView | undefined; // of the bytes, where they are many
  #cutFor: ProtocolViolation | undefined; // what is thrown at the end of `bytes` that were cut, since the message goes on
  readonly #name: string;
  readonly #maxDepth: number;
  readonly #heads: Uint8Array; // by the first byte of an item: what it says
  readonly #left: Int32Array; // by level: how many items or members are to come there; below 0 until a break
  readonly #members: Int32Array; // by level: how many members the dictionary there has had
  readonly #texts = new RepeatedTexts(); // of URIs
  readonly #bulk: ValueScan;
  #headKeys = 0;
  #headValues = 0;

  /** `heads` says what the first byte of an item says, for the frequent ones; `bulk` checks large values first. */
  constructor(
    format: "msgpack" | "cbor",
    maxDepth: number,
    heads: Uint8Array,
    bulk: ValueScan = new BulkScan(format, maxDepth),
  ) {
    this.#name = format === "cbor" ? "CBOR" : "MessagePack";
    this.#bulk = bulk;
    this.#heads = heads;
    this.#maxDepth = maxDepth;
    this.#left = new Int32Array(maxDepth + 1);
    this.#members = new Int32Array(maxDepth + 1);
  }

  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#view = bytes.length < MANY_BYTES ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
    if (bytes.length >= BULK_BYTES) this.#bulk.open();
    this.#headKeys = 0;
    this.#headValues = 0;
  }

  /** Walks over one element of a message's head. */
  headValue(path: string): ElementKind {
    const all = this.bytes;
    this.inHead = true;
    if (all.length - this.at > MAX_HEAD_BYTES) {
      this.#cutFor = headTooLarge(path);
      this.bytes = all.subarray(0, this.at + MAX_HEAD_BYTES);
    }
    try {
      return this.value();
    } finally {
      this.inHead = false;
      this.#cutFor = undefined;
      this.bytes = all;
    }
  }

  /**
   * Walks over one value with all that is in it; a list or dictionary is the first level. Throws `DepthViolation` for one level
   * too many. What is open at the innermost level is kept in variables, what is open around it by level. One flat loop reads the frequent
   * items: this is where most of the time goes that a payload of many small values takes. `item` and `key` read all others, and say what is
   * wrong with one.
   */
  value(): ElementKind {
    const start = this.at;
    const kind = this.item();
    if (kind !== "list" && kind !== "dict") return kind;
    const bytes = this.bytes;
    const end = bytes.length;
    const inHead = this.inHead;
    if (end - start >= BULK_BYTES && !inHead) {
      const bulkEnd = this.#bulk.valueEnd(bytes, start);
      if (bulkEnd > 0) {
        this.at = bulkEnd;
        return kind;
      }
    }
    const view = this.#view;
    const heads = this.#heads;
    let level = 1;
    let left = this.#announced(kind);
    let members = kind === "dict" ? 0 : -1; // members of a dictionary so far; -1 for a list
    let at = this.at;
    for (;;) {
      if (left === 0 || (left < 0 && bytes[at] === BREAK)) {
        if (left < 0) at++;
        this.members = members;
        if (--level === 0) break;
        left = this.#left[level] as number;
        members = this.#members[level] as number;
        continue;
      }
      left--;
      if (inHead) checkValueCount(++this.#headValues);
      if (members >= 0) {
        members++;
        if (inHead) checkKeyCount(members, ++this.#headKeys);
        const byte = at < end ? (bytes[at] as number) : 0;
        const head = heads[byte] as number;
        const next = at + 1 + (byte & 0x1f);
        if (head >= TEXT && head < LIST && next <= end && isText(bytes, view, at + 1, next)) at = next;
        else {
          this.at = at;
          this.key();
          at = this.at;
        }
      }
      const byte = at < end ? (bytes[at] as number) : NONE;
      const head = heads[byte] as number;
      if (head < TEXT) {
        // That most items have one of a few sizes lets a processor go on before it has read this one's.
        const next = head === 0 ? at + 1 : head === 8 ? at + 9 : at + 1 + head;
        if (next <= end) {
          at = next;
          continue;
        }
      } else if (head < LIST) {
        const next = at + 1 + (byte & 0x1f);
        if (next <= end && isText(bytes, view, at + 1, next)) {
          at = next;
          continue;
        }
      }
      let inner: ElementKind;
      if (head >= LIST && head < END) {
        this.at = at + 1;
        this.length = head & 0x1f;
        inner = head < DICT ? "list" : "dict";
      } else {
        this.at = at;
        inner = this.item();
        at = this.at;
        if (inner !== "list" && inner !== "dict") continue;
      }
      this.#left[level] = left;
      this.#members[level] = members;
      if (++level > this.#maxDepth) throw new DepthViolation(this.#maxDepth, this.at);
      left = this.#announced(inner);
      members = inner === "dict" ? 0 : -1;
      at = this.at;
    }
    this.at = at;
    return kind;
  }

  /** Walks over one value, or over the head of a list or dictionary, whose length it leaves in `length`. */
  protected abstract item(): ElementKind;

  /** Whether the cursor is on the head of a list. */
  abstract onList(): boolean;

  /** Walks over the head of a list and returns its length; `Infinity` where a break ends it. */
  abstract listHead(): number;

  /** Reads an integer, a text or an empty dictionary; `undefined`, the cursor unmoved, where it is something else. */
  abstract simple(path: string): number | bigint | string | Dict | undefined;

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

  /** How long a list or dictionary is. Checks that as many values can follow: each takes a byte at least. */
  #announced(kind: "list" | "dict"): number {
    this.#need(kind === "dict" ? this.length * 2 : this.length);
    return this.length;
  }

  /** Walks over a text. */
  protected text(length: number): void {
    const bytes = this.bytes;
    const start = this.at;
    const end = start + length;
    if (end > bytes.length) throw this.#early();
    if (!isText(bytes, this.#view, start, end)) throw this.fault("a text that is not UTF-8");
    this.at = end;
  }

  protected keyText(length: number): void {
    if (this.inHead) checkKeyLength(length, () => utf8Text(this.bytes, this.at, this.at + length));
    this.text(length);
  }

  /** Reads a text of a message's head. */
  protected readText(length: number, path: string): string {
    if (length > MAX_HEAD_TEXT_BYTES) throw new TextTooLong(path);
    this.text(length);
    return this.#texts.read(this.bytes, this.at - length, this.at);
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
    return this.#cutFor ?? this.fault("the message ends too early");
  }
}

/** Whether the bytes are UTF-8. Most are ASCII, and few: a loop would end where no processor foresees it. */
function isText(bytes: Uint8Array, view: DataView | undefined, start: number, end: number): boolean {
  const length = end - start;
  let seen = 0;
  if (view === undefined) {
    for (let at = start; at < end; at++) seen |= bytes[at] as number;
  } else if (length < 4) {
    if (length > 0)
      seen = (bytes[start] as number) | (bytes[(start + end) >>> 1] as number) | (bytes[end - 1] as number);
  } else if (length <= 16) {
    seen = view.getInt32(start) | view.getInt32(end - 4);
    if (length > 8) seen |= view.getInt32(start + 4) | view.getInt32(end - 8);
  } else {
    if (length >= MANY_BYTES) return isUtf8(bytes, start, end);
    seen = view.getInt32(end - 4);
    for (let at = start; at < end - 4; at += 4) seen |= view.getInt32(at);
  }
  return (seen & 0x80808080) === 0 || isUtf8(bytes, start, end);
}
