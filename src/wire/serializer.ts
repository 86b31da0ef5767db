import { type Codec, requireCodec } from "./codec.js";
import { ALL_MESSAGES } from "./codecs.js";
import { ProtocolViolation } from "./error.js";
import type { Message } from "./messages.js";
import { type EncodedPayload, Payload, type PayloadFormat } from "./payload.js";
import { tooLong, tooShort } from "./read-list.js";
import { DepthViolation, RefusedPayload, TextTooLong } from "./refused-payload.js";
import { INVALID_URI } from "./uris.js";

/** How many bytes to leave free in front of a message of so many bytes, for a transport's frame header. */
export type Headroom = (messageBytes: number) => number;

/** The headroom of a message that nothing stands in front of. */
export function noHeadroom(): number {
  return 0;
}

/**
 * Writes messages straight to where they are sent from. It takes those that need no more than copying: their heads hold IDs and empty dictionaries only,
 * as most do, and their payloads are in its format.
 */
export interface PlainWriter {
  /** Prepares for a message. Returns how many bytes it takes; 0 where it has to be encoded. */
  prepare(message: Message): number;
  /** Writes the message that it was prepared for last. */
  write(bytes: Uint8Array, at: number): void;
}

/** Turns messages into bytes and back. `json()` is built in; `msgpack()` and `cbor()` are entries of their own. */
export interface Serializer extends PayloadFormat {
  /** Whether WebSocket frames are binary rather than text. */
  readonly binary: boolean;
  /**
   * Reads one message; its payload stays bytes where it came as bytes, verified unless it is `trusted`. Throws
   * `ProtocolViolation`, and of these `RefusedPayload` where a request's URI is too long, or the head can be read and the payload nests too deep.
   */
  decode(data: string | Uint8Array, trusted?: boolean): Message;
  /**
   * Writes one message, behind the headroom that is asked for; by default there is none. `tailroom` is how many bytes a serializer of
   * text leaves free behind it, 0 by default; one of bytes is not asked for any.
   * Throws `TypeError` for a value that cannot travel, naming its path.
   */
  encode(message: Message, headroom?: Headroom, tailroom?: number): Uint8Array;
  /**
   * The same in pieces that follow each other, of which a large payload's bytes are one as they are; `undefined` where the payload
   * is small, and copying is cheaper. Serializers of clients need none.
   */
  encodeLarge?(message: Message, headroom?: Headroom): readonly Uint8Array[] | undefined;
  /** A way past `encode` for most messages. Serializers of clients need none. */
  readonly plain?: PlainWriter;
  /** Writes one message as text, for transports that take text better than bytes. JSON only. */
  encodeText?(message: Message): string;
}

/** The payload of a message; the empty one where the message has none. */
export function payloadIn(message: Message): Payload {
  return "payload" in message ? message.payload : Payload.EMPTY;
}

/** A payload of so many bytes costs more to copy than to send as a piece of its own. */
export const LARGE_PAYLOAD: number = 32 * 1024;

/** What an element is, seen from outside. */
export type ElementKind = "list" | "dict" | "null" | "other";

/** The head of a message: what comes before its payload. */
export interface MessageHead {
  readonly codec: Codec;
  /** Not checked yet. */
  readonly fields: unknown[];
}

/** A message's list, read element by element from bytes. Every method throws `ProtocolViolation` for malformed bytes. */
export interface ElementReader {
  /** Starts on a message. */
  open(bytes: Uint8Array): void;
  /**
   * Reads the whole head at once where it is written as most are; `undefined`, and nothing is read, where it is not. The fields are to be used before
   * the next message is opened.
   */
  plainHead?(): MessageHead | undefined;
  /** Whether another element follows. */
  more(): boolean;
  /** Decodes the next element of the head, `path` in words. A dictionary that holds a key twice, or too many, is a violation. */
  next(path: string): unknown;
  /** Verifies the next element, whole and strictly, without decoding it. */
  skip(): ElementKind;
  /** Where the next element starts, or the last one ended. */
  readonly position: number;
  /** How payloads are read whose elements have all been passed by `skip`. */
  readonly verified: PayloadFormat;
  /** How payloads are read that `rest` has taken. */
  readonly unverified: PayloadFormat;
  /** An empty `args` as it stands before `kwargs`. */
  readonly noArgs: Uint8Array;
  /** Takes all elements that are left for a payload, unverified; `undefined` where they must be looked at. */
  rest(): EncodedPayload | undefined;
  /** Checks that the list ends here and nothing comes after it. */
  close(): void;
}

/** Reads a message from bytes, leaving its payload undecoded. */
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

/** A request whose URI is too long is refused alone; for any other message it is a violation. */
function refusal(codec: Codec, fields: readonly unknown[], fault: TextTooLong): ProtocolViolation {
  if (!URI_OF_REQUEST.test(codec.paths[fields.length] as string)) return fault;
  return new RefusedPayload(codec.build([...fields, ""], Payload.EMPTY), fault.message, INVALID_URI);
}

/** The payload as bytes. Some peers send null for nothing: it is not passed on. */
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
