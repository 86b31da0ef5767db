import { BULK_BYTES, BulkScan } from "#bulk-scan";
import { MAX_DEPTH, MAX_NUMBER_LENGTH } from "../bounds.js";
import { isUtf8, utf8Text } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
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
import { maybeWide } from "./json-integers.js";
import { plainScalarEnd, plainStringEnd, unescapedEnd, viewOf } from "./json-words.js";

// Imported constants would be loaded again for each byte.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;
const MINUS = 0x2d;
const SPACE = 0x20; // the largest white-space byte

const SHORTEST_WIDE = 16; // digits of an integer that a double may not represent

/**
 * Verifies JSON bytes as strictly as `JSON.parse`, without decoding them. Verified bytes are safe for every receiver's parser.
 * Nesting is bounded and tracked in an array instead of on the call stack.
 */
export class JsonScanner {
  readonly #maxDepth: number;
  readonly #bulk: ValueScan;
  readonly #closers: Uint8Array; // by level: the byte that closes what is open there
  readonly #members: Uint32Array; // by level: the number of dictionary keys so far
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView | undefined; // of the bytes, where they are many
  #highBytes = false; // a byte was not ASCII, so UTF-8 must be checked
  #escapes = false; // of the last string
  #inHead = false;
  #cutFor: (() => ProtocolViolation) | undefined; // creates the error for the end of truncated bytes
  #headKeys = 0;
  #headValues = 0;
  at = 0;
  /** The number of members of the last dictionary that ended, including duplicates. */
  members = 0;
  /** Whether the last value may contain an integer that a double cannot represent exactly. */
  wide = false;

