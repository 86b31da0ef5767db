import { DEVELOPMENT } from "#development";
import { type ProtocolViolation, violation } from "../error.js";

/**
 * The framing of messages in a batch: an octet after each message, for JSON, or its length before it.
 * Spec: Advanced Profile, "Message Batching".
 */
export type BatchDelimiter = typeof RECORD_SEPARATOR | typeof OCTAL_30 | "length";

/** The octet after each JSON message. No JSON text contains it. */
export const RECORD_SEPARATOR = 0x1e;
/** The octet of autobahn-python and Crossbar.io, which read the specification's decimal `\30` as octal. */
export const OCTAL_30 = 0x18;

/** The size of a message's length, in bytes. */
export const LENGTH_BYTES = 4;

/** Writes the length of a message before it. */
export function writeLength(bytes: Uint8Array, at: number, length: number): void {
  for (let index = 0; index < LENGTH_BYTES; index++) bytes[at + index] = length >>> (8 * (LENGTH_BYTES - 1 - index));
}

/** Reads the messages of one batch, one at a time. */
export class BatchReader {
  readonly #data: string | Uint8Array;
  readonly #delimiter: BatchDelimiter;
  #at = 0;

  constructor(data: string | Uint8Array, delimiter: BatchDelimiter) {
    this.#data = data;
    this.#delimiter = delimiter;
  }

  /** Whether all messages have been read. Also true for an empty batch, which is malformed; `next` reports it. */
  get over(): boolean {
    return this.#at === this.#data.length;
  }

  /** Returns the next message, as bytes or text like the batch. Throws `ProtocolViolation` if it is incomplete. */
  next(): string | Uint8Array {
    if (this.#data.length === 0) throw malformed(DEVELOPMENT && "it contains no message");
    if (this.#delimiter === "length") return this.#take(this.#length(), 0);
    const end =
      typeof this.#data === "string"
        ? this.#data.indexOf(String.fromCharCode(this.#delimiter), this.#at)
        : this.#data.indexOf(this.#delimiter, this.#at);
    if (end < 0)
      throw malformed(DEVELOPMENT && "its last message is truncated, or no record separator (0x1E) follows it");
    return this.#take(end - this.#at, 1);
  }

  /** Returns a message of the given length and skips its delimiter. */
  #take(length: number, ending: number): string | Uint8Array {
    if (length === 0) throw malformed(DEVELOPMENT && "one of its messages is empty");
    const start = this.#at;
    const end = start + length;
    this.#at = end + ending;
    return typeof this.#data === "string" ? this.#data.slice(start, end) : this.#data.subarray(start, end);
  }

  #length(): number {
    const data = this.#data;
    const start = this.#at;
    this.#at += LENGTH_BYTES;
    if (typeof data === "string" || this.#at > data.length)
      throw malformed(DEVELOPMENT && "it ends within the length of a message");
    let length = 0;
    for (let at = start; at < this.#at; at++) length = length * 256 + (data[at] as number);
    if (length <= data.length - this.#at) return length;
    throw malformed(
      DEVELOPMENT && `a message of ${length} bytes is announced, and ${data.length - this.#at} bytes follow`,
    );
  }
}

function malformed(why: string | false): ProtocolViolation {
  return violation("malformed batch", why);
}
