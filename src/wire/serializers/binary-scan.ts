import { BULK_BYTES, BulkScan } from "#bulk-scan";
import { isUtf8, utf8Text } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import type { Dict } from "../fields.js";
import {
  checkKeyCount,
  checkKeyLength,
  checkValueCount,
  headTooLarge,
  MAX_HEAD_BYTES,
  MAX_HEAD_TEXT_BYTES,
  TextTooLong,
} from "../head-bounds.js";
import { DepthViolation } from "../refused-payload.js";
import type { ElementKind } from "../serializer.js";
import type { ValueScan } from "./bulk-scan-plain.js";
import { RepeatedTexts } from "./repeated-texts.js";

const BREAK = 0xff;

/*
 * The tables map an item's first byte to the number of bytes that follow, up to 15, or to one of these constants plus a length
 * of up to 31. They are defined in this module because imported constants would be loaded again for each item.
 */
const TEXT = 0x20;
const LIST = 0x40;
const DICT = 0x60;
const END = 0x80;

const NONE = 0xff; // instead of a byte, after the last one
const MANY_BYTES = 256; // below this, creating a view costs more than it saves

/** The table entry of an item that needs separate handling. */
export const ELSE = 0xff;
/** The table entry of a short string, list or dictionary, to which its length of up to 31 is added. */
export const SHORT: { readonly text: number; readonly list: number; readonly dict: number } = {
  text: TEXT,
  list: LIST,
  dict: DICT,
};

/**
 * Verifies a binary format without decoding it. Lengths and counts must fit into the bytes, text must be UTF-8, keys must be
 * text, and nesting is bounded. Nesting is tracked in an array instead of on the call stack. Verified bytes are safe for every
 * receiver's decoder.
 */
export abstract class BinaryScanner {
  protected bytes: Uint8Array = new Uint8Array(0);
  /** The position of the cursor. */
  at = 0;
  /** The number of members of the last dictionary that ended, including duplicates. */
  members = 0;
  /** Whether the value belongs to a message's head, where keys and values are limited. */
  protected inHead = false;
  /** The length of the last list or dictionary head that was read; -1 if a break ends it. */
  protected length = 0;

  #view: DataView | undefined; // of the bytes, where they are many
  #cutFor: ProtocolViolation | undefined; // thrown at the end of truncated `bytes`
  readonly #name: string;
  readonly #maxDepth: number;
  readonly #heads: Uint8Array; // the table by an item's first byte
  readonly #left: Int32Array; // by level: the remaining items or members; below 0 until a break
  readonly #members: Int32Array; // by level: the number of dictionary members so far
  readonly #texts = new RepeatedTexts(); // of URIs
  readonly #bulk: ValueScan;
  #headKeys = 0;
  #headValues = 0;

  /** `heads` is the table for the frequent first bytes. `bulk` verifies large values first. */
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

  /** Verifies one element of a message's head. */
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
   * Verifies one value and everything in it; a list or dictionary is level 1. Throws `DepthViolation` if the nesting is too
   * deep. Local variables hold the state of the innermost level, and arrays hold that of the outer levels. One flat loop reads
   * the frequent items, because payloads of many small values spend most of their time here. `item` and `key` read all other
   * items and report errors.
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
        // Most items have one of a few sizes. The branches let the processor continue before it has loaded this item's size.
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

  /** Verifies one scalar, or the head of a list or dictionary and stores its length in `length`. */
  protected abstract item(): ElementKind;

  /** Returns whether the cursor is at the head of a list. */
  abstract onList(): boolean;

  /** Reads the head of a list. Returns its length, or `Infinity` if a break ends it. */
  abstract listHead(): number;

  /** Reads an integer, a string or an empty dictionary. For anything else, returns `undefined` and does not move the cursor. */
  abstract simple(path: string): number | bigint | string | Dict | undefined;

  /** Verifies a dictionary key. */
  protected abstract key(): void;

  /** Skips the break that ends a list or dictionary of indefinite length, if the cursor is at one. */
  passBreak(): boolean {
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  fault(what: string): ProtocolViolation {
    return new ProtocolViolation(`malformed ${this.#name}: ${what} at byte ${this.at}`);
  }

  /** Returns the length of a list or dictionary. Checks that enough bytes follow: each value takes at least one. */
  #announced(kind: "list" | "dict"): number {
    this.#need(kind === "dict" ? this.length * 2 : this.length);
    return this.length;
  }

  /** Verifies a string. */
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

  /** Reads a string of a message's head. */
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

  /** Reads an exact integer: a number up to 2^53, a BigInt beyond. */
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

/** Returns whether the bytes are UTF-8. Short ASCII strings, the usual case, avoid a loop whose end the processor mispredicts. */
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
