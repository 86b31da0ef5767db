import { type Dict, EMPTY_DICT } from "../fields.js";
import type { ElementKind, Serializer } from "../serializer.js";
import { depthFrom, type SerializerOptions } from "../serializer-options.js";
import { binarySerializer } from "./binary.js";
import { BinaryScanner, ELSE, SHORT } from "./binary-scan.js";
import { BINARY, BinaryWriter, LIST, type Sized, TEXT } from "./binary-write.js";
import type { ValueScan } from "./bulk-scan-plain.js";
import { MsgpackDecoder } from "./msgpack-decoder.js";

const DOUBLE = 0xcb;
const UINT64 = 0xcf;
const INT64 = 0xd3;

/**
 * Creates the serializer for WAMP over MessagePack, `wamp.2.msgpack`, with binary frames. Binary values are decoded as
 * independent `Uint8Array`s. Integers beyond ±(2^53−1) and up to 64 bits are decoded as BigInts and encoded from them.
 * Extension types, such as timestamps, are not WAMP data: their bytes are decoded as binary. Throws `TypeError` for an unknown
 * option. Spec: Basic Profile, "Serializers".
 */
export function msgpack(options: SerializerOptions = {}): Serializer {
  const maxDepth = depthFrom(options, "msgpack");
  return binarySerializer({
    id: "msgpack",
    scanner: new MsgpackScanner(maxDepth),
    writer: new MsgpackWriter(),
    decoder: new MsgpackDecoder(),
    maxDepth,
    noArgs: Uint8Array.of(0x90),
  });
}

/** The number of bytes after 0xc2 to 0xd3: booleans, then (except binary and extensions) floats and integers. */
const WIDTHS = [0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

/** The table for first bytes: embedded integers, constants and floats; short strings, lists and dictionaries. */
const HEADS: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, head) => {
  if (head < 0x80 || head >= 0xe0) return 0;
  if (head < 0x90) return SHORT.dict | (head & 0x0f);
  if (head < 0xa0) return SHORT.list | (head & 0x0f);
  if (head < 0xc0) return SHORT.text | (head & 0x1f);
  if (head === 0xc0 || head === 0xc2 || head === 0xc3) return 0;
  return head >= 0xca && head < 0xd4 ? (WIDTHS[head - 0xc2] as number) : ELSE;
});

/** Verifies MessagePack. */
export class MsgpackScanner extends BinaryScanner {
  /** `heads` is the table for first bytes. An item without an entry is handled separately. */
  constructor(maxDepth: number, heads: Uint8Array = HEADS, bulk?: ValueScan) {
    super("msgpack", maxDepth, heads, bulk);
  }

  protected item(): ElementKind {
    const head = this.byte();
    if (head < 0x80 || head >= 0xe0) return "other";
    if (head < 0x90) return this.#container("dict", head & 0x0f);
    if (head < 0xa0) return this.#container("list", head & 0x0f);
    if (isText(head)) this.text(this.#textLength(head));
    else if (head === 0xdc || head === 0xdd)
      return this.#container("list", head === 0xdc ? this.uint16() : this.uint32());
    else if (head === 0xde || head === 0xdf)
      return this.#container("dict", head === 0xde ? this.uint16() : this.uint32());
    else return this.#scalar(head);
    return "other";
  }

  #container(kind: "list" | "dict", length: number): ElementKind {
    this.length = length;
    return kind;
  }

  onList(): boolean {
    const head = this.bytes[this.at] ?? 0;
    return (head & 0xf0) === 0x90 || head === 0xdc || head === 0xdd;
  }

  listHead(): number {
    const head = this.byte();
    if ((head & 0xf0) === 0x90) return head & 0x0f;
    if (head === 0xdc) return this.uint16();
    if (head === 0xdd) return this.uint32();
    this.at--;
    throw this.fault("a message must be a list");
  }

