import { type Codec, requireCodec } from "./codec.js";
import { ALL_MESSAGES } from "./codecs.js";
import { ProtocolViolation } from "./error.js";
import type { Message } from "./messages.js";
import { type EncodedPayload, Payload, type PayloadFormat } from "./payload.js";
import { tooLong, tooShort } from "./read-list.js";
import { DepthViolation, RefusedPayload, TextTooLong } from "./refused-payload.js";
import { INVALID_URI } from "./uris.js";

/** Returns the number of bytes to reserve before a message of the given size, for a transport's frame header. */
export type Headroom = (messageBytes: number) => number;

/** The headroom of a message without frame header. */
export function noHeadroom(): number {
  return 0;
}

/**
 * Writes messages directly into the output buffer. It supports only messages that need no encoding: their heads have only IDs
 * and empty dictionaries, as most do, and their payloads are encoded in its format.
 */
export interface PlainWriter {
  /** Prepares to write a message. Returns its size in bytes, or 0 if it is not supported and needs `encode`. */
  prepare(message: Message): number;
  /** Writes the last prepared message. */
  write(bytes: Uint8Array, at: number): void;
}

/**
 * The framing of messages in the batches of a client: text for JSON, else bytes. Spec: Advanced Profile, "Message Batching".
 */
export interface BatchFraming {
  /** Encodes a message as a part of a batch. */
  encode(serializer: Serializer, message: Message): string | Uint8Array;
  /** Joins encoded messages. `length` is their total length. */
  join(messages: readonly (string | Uint8Array)[], length: number): string | Uint8Array;
  /** Returns the messages of a batch, in order. Throws `ProtocolViolation` if it is malformed. */
  split(batch: string | Uint8Array): readonly (string | Uint8Array)[];
}

/** Encodes and decodes messages. `json()` is built in; `msgpack()` and `cbor()` are separate entry points. */
export interface Serializer extends PayloadFormat {
  /** Whether WebSocket frames are binary rather than text. */
  readonly binary: boolean;
  /**
   * Decodes one message. Its payload stays encoded if it came as bytes, and is verified unless `trusted`. Throws
   * `ProtocolViolation`. Throws its subclass `RefusedPayload` if only a URI is too long or only the payload is too deep.
   */
  decode(data: string | Uint8Array, trusted?: boolean): Message;
  /**
   * Encodes one message, after the requested headroom (default: none). `tailroom` is the number of free bytes after it, for
   * text serializers only. Default: 0. Throws `TypeError` with the path of a value that cannot be serialized.
   */
  encode(message: Message, headroom?: Headroom, tailroom?: number): Uint8Array;
  /**
   * Encodes one message as several chunks, without copying a large payload. Returns `undefined` for a small payload, which is
   * cheaper to copy. Client serializers do not need it.
   */
  encodeLarge?(message: Message, headroom?: Headroom): readonly Uint8Array[] | undefined;
  /** A fast path that replaces `encode` for most messages. Client serializers do not need it. */
  readonly plain?: PlainWriter;
  /** Encodes one message as text, for transports that prefer text. JSON only. */
  encodeText?(message: Message): string;
  /** The framing of batches. Clients offer batches only with it. */
  readonly batches?: BatchFraming;
}

/** Returns the payload of a message; the empty payload if the message has none. */
export function payloadIn(message: Message): Payload {
  return "payload" in message ? message.payload : Payload.EMPTY;
}

/** From this size on, in bytes, sending a payload as a separate chunk is cheaper than copying it. */
export const LARGE_PAYLOAD: number = 32 * 1024;

/** The kind of an element, without its value. */
export type ElementKind = "list" | "dict" | "null" | "other";

/** The head of a message: everything before its payload. */
export interface MessageHead {
  readonly codec: Codec;
  /** Not yet checked. */
  readonly fields: unknown[];
}

