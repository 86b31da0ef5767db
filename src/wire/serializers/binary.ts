import { ProtocolViolation } from "../error.js";
import { type Dict, isDict } from "../fields.js";
import { listOf } from "../layout.js";
import type { Message } from "../messages.js";
import type { Arguments, EncodedPayload, PayloadFormat } from "../payload.js";
import { type ElementKind, type ElementReader, LARGE_PAYLOAD, readMessage, type Serializer } from "../serializer.js";
import { type LeafRules, portable, Refusal } from "../values.js";
import type { BinaryScanner } from "./binary-scan.js";
import { type BinaryWriter, LIST } from "./binary-write.js";
import type { ValueDecoder } from "./value-decoder.js";

/** What tells one binary serializer from another. */
export interface BinaryParts {
  readonly id: "msgpack" | "cbor";
  readonly scanner: BinaryScanner;
  readonly writer: BinaryWriter;
  /** Makes values of bytes that the scanner has passed. */
  readonly decoder: ValueDecoder;
  /** The least and the largest integer the format holds. */
  readonly integers: readonly [bigint, bigint];
}

const ELEMENT_DEPTH = 2; // the message's own list is the first level
const NOTHING: EncodedPayload = { bytes: new Uint8Array(0), elements: 0 };

/** A serializer over binary frames: the scanner verifies, the decoder makes values of what it has passed, the writer encodes. */
export function binarySerializer(parts: BinaryParts): Serializer {
  const { id, scanner, writer } = parts;
  const reader = new BinaryReader(parts);
  const rules = leafRules(parts.integers);

  const format: PayloadFormat = {
    id,
    decodePayload(encoded: EncodedPayload): Arguments {
      if (encoded.elements === 0) return { args: [], kwargs: {} };
      scanner.open(encoded.bytes);
      const args = valueAt(parts, encoded.bytes, false) as unknown[]; // a list and a dictionary, as `skip` found them
      const kwargs = encoded.elements === 2 ? (valueAt(parts, encoded.bytes, false) as Dict) : {};
      return { args, kwargs };
    },
    encodePayload(values: Arguments): EncodedPayload {
      const named = Object.keys(values.kwargs).length > 0;
      if (!named && values.args.length === 0) return NOTHING;
      const args = portable(values.args, rules, "args");
      const kwargs = portable(values.kwargs, rules, "kwargs");
      writer.reset();
      writer.value(args);
      if (named) writer.value(kwargs);
      return { bytes: writer.take(), elements: named ? 2 : 1 };
    },
  };

  const payloadOf = (message: Message): EncodedPayload =>
    "payload" in message ? message.payload.encodedAs(format) : NOTHING;

  /** Writes a message up to its payload of so many elements. */
  function encodeHead(message: Message, more: number): BinaryWriter {
    const head = listOf(message).map((element) =>
      typeof element === "object" ? portable(element, rules, message.type) : element,
    );
    writer.reset();
    writer.head(LIST, head.length + more);
    for (const element of head) writer.value(element);
    return writer;
  }

  return {
    ...format,
    binary: true,
    decode(data: string | Uint8Array, trusted = false): Message {
      if (typeof data !== "string") return readMessage(reader, data, { format, trusted });
      throw new ProtocolViolation(`a text frame in place of a binary one: this transport speaks wamp.2.${id}`);
    },
    encode(message: Message, headroom = 0): Uint8Array {
      const payload = payloadOf(message);
      const bytes = encodeHead(message, payload.elements).take(headroom, payload.bytes.length);
      bytes.set(payload.bytes, bytes.length - payload.bytes.length);
      return bytes;
    },
    encodeLarge(message: Message, headroom = 0): readonly Uint8Array[] | undefined {
      const { bytes, elements } = payloadOf(message);
      if (bytes.length < LARGE_PAYLOAD) return undefined;
      return [encodeHead(message, elements).take(headroom), bytes];
    },
  };
}

function leafRules([least, largest]: readonly [bigint, bigint]): LeafRules {
  return {
    number: (value) => value,
    bigint(value) {
      if (value >= least && value <= largest) return value;
      throw new Refusal("an integer beyond 64 bits cannot travel; send a string");
    },
    binary: (value) => value,
  };
}

/** Verifies the element at the scanner's cursor, moves past it and makes its value. */
function valueAt({ scanner, decoder }: BinaryParts, bytes: Uint8Array, keepsUndefined: boolean): unknown {
  const start = scanner.at;
  scanner.value(ELEMENT_DEPTH);
  return decoder.decode(bytes, start, keepsUndefined);
}

class BinaryReader implements ElementReader {
  readonly #parts: BinaryParts;
  readonly #scanner: BinaryScanner;
  #bytes: Uint8Array = new Uint8Array(0);
  #left = 0; // elements to come; Infinity until the break that ends a list without length

  constructor(parts: BinaryParts) {
    this.#parts = parts;
    this.#scanner = parts.scanner;
  }

  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#scanner.open(bytes);
    this.#left = this.#scanner.listHead();
  }

  get position(): number {
    return this.#scanner.at;
  }

  more(): boolean {
    if (this.#left === Infinity && this.#scanner.passBreak()) this.#left = 0;
    return this.#left > 0;
  }

  skip(): ElementKind {
    this.#left--;
    return this.#scanner.value(ELEMENT_DEPTH);
  }

  next(path?: string): unknown {
    this.#left--;
    const simple = this.#scanner.simple();
    if (simple !== undefined) return simple;
    const value = valueAt(this.#parts, this.#bytes, true);
    if (path !== undefined && isDict(value) && Object.keys(value).length !== this.#scanner.members) {
      throw new ProtocolViolation(`${path}: a key stands there twice`);
    }
    return value;
  }

  rest(): EncodedPayload | undefined {
    if (this.#left > 2 || !this.#scanner.onList()) return undefined; // more than a payload has, or null
    return { bytes: this.#bytes.subarray(this.#scanner.at), elements: this.#left as 1 | 2 };
  }

  close(): void {
    if (this.#scanner.at !== this.#bytes.length) throw this.#scanner.fault("bytes after the message");
  }
}