  simple(path: string): number | bigint | string | Dict | undefined {
    const head = this.byte();
    if (head < 0x80) return head;
    if (head === 0x80) {
      this.members = 0;
      return EMPTY_DICT;
    }
    if (isText(head)) return this.readText(this.#textLength(head), path);
    if (head === 0xcc) return this.byte();
    if (head === 0xcd) return this.uint16();
    if (head === 0xce) return this.uint32();
    if (head === 0xcf) return this.uint64();
    this.at--;
    return undefined;
  }

  protected key(): void {
    const head = this.byte();
    if (isText(head)) return this.keyText(this.#textLength(head));
    this.at--;
    throw this.fault("a key that is not a string");
  }

  #textLength(head: number): number {
    if (head < 0xc0) return head & 0x1f;
    if (head === 0xd9) return this.byte();
    return head === 0xda ? this.uint16() : this.uint32();
  }

  #scalar(head: number): ElementKind {
    if (head === 0xc0) return "null";
    if (head === 0xc1) throw this.fault("a byte that MessagePack never uses");
    if (head === 0xc4) this.pass(this.byte());
    else if (head === 0xc5) this.pass(this.uint16());
    else if (head === 0xc6) this.pass(this.uint32());
    else if (head === 0xc7) this.#extension(this.byte());
    else if (head === 0xc8) this.#extension(this.uint16());
    else if (head === 0xc9) this.#extension(this.uint32());
    else if (head >= 0xd4) this.#extension(1 << (head - 0xd4));
    else this.pass(WIDTHS[head - 0xc2] as number);
    return "other";
  }

  /** Verifies an extension: its type, then its bytes. */
  #extension(length: number): void {
    this.pass(1 + length);
  }
}

function isText(head: number): boolean {
  return (head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb);
}

class MsgpackWriter extends BinaryWriter {
  head(kind: Sized, length: number): void {
    this.room(5);
    if (kind === TEXT) {
      if (length < 0x20) this.bytes[this.at++] = 0xa0 | length;
      else this.#uint(0xd9, length);
    } else if (kind === BINARY) this.#uint(0xc4, length);
    else if (length < 0x10) this.bytes[this.at++] = (kind === LIST ? 0x90 : 0x80) | length;
    else this.#wide(kind === LIST ? 0xdc : 0xde, length);
  }

  protected constant(value: null | boolean): void {
    this.bytes[this.at++] = value === null ? 0xc0 : value ? 0xc3 : 0xc2;
  }

  protected integer(value: number): void {
    if (value >= -0x20 && value < 0x80) this.bytes[this.at++] = value;
    else if (value >= 0) {
      if (value < 2 ** 32) this.#uint(0xcc, value);
      else this.#int64(UINT64, value);
    } else if (value >= -0x80) {
      this.bytes[this.at++] = 0xd0;
      this.bytes[this.at++] = value;
    } else if (value >= -0x8000) {
      this.bytes[this.at++] = 0xd1;
      this.view.setInt16(this.at, value);
      this.at += 2;
    } else if (value >= -0x8000_0000) {
      this.bytes[this.at++] = 0xd2;
      this.view.setInt32(this.at, value);
      this.at += 4;
    } else this.#int64(INT64, value);
  }

  protected bigInteger(value: bigint): void {
    this.bytes[this.at++] = value < 0n ? INT64 : UINT64;
    this.view.setBigInt64(this.at, BigInt.asIntN(64, value));
    this.at += 8;
  }

  protected double(value: number): void {
    this.bytes[this.at++] = DOUBLE;
    this.view.setFloat64(this.at, value);
    this.at += 8;
  }

  /** Writes one, two or four bytes, with three consecutive first bytes. */
  #uint(head: number, value: number): void {
    if (value >= 0x100) return this.#wide(head + 1, value);
    this.bytes[this.at++] = head;
    this.bytes[this.at++] = value;
  }

  /** Writes two or four bytes, with two consecutive first bytes. */
  #wide(head: number, value: number): void {
    if (value < 0x1_0000) {
      this.bytes[this.at++] = head;
      this.view.setUint16(this.at, value);
      this.at += 2;
    } else {
      this.bytes[this.at++] = head + 1;
      this.view.setUint32(this.at, value);
      this.at += 4;
    }
  }

  #int64(head: number, value: number): void {
    this.bytes[this.at++] = head;
    this.view.setInt32(this.at, Math.floor(value / 2 ** 32));
    this.view.setUint32(this.at + 4, value >>> 0); // modulo 2^32, for negative numbers too
    this.at += 8;
  }
}
