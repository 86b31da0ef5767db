import { type Dict, EMPTY_DICT } from "../fields.js";
import type { ElementKind, Serializer } from "../serializer.js";
import { depthFrom, type SerializerOptions } from "../serializer-options.js";
import { binarySerializer } from "./binary.js";
import { BinaryScanner, ELSE, SHORT } from "./binary-scan.js";
import { BinaryWriter, type Sized } from "./binary-write.js";
import type { ValueScan } from "./bulk-scan-plain.js";
import { CborDecoder } from "./cbor-decoder.js";

const UNSIGNED = 0;
const NEGATIVE = 1;
const BINARY = 2;
const TEXT = 3;
const LIST = 4;
const DICT = 5;
const TAG = 6;

const UINT64 = 27; // additional information: eight bytes follow
const UNDEFINED = 23;
const INDEFINITE = 31;
const NULL = 0xf6;
const DOUBLE = 0xfb;

/**
 * Creates the serializer for WAMP over CBOR, `wamp.2.cbor`, with binary frames. Binary values are decoded as independent
 * `Uint8Array`s. Integers beyond ±(2^53−1) and up to 64 bits are decoded as BigInts and encoded from them. CBOR tags (dates,
 * bignums, typed arrays) are not WAMP data: a tagged value is decoded without its tag, and an unassigned simple value as null.
 * Throws `TypeError` for an unknown option. Spec: Basic Profile, "Serializers".
 */
export function cbor(options: SerializerOptions = {}): Serializer {
  const maxDepth = depthFrom(options, "cbor");
  return binarySerializer({
    id: "cbor",
    scanner: new CborScanner(maxDepth),
    writer: new CborWriter(),
    decoder: new CborDecoder(),
    maxDepth,
    noArgs: Uint8Array.of(LIST << 5),
  });
}

/** The table for first bytes: embedded integers, constants and floats; short strings, lists and dictionaries. */
const HEADS: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, head) => {
  const major = head >> 5;
  const info = head & 0x1f;
  if (info < 24) {
    if (major === LIST) return SHORT.list | info;
    if (major === DICT) return SHORT.dict | info;
    if (major === TEXT) return SHORT.text | info;
  }
  if (major === UNSIGNED || major === NEGATIVE) return info < 24 ? 0 : info <= UINT64 ? 1 << (info - 24) : ELSE;
  if (major < 7) return ELSE;
  if (info >= 20 && info <= UNDEFINED) return 0;
  return info >= 25 && info <= 27 ? 1 << (info - 24) : ELSE;
});

/** Verifies CBOR. */
export class CborScanner extends BinaryScanner {
  /** `heads` is the table for first bytes. An item without an entry is handled separately. */
  constructor(maxDepth: number, heads: Uint8Array = HEADS, bulk?: ValueScan) {
    super("cbor", maxDepth, heads, bulk);
  }

  /** In a message's own list, a tagged value does not count as a list or dictionary, though payloads decode it as one. */
  override value(): ElementKind {
    const tagged = (this.bytes[this.at] ?? 0) >> 5 === TAG;
    const kind = super.value();
    return tagged ? "other" : kind;
  }

  protected item(): ElementKind {
    let head = this.byte();
    for (; head >> 5 === TAG; head = this.byte()) {
      if ((head & 0x1f) === INDEFINITE) throw this.fault("an indefinite length that is not allowed");
      this.#argument(head & 0x1f);
    }
    const major = head >> 5;
    const info = head & 0x1f;
    if (major > TAG) return this.#special(info);
    if (info === INDEFINITE) return this.#indefinite(major);
    const argument = this.#argument(info);
    if (major === LIST || major === DICT) {
      this.length = Number(argument);
      return major === LIST ? "list" : "dict";
    }
    if (major === TEXT) this.text(Number(argument));
    else if (major === BINARY) this.pass(Number(argument));
    return "other";
  }

  onList(): boolean {
    return (this.bytes[this.at] ?? 0) >> 5 === LIST;
  }