  /** `bulk` verifies large values first. */
  constructor(maxDepth: number = MAX_DEPTH, bulk: ValueScan = new BulkScan("json", maxDepth)) {
    this.#maxDepth = maxDepth;
    this.#bulk = bulk;
    this.#closers = new Uint8Array(maxDepth + 1);
    this.#members = new Uint32Array(maxDepth + 1);
  }

  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.at = 0;
    if (bytes.length >= BULK_BYTES) this.#bulk.open();
    this.#highBytes = false;
    this.#headKeys = 0;
    this.#headValues = 0;
  }

  /** Skips white space. Returns the byte at the cursor, or -1 at the end. */
  peek(): number {
    const bytes = this.#bytes;
    while (this.at < bytes.length) {
      const byte = bytes[this.at] as number;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
    return -1;
  }

  /** Verifies one element of a message's head, where keys, values and bytes are limited. */
  headValue(path: string): ElementKind {
    return this.#withinHead(
      MAX_HEAD_BYTES,
      () => headTooLarge(path),
      () => this.value(),
    );
  }

  /** Verifies a string of a message's head. Returns the same as `string`. */
  headString(path: string): boolean {
    if (this.#bytes.length - this.at <= MAX_HEAD_TEXT_BYTES) return this.string();
    return this.#withinHead(
      MAX_HEAD_TEXT_BYTES,
      () => new TextTooLong(path),
      () => this.string(),
    );
  }

  /** Runs `walk` on at most `most` bytes. Bytes beyond are not even read. */
  #withinHead<T>(most: number, fault: () => ProtocolViolation, walk: () => T): T {
    const all = this.#bytes;
    this.#inHead = true;
    if (all.length - this.at > most) {
      this.#cutFor = fault;
      this.#bytes = all.subarray(0, this.at + most);
    }
    try {
      return walk();
    } finally {
      this.#inHead = false;
      this.#cutFor = undefined;
      this.#bytes = all;
    }
  }

  /**
   * Verifies one value and everything in it; a list or dictionary is level 1. Throws `DepthViolation` if the nesting is too
   * deep. It is one flat loop because payloads of many small values spend most of their time here.
   */
  value(): ElementKind {
    this.wide = false;
    const kind = kindOf(this.peek());
    const bytes = this.#bytes;
    const inHead = this.#inHead;
    if (bytes.length - this.at >= BULK_BYTES && !inHead && (kind === "list" || kind === "dict")) {
      const bulkEnd = this.#bulk.valueEnd(bytes, this.at);
      if (bulkEnd > 0) {
        this.at = bulkEnd;
        this.wide = this.#bulk.wide;
        this.#highBytes ||= this.#bulk.highBytes;
        return kind;
      }
    }
    const view = this.#view;
    const closers = this.#closers;
    const counts = this.#members;
    let level = 0;
    let closer = 0; // of the current level
    let members = 0; // of the current dictionary
    let at = this.at;
    for (;;) {
      let byte = bytes[at] as number;
      if (byte <= SPACE) {
        at = this.#spaceEnd(at);
        byte = bytes[at] as number;
      }
      if (closer === CLOSE_DICT) {
        if (byte !== QUOTE) throw this.#faultAt(at, "expected a key");
        members++;
        const start = at;
        at = plainStringEnd(bytes, view, at + 1);
        at = bytes[at] === QUOTE ? at + 1 : this.#stringEnd(at);
        if (inHead) this.#checkHeadKey(start, { end: at, members });
        byte = bytes[at] as number;
        if (byte <= SPACE) {
          at = this.#spaceEnd(at);
          byte = bytes[at] as number;
        }
        if (byte !== COLON) throw this.#faultAt(at, "expected a colon");
        byte = bytes[++at] as number;
        if (byte <= SPACE) {
          at = this.#spaceEnd(at);
          byte = bytes[at] as number;
        }
      }
      if (inHead && level > 0) checkValueCount(++this.#headValues);
      if (byte === QUOTE) {
        at = plainStringEnd(bytes, view, at + 1);
        at = bytes[at] === QUOTE ? at + 1 : this.#stringEnd(at);
      } else if (byte === OPEN_LIST || byte === OPEN_DICT) {
        if (level === this.#maxDepth) throw this.#tooDeep(at);
        counts[level++] = members;
        members = 0;
        closer = byte + 2; // the ASCII distance of [ and ], { and }
        closers[level] = closer;
        byte = bytes[++at] as number;
        if (byte <= SPACE) {
          at = this.#spaceEnd(at);
          byte = bytes[at] as number;
        }
        if (byte !== closer) continue;
      } else {
        const end = plainScalarEnd(bytes, view, at);
        at = end >= 0 ? end : this.#scalarEnd(at);
      }
      // After a value: the closing brackets, up to the comma before the next value.
      for (; level > 0; at++) {
        byte = bytes[at] as number;
        if (byte <= SPACE) {
          at = this.#spaceEnd(at);
          byte = bytes[at] as number;
        }
        if (byte === COMMA) break;
        if (byte !== closer) throw this.#faultAt(at, `expected a comma or ${String.fromCharCode(closer)}`);
        this.members = members;
        closer = closers[--level] as number;
        members = counts[level] as number;
      }
      if (level === 0) break;
      at++;
    }
    this.at = at;
    return kind;
  }

  /** Returns the position of the first byte from `start` that is not white space. */
  #spaceEnd(start: number): number {
    this.at = start;
    this.peek();
    return this.at;
  }

  /** Verifies a number or a literal. Returns its end. */
  #scalarEnd(start: number): number {
    this.at = start;
    const byte = this.peek();
    if (byte === MINUS || isDigit(byte)) this.#number();
    else if (byte === 0x6e) this.#word("null");
    else if (byte === 0x74) this.#word("true");
    else if (byte === 0x66) this.#word("false");
    else throw this.fault("expected a value");
    return this.at;
  }

  #checkHeadKey(start: number, { end, members }: { readonly end: number; readonly members: number }): void {
    checkKeyCount(members, ++this.#headKeys);
    checkKeyLength(end - start - 2, () => JSON.parse(utf8Text(this.#bytes, start, end)));
  }

  /** Verifies a string whose opening quote is at the cursor. Returns whether it is plain: ASCII without escapes. */
  string(): boolean {
    const highBefore = this.#highBytes;
    this.#highBytes = false;
    this.#escapes = false;
    this.at = this.#stringEnd(this.at + 1);
    const plain = !this.#escapes && !this.#highBytes;
    this.#highBytes ||= highBefore;
    return plain;
  }

  /** Verifies the rest of a string. Returns its end. */
  #stringEnd(start: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    for (let at = start; ; at++) {
      at = plainStringEnd(bytes, view, at);
      if ((bytes[at] as number) >= 0x80) {
        this.#highBytes = true;
        at = unescapedEnd(bytes, view, at);
      }
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte !== BACKSLASH)
        throw this.#faultAt(at, byte === undefined ? "an unterminated string" : "a control character in a string");
      at = this.#escape(at + 1);
      this.#escapes = true;
    }
  }

  /** Checks that only white space is left and that everything is UTF-8. */
  close(): void {
    if (this.peek() !== -1) throw this.fault("bytes after the message");
    if (this.#highBytes && !isUtf8(this.#bytes, 0, this.#bytes.length))
      throw new ProtocolViolation("malformed JSON: not UTF-8");
  }

  fault(what: string): ProtocolViolation {
    if (this.#cutFor && this.at >= this.#bytes.length) return this.#cutFor();
    return new ProtocolViolation(`malformed JSON: ${what} at byte ${this.at}`);
  }

  /** Verifies an escape. Returns the position of its last byte. */
  #escape(at: number): number {
    const byte = this.#bytes[at];
    if (byte === 0x75) {
      for (let next = at + 1; next <= at + 4; next++)
        if (!isHex(this.#bytes[next])) throw this.#faultAt(next, "an invalid \\u escape");
      return at + 4;
    }
    // " \ / b f n r t
    const known = byte === QUOTE || byte === BACKSLASH || byte === 0x2f || byte === 0x62 || byte === 0x66;
    if (known || byte === 0x6e || byte === 0x72 || byte === 0x74) return at;
    throw this.#faultAt(at, "an invalid escape");
  }

  #number(): void {
    const start = this.at;
    if (this.#bytes[this.at] === MINUS) this.at++;
    const digits = this.at;
    if (this.#bytes[this.at] === 0x30) this.at++;
    else this.#digits();
    const integerEnd = this.at;
    if (this.#bytes[this.at] === 0x2e) {
      this.at++;
      this.#digits();
    }
    const exponent = this.#bytes[this.at];
    if (exponent === 0x65 || exponent === 0x45) {
      this.at++;
      const sign = this.#bytes[this.at];
      if (sign === 0x2b || sign === MINUS) this.at++;
      this.#digits();
    }
    const length = this.at - start;
    if (length < SHORTEST_WIDE) return;
    if (length > MAX_NUMBER_LENGTH) throw this.fault(`a number of more than ${MAX_NUMBER_LENGTH} characters`);
    if (this.at === integerEnd) this.wide ||= maybeWide(integerEnd - digits, this.#bytes[digits] as number);
  }

  #digits(): void {
    if (!isDigit(this.#bytes[this.at] ?? -1)) throw this.fault("expected a digit");
    while (isDigit(this.#bytes[this.at] ?? -1)) this.at++;
  }

  #word(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.at + index] !== word.charCodeAt(index)) throw this.fault(`expected ${word}`);
    }
    this.at += word.length;
  }

  #tooDeep(at: number): DepthViolation {
    this.at = at;
    return new DepthViolation(this.#maxDepth, at);
  }

  #faultAt(at: number, what: string): ProtocolViolation {
    this.at = at;
    return this.fault(what);
  }
}

function kindOf(first: number): ElementKind {
  if (first === OPEN_LIST) return "list";
  if (first === OPEN_DICT) return "dict";
  return first === 0x6e ? "null" : "other";
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
}
