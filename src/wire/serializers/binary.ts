import { LENGTH_BATCHES } from "../batches/lengths.js";
import { ProtocolViolation } from "../error.js";
import { type Dict, isDict, isEmptyDict } from "../fields.js";
import { LAYOUT, listOf } from "../layout.js";
import type { Message } from "../messages.js";
import { type Arguments, type EncodedPayload, Payload, type PayloadFormat } from "../payload.js";
import {
  type ElementKind,
  type ElementReader,
  type Headroom,
  LARGE_PAYLOAD,
  noHeadroom,
  type PlainWriter,
  payloadIn,
  readMessage,
  type Serializer,
} from "../serializer.js";
import { type LeafRules, portable } from "../values.js";
import type { BinaryScanner } from "./binary-scan.js";
import { type BinaryWriter, DICT, LIST } from "./binary-write.js";
import type { ValueDecoder } from "./value-decoder.js";

/** The parts that differ between binary serializers. */
export interface BinaryParts {
  readonly id: "msgpack" | "cbor";
  readonly scanner: BinaryScanner;
  readonly writer: BinaryWriter;
  /** Decodes bytes that the scanner has verified. */
  readonly decoder: ValueDecoder;
  readonly maxDepth: number;
  /** The encoding of an empty list. */
  readonly noArgs: Uint8Array;
}

const NOTHING: EncodedPayload = { bytes: new Uint8Array(0), elements: 0 };

/**
 * Creates a serializer for binary frames. The scanner verifies bytes, the decoder decodes verified bytes, and the writer
 * encodes.
 */
export function binarySerializer(parts: BinaryParts): Serializer {
  const { id, scanner, writer, maxDepth } = parts;
  const elements = new ElementDecoder(parts);
  const rules: LeafRules = { maxDepth, number: asItIs, bigint: asItIs, text: asItIs, binary: asItIs };

  const format: PayloadFormat = {
    id,
    decodePayload(encoded: EncodedPayload): Arguments {
      if (encoded.elements === 0) return { args: [], kwargs: {} };
      scanner.open(encoded.bytes);
      const args = elements.next(encoded.bytes) as unknown[]; // a list and a dictionary, as `skip` found them
      const kwargs = encoded.elements === 2 ? (elements.next(encoded.bytes) as Dict) : {};
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

  const reader = new BinaryReader({ scanner, elements, format, noArgs: parts.noArgs });
  const payloadOf = (message: Message): EncodedPayload =>
    "payload" in message ? message.payload.encodedAs(format) : NOTHING;

  /** Encodes a message up to its payload of `more` elements. */
  function encodeHead(message: Message, more: number): BinaryWriter {
    const head = listOf(message).map((element) =>
      typeof element === "number" ? element : portable(element, rules, message.type),
    );
    writer.reset();
    writer.head(LIST, head.length + more);
    for (const element of head) writer.value(element);
    return writer;
  }

  let prepared = Payload.EMPTY;
  const plain: PlainWriter = {
    prepare(message) {
      const payload = payloadIn(message);
      const isReady = payload === Payload.EMPTY || payload.encodedIn === id;
      if (!isReady || payload.byteLength >= LARGE_PAYLOAD || !writePlainHead(writer, message, payload.elements))
        return 0;
      prepared = payload;
      return writer.length + payload.byteLength;
    },
    write(bytes, at) {
      writer.copy(bytes, at);
      prepared.write(bytes, at + writer.length);
      prepared = Payload.EMPTY; // releases the network buffer
    },
  };

  return {
    ...format,
    binary: true,
    batches: LENGTH_BATCHES,
    plain,
    decode(data: string | Uint8Array, trusted = false): Message {
      if (typeof data !== "string") return readMessage(reader, data, trusted);
      throw new ProtocolViolation(`expected a binary frame for wamp.2.${id}, got a text frame`);
    },
    encode(message: Message, headroom: Headroom = noHeadroom): Uint8Array {
      const payload = payloadOf(message);
      const bytes = encodeHead(message, payload.elements).take(headroom, payload.bytes.length);
      bytes.set(payload.bytes, bytes.length - payload.bytes.length);
      return bytes;
    },
    encodeLarge(message: Message, headroom: Headroom = noHeadroom): readonly Uint8Array[] | undefined {
      const { bytes, elements } = payloadOf(message);
      if (bytes.length < LARGE_PAYLOAD) return undefined;
      const before: Headroom = (length) => headroom(length + bytes.length);
      return [encodeHead(message, elements).take(before), bytes];
    },
  };
}

/**
 * Writes the head of a message with only IDs and empty dictionaries, before a payload of `more` elements. Returns false for
 * any other message.
 */
function writePlainHead(writer: BinaryWriter, message: Message, more: number): boolean {
  const layout = LAYOUT[message.type];
  writer.reset();
  writer.head(LIST, layout.length + more);
  writer.value(layout[0]);
  for (let index = 1; index < layout.length; index++) {
    const value = message[layout[index] as keyof Message] as unknown;
    if (typeof value === "number") writer.value(value);
    else if (isEmptyDict(value)) writer.head(DICT, 0);
    else return false;
  }
  return true;
}

function asItIs<T>(value: T): T {
  return value;
}

/** Decodes elements after verifying them. */
class ElementDecoder {
  readonly #scanner: BinaryScanner;
  readonly #decoder: ValueDecoder;

  constructor({ scanner, decoder }: BinaryParts) {
    this.#scanner = scanner;
    this.#decoder = decoder;
  }

  /** Decodes the element at the scanner's cursor and moves the cursor past it. */
  next(bytes: Uint8Array): unknown {
    const start = this.#scanner.at;
    this.#scanner.value();
    return this.#decoder.decode(bytes, start, false);
  }

  /** Decodes an element of a message's head, which is limited in size. */
  nextInHead(bytes: Uint8Array, path: string): unknown {
    const start = this.#scanner.at;
    this.#scanner.headValue(path);
    return this.#decoder.decode(bytes, start, true);
  }
}

class BinaryReader implements ElementReader {
  readonly verified: PayloadFormat;
  readonly unverified: PayloadFormat;
  readonly noArgs: Uint8Array;
  readonly #scanner: BinaryScanner;
  readonly #elements: ElementDecoder;
  #bytes: Uint8Array = new Uint8Array(0);
  #left = 0; // remaining elements; Infinity for a list of indefinite length

  constructor(parts: {
    readonly scanner: BinaryScanner;
    readonly elements: ElementDecoder;
    readonly format: PayloadFormat;
    readonly noArgs: Uint8Array;
  }) {
    this.verified = parts.format; // it always verifies before it decodes
    this.unverified = parts.format;
    this.noArgs = parts.noArgs;
    this.#scanner = parts.scanner;
    this.#elements = parts.elements;
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
    return this.#scanner.value();
  }

  next(path: string): unknown {
    this.#left--;
    const simple = this.#scanner.simple(path);
    if (simple !== undefined) return simple;
    const value = this.#elements.nextInHead(this.#bytes, path);
    if (isDict(value) && Object.keys(value).length !== this.#scanner.members) {
      throw new ProtocolViolation(`${path}: duplicate key`);
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
