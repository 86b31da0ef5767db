import { ProtocolViolation } from "../wire/error.js";

/**
 * How the messages of a batch are told apart: by an octet behind each, as JSON does, or by the length of each before it.
 * Spec: Advanced Profile, "Message Batching".
 */
export type BatchDelimiter = typeof RECORD_SEPARATOR | typeof OCTAL_30 | "length";

/** What JSON ends each message with: no JSON text holds it. */
export const RECORD_SEPARATOR = 0x1e;
/** What autobahn-python and Crossbar.io end it with: they take the specification's decimal `\30` for an octal one. */
export const OCTAL_30 = 0x18;

/** How many bytes the length of a message takes. */
export const LENGTH_BYTES = 4;

/** Writes the length of a message in front of it. */
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

  /** Whether all messages have been read; true for an empty batch, which is malformed: it has to be read once. */
  get over(): boolean {
    return this.#at === this.#data.length;
  }

  /** The next message, as bytes or text like the batch. Throws `ProtocolViolation` where there is none that is whole. */
  next(): string | Uint8Array {
    if (this.#data.length === 0) throw malformed("it holds no message");
    if (this.#delimiter === "length") return this.#take(this.#length(), 0);
    const end =
      typeof this.#data === "string"
        ? this.#data.indexOf(String.fromCharCode(this.#delimiter), this.#at)
        : this.#data.indexOf(this.#delimiter, this.#at);
    if (end < 0) throw malformed("its last message is cut, or has no record separator (0x1E) behind it");
    return this.#take(end - this.#at, 1);
  }

  /** Takes so many bytes or characters of a message, and passes over those of its end. */
  #take(length: number, ending: number): string | Uint8Array {
    if (length === 0) throw malformed("one of its messages is empty");
    const start = this.#at;
    const end = start + length;
    this.#at = end + ending;
    return typeof this.#data === "string" ? this.#data.slice(start, end) : this.#data.subarray(start, end);
  }

  #length(): number {
    const data = this.#data;
    const start = this.#at;
    this.#at += LENGTH_BYTES;
    if (typeof data === "string" || this.#at > data.length) throw malformed("it ends within the length of a message");
    let length = 0;
    for (let at = start; at < this.#at; at++) length = length * 256 + (data[at] as number);
    if (length <= data.length - this.#at) return length;
    throw malformed(`a message of ${length} bytes is announced, and ${data.length - this.#at} bytes follow`);
  }
}

function malformed(why: string): ProtocolViolation {
  return new ProtocolViolation(`malformed batch: ${why}`);
}