  listHead(): number {
    const head = this.byte();
    if (head >> 5 === LIST) return (head & 0x1f) === INDEFINITE ? Infinity : Number(this.#argument(head & 0x1f));
    this.at--;
    throw this.fault("a message must be a list");
  }

  simple(path: string): number | bigint | string | Dict | undefined {
    const head = this.byte();
    const info = head & 0x1f;
    if (head >> 5 === UNSIGNED) return this.#argument(info);
    if (head >> 5 === TEXT && info !== INDEFINITE) return this.readText(Number(this.#argument(info)), path);
    if (head === 0xa0) {
      this.members = 0;
      return EMPTY_DICT;
    }
    this.at--;
    return undefined;
  }

  protected key(): void {
    const head = this.byte();
    const info = head & 0x1f;
    if (head >> 5 !== TEXT) {
      this.at--;
      throw this.fault("a key that is not a string");
    }
    if (info === INDEFINITE) this.#pieces(TEXT);
    else this.keyText(Number(this.#argument(info)));
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.byte();
    if (info === 25) return this.uint16();
    if (info === 26) return this.uint32();
    if (info === UINT64) return this.uint64();
    throw this.fault(`reserved additional information ${info}`);
  }

  #indefinite(major: number): ElementKind {
    this.length = -1;
    if (major === LIST) return "list";
    if (major === DICT) return "dict";
    if (major !== TEXT && major !== BINARY) throw this.fault("an indefinite length that is not allowed");
    this.#pieces(major);
    return "other";
  }

  #special(info: number): ElementKind {
    if (info === 22 || info === UNDEFINED) return "null";
    if (info === 25) this.pass(2);
    else if (info === 26) this.pass(4);
    else if (info === 27) this.pass(8);
    else if (info === 31) throw this.fault("an unexpected break");
    else if (info !== 20 && info !== 21) {
      if (info > 24) throw this.fault(`reserved additional information ${info}`);
      if (info === 24 && this.byte() < 32) throw this.fault("a two-byte simple value that must use one byte");
    }
    return "other";
  }

  /** Verifies a string or binary of indefinite length. */
  #pieces(major: number): void {
    while (!this.passBreak()) {
      const head = this.byte();
      if (head >> 5 !== major || (head & 0x1f) === INDEFINITE) throw this.fault("a chunk of a different type");
      const size = Number(this.#argument(head & 0x1f));
      if (major === TEXT) this.text(size);
      else this.pass(size);
    }
  }
}

class CborWriter extends BinaryWriter {
  head(major: Sized | typeof UNSIGNED | typeof NEGATIVE, length: number): void {
    this.room(9);
    const kind = major << 5;
    if (length < 24) this.bytes[this.at++] = kind | length;
    else if (length < 0x100) {
      this.bytes[this.at++] = kind | 24;
      this.bytes[this.at++] = length;
    } else if (length < 0x1_0000) {
      this.bytes[this.at++] = kind | 25;
      this.view.setUint16(this.at, length);
      this.at += 2;
    } else if (length < 2 ** 32) {
      this.bytes[this.at++] = kind | 26;
      this.view.setUint32(this.at, length);
      this.at += 4;
    } else {
      this.bytes[this.at++] = kind | UINT64;
      this.view.setUint32(this.at, Math.floor(length / 2 ** 32));
      this.view.setUint32(this.at + 4, length >>> 0);
      this.at += 8;
    }
  }

  protected constant(value: null | boolean): void {
    this.bytes[this.at++] = value === null ? NULL : value ? 0xf5 : 0xf4;
  }

  protected integer(value: number): void {
    if (value >= 0) this.head(UNSIGNED, value);
    else this.head(NEGATIVE, -1 - value);
  }

  protected bigInteger(value: bigint): void {
    this.bytes[this.at++] = (value < 0n ? NEGATIVE << 5 : UNSIGNED << 5) | UINT64;
    this.view.setBigUint64(this.at, value < 0n ? -1n - value : value);
    this.at += 8;
  }

  protected double(value: number): void {
    this.bytes[this.at++] = DOUBLE;
    this.view.setFloat64(this.at, value);
    this.at += 8;
  }
}
