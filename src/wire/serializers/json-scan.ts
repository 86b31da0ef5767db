import { BULK_BYTES, BulkScan } from "#bulk-scan";
import {
  checkKeyCount,
  checkKeyLength,
  checkValueCount,
  headTooLarge,
  MAX_DEPTH,
  MAX_HEAD_BYTES,
  MAX_HEAD_TEXT_BYTES,
  MAX_NUMBER_LENGTH,
} from "../bounds.js";
import { isUtf8, utf8Text } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import { DepthViolation, TextTooLong } from "../refused-payload.js";
import type { ElementKind } from "../serializer.js";
import type { ValueScan } from "./bulk-scan-plain.js";
import { maybeWide } from "./json-survey.js";
import { plainScalarEnd, plainStringEnd, unescapedEnd, viewOf } from "./json-words.js";

// Constants of another module would be loaded again for each byte.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;
const MINUS = 0x2d;
const SPACE = 0x20; // the last byte that may be white space; one below that is none must not be there

const SHORTEST_WIDE = 16; // digits of an integer that a double may not hold

/**
 * Walks over JSON text in bytes and checks it as strictly as `JSON.parse` does, without making a value of it:
 * a payload that passes breaks no receiver's parser. Nesting is bounded, and kept in a list of its own rather than the stack.
 */
export class JsonScanner {
  readonly #maxDepth: number;
  readonly #bulk: ValueScan;
  readonly #closers: Uint8Array; // by level: the byte that closes what is open there
  readonly #members: Uint32Array; // by level: how many keys the dictionary that is open there has
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView | undefined; // of the bytes, where they are many
  #highBytes = false; // some byte was beyond ASCII, so UTF-8 is to be checked
  #escapes = false; // the string that was walked over last has some
  #inHead = false;
  #cutFor: (() => ProtocolViolation) | undefined; // what is thrown at the end of bytes that were cut, since the message goes on
  #headKeys = 0;
  #headValues = 0;
  at = 0;
  /** How many members the dictionary had that ended last, duplicates included. */
  members = 0;
  /** Whether what was walked over last may hold an integer that a double does not hold exactly. */
  wide = false;

  /** `bulk` checks large values first. */
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

  /** The byte at the cursor after white space, or -1 at the end. */
  peek(): number {
    const bytes = this.#bytes;
    while (this.at < bytes.length) {
      const byte = bytes[this.at] as number;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
    return -1;
  }

  /** Walks over one element of a message's head, whose keys, values and bytes are bounded. */
  headValue(path: string): ElementKind {
    return this.#withinHead(
      MAX_HEAD_BYTES,
      () => headTooLarge(path),
      () => this.value(),
    );
  }

  /** Does the same for a string and returns what `string` does. */
  headString(path: string): boolean {
    if (this.#bytes.length - this.at <= MAX_HEAD_TEXT_BYTES) return this.string();
    return this.#withinHead(
      MAX_HEAD_TEXT_BYTES,
      () => new TextTooLong(path),
      () => this.string(),
    );
  }

  /** Lets nothing pass that takes more bytes: it is not even looked at. */
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
   * Walks over one value with all that is in it; a list or dictionary is the first level. Throws `DepthViolation` for one level too many.
   * One flat loop: this is where most of the time goes that a payload of many small values takes.
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
    let closer = 0; // of the level that is open
    let members = 0; // of the dictionary that is open
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
        closer = byte + 2; // as ASCII has them: [ and ], { and }
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
      // After a value: what closes, up to the comma before the next one.
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

  /** The position of the first byte from `start` that is no white space. */
  #spaceEnd(start: number): number {
    this.at = start;
    this.peek();
    return this.at;
  }

  /** Walks over a number or a word and returns where it ends. */
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

  /** Walks over a string; the cursor is on its opening quote. Returns whether it is plain: ASCII without escapes. */
  string(): boolean {
    const highBefore = this.#highBytes;
    this.#highBytes = false;
    this.#escapes = false;
    this.at = this.#stringEnd(this.at + 1);
    const plain = !this.#escapes && !this.#highBytes;
    this.#highBytes ||= highBefore;
    return plain;
  }

  /** Walks over what is left of a string and returns where it ends. */
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
        throw this.#faultAt(at, byte === undefined ? "a string has no end" : "a control character in a string");
      at = this.#escape(at + 1);
      this.#escapes = true;
    }
  }

  /** Checks that nothing but white space is left and that the whole is UTF-8. */
  close(): void {
    if (this.peek() !== -1) throw this.fault("bytes after the message");
    if (this.#highBytes && !isUtf8(this.#bytes, 0, this.#bytes.length))
      throw new ProtocolViolation("malformed JSON: not UTF-8");
  }

  fault(what: string): ProtocolViolation {
    if (this.#cutFor && this.at >= this.#bytes.length) return this.#cutFor();
    return new ProtocolViolation(`malformed JSON: ${what} at byte ${this.at}`);
  }

  /** Returns the position of the escape's last byte. */
  #escape(at: number): number {
    const byte = this.#bytes[at];
    if (byte === 0x75) {
      for (let next = at + 1; next <= at + 4; next++)
        if (!isHex(this.#bytes[next])) throw this.#faultAt(next, "a bad \\u escape");
      return at + 4;
    }
    // " \ / b f n r t
    const known = byte === QUOTE || byte === BACKSLASH || byte === 0x2f || byte === 0x62 || byte === 0x66;
    if (known || byte === 0x6e || byte === 0x72 || byte === 0x74) return at;
    throw this.#faultAt(at, "a bad escape");
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