/** Reads the elements of a message's list from bytes. Every method throws `ProtocolViolation` for malformed bytes. */
export interface ElementReader {
  /** Starts a message. */
  open(bytes: Uint8Array): void;
  /**
   * Reads the whole head at once if it has the usual form. Otherwise returns `undefined` and reads nothing. The fields are
   * valid until the next message is opened.
   */
  plainHead?(): MessageHead | undefined;
  /** Returns whether another element follows. */
  more(): boolean;
  /** Decodes the next element of the head; `path` is its name. Duplicate keys and too many keys are violations. */
  next(path: string): unknown;
  /** Verifies the next element strictly, without decoding it. */
  skip(): ElementKind;
  /** The offset where the next element starts or the last one ended. */
  readonly position: number;
  /** The format of payloads whose elements have been verified by `skip`. */
  readonly verified: PayloadFormat;
  /** The format of payloads that `rest` returned. */
  readonly unverified: PayloadFormat;
  /** The encoding of an empty `args` before `kwargs`. */
  readonly noArgs: Uint8Array;
  /** Returns the remaining elements as a payload, unverified; `undefined` if they must be verified. */
  rest(): EncodedPayload | undefined;
  /** Checks that the list and the message end here. */
  close(): void;
}

/** Reads a message from bytes without decoding its payload. */
export function readMessage(reader: ElementReader, bytes: Uint8Array, trusted: boolean): Message {
  reader.open(bytes);
  const { codec, fields } = reader.plainHead?.() ?? readHead(reader);
  const rest = trusted && codec.hasPayload && reader.more() ? reader.rest() : undefined;
  if (rest) return codec.build(fields, Payload.received(reader.unverified, rest));
  let payload = Payload.EMPTY;
  try {
    if (codec.hasPayload) payload = readPayload(reader, bytes, codec.type);
  } catch (error) {
    if (!(error instanceof DepthViolation)) throw error;
    throw new RefusedPayload(codec.build(fields, Payload.EMPTY), error.message);
  }
  if (reader.more()) throw tooLong(codec.type);
  reader.close();
  return codec.build(fields, payload);
}

/** Reads the head of a message element by element. */
function readHead(reader: ElementReader): MessageHead {
  if (!reader.more()) throw new ProtocolViolation("a message must not be empty");
  const codec = requireCodec(ALL_MESSAGES, reader.next("message type"));
  const fields: unknown[] = [];
  try {
    while (fields.length < codec.fields && reader.more()) {
      fields.push(reader.next(codec.paths[fields.length] as string));
    }
  } catch (error) {
    throw error instanceof TextTooLong ? refusal(codec, fields, error) : error;
  }
  if (fields.length < codec.required) throw tooShort(codec.type, codec.required, fields.length);
  return { codec, fields };
}

const URI_OF_REQUEST = /\.(?:procedure|topic)$/; // the last field of each request that has one

/** Returns the error for a string that is too long. If it is the URI of a request, only that request is refused. */
function refusal(codec: Codec, fields: readonly unknown[], fault: TextTooLong): ProtocolViolation {
  if (!URI_OF_REQUEST.test(codec.paths[fields.length] as string)) return fault;
  return new RefusedPayload(codec.build([...fields, ""], Payload.EMPTY), fault.message, INVALID_URI);
}

/** Reads the payload as bytes. Some peers send null for an empty payload; null is not forwarded. */
function readPayload(reader: ElementReader, bytes: Uint8Array, type: string): Payload {
  if (!reader.more()) return Payload.EMPTY;
  const start = reader.position;
  const args = reader.skip();
  if (args !== "list" && args !== "null") throw new ProtocolViolation(`${type}.args: expected a list`);
  const argsEnd = reader.position;
  const named = reader.more();
  const kwargsStart = reader.position;
  const kwargs = named ? reader.skip() : "null";
  if (kwargs !== "dict" && kwargs !== "null") throw new ProtocolViolation(`${type}.kwargs: expected a dictionary`);
  if (kwargs === "null") {
    if (args === "null") return Payload.EMPTY;
    return Payload.within(reader.verified, { bytes, start, end: argsEnd, elements: 1 });
  }
  if (args === "list") return Payload.within(reader.verified, { bytes, start, end: reader.position, elements: 2 });
  const both = joined(reader.noArgs, bytes.subarray(kwargsStart, reader.position));
  return Payload.received(reader.verified, { bytes: both, elements: 2 });
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
