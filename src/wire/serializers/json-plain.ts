import type { ReadableMessages } from "../codec.js";
import { EMPTY_DICT } from "../fields.js";
import type { MessageHead } from "../serializer.js";
import type { RepeatedTexts } from "./repeated-texts.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/** The maximum length of a plain string, in bytes. */
const LONGEST = 1_024;

/**
 * A fast path that reads message heads in the usual form: no white space, IDs in digits, empty options and details, ASCII
 * strings without escapes. It returns the same fields as `JsonReader`, which reads all other heads.
 */
export class PlainHeads {
  /** The offset where the last field of the last head ends. */
  end = 0;
  readonly #heads = new Map<number, MessageHead>(); // by type code; reused for each message
  readonly #texts: RepeatedTexts;
  #integer = 0;

  constructor(messages: ReadableMessages, texts: RepeatedTexts) {
    for (const codec of messages.values())
      this.#heads.set(codec.code, { codec, fields: new Array(codec.fields).fill(undefined) });
    this.#texts = texts;
  }

  /** Reads the head of a message; `undefined` if it is not plain. The result is valid until the next call. */
  read(bytes: Uint8Array): MessageHead | undefined {
    if (bytes[0] !== OPEN_LIST || !this.#readInteger(bytes, 1)) return undefined;
    const head = this.#heads.get(this.#integer);
    if (!head) return undefined;
    const { fields } = head;
    let at = this.end;
    for (let index = 0; index < fields.length; index++) {
      if (bytes[at] !== COMMA) return undefined;
      const byte = bytes[++at] as number;
      if (byte === OPEN_DICT) {
        if (bytes[at + 1] !== CLOSE_DICT) return undefined;
        fields[index] = EMPTY_DICT;
        at += 2;
      } else if (byte === QUOTE) {
        const end = plainTextEnd(bytes, at + 1);
        if (end === -1) return undefined;
        fields[index] = this.#texts.read(bytes, at + 1, end);
        at = end + 1;
      } else {
        if (!this.#readInteger(bytes, at)) return undefined;
        fields[index] = this.#integer;
        at = this.end;
      }
    }
    if (bytes[at] !== COMMA && bytes[at] !== CLOSE_LIST) return undefined;
    this.end = at;
    return head;
  }

  /** Reads a positive integer that a double represents exactly. */
  #readInteger(bytes: Uint8Array, start: number): boolean {
    let at = start;
    let value = 0;
    for (let byte = bytes[at] as number; byte >= 0x30 && byte <= 0x39; byte = bytes[++at] as number)
      value = value * 10 + byte - 0x30;
    this.#integer = value;
    this.end = at;
    return bytes[start] !== 0x30 && at > start && value <= Number.MAX_SAFE_INTEGER;
  }
}

/** Returns the end of the plain string that begins at `start`, after its opening quote; -1 if it is not plain. */
function plainTextEnd(bytes: Uint8Array, start: number): number {
  const last = start + LONGEST;
  for (let at = start; at < last; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (!(byte >= 0x20 && byte < 0x80) || byte === BACKSLASH) return -1;
  }
  return -1;
}
