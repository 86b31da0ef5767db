import { requireCodec } from "./codec.js";
import { ALL_MESSAGES } from "./codecs.js";
import { ProtocolViolation } from "./error.js";
import type { Message } from "./messages.js";
import { type EncodedPayload, Payload, type PayloadFormat } from "./payload.js";
import { readList, tooLong, tooShort } from "./read-list.js";

/** Turns messages into bytes and back. `json()` is built in; `msgpack()` and `cbor()` are entries of their own. */
export interface Serializer extends PayloadFormat {
  /** Whether WebSocket frames are binary rather than text. */
  readonly binary: boolean;
  /**
   * Reads one message; its payload stays bytes where it came as bytes, verified unless it is `trusted`. Throws
   * `ProtocolViolation`.
   */
  decode(data: string | Uint8Array, trusted?: boolean): Message;
  /**
   * Writes one message, with `headroom` bytes left free in front for a transport's frame header. Default 0.
   * Throws `TypeError` for a value that cannot travel, naming its path.
   */
  encode(message: Message, headroom?: number): Uint8Array;
  /**
   * The same in pieces that follow each other, of which a large payload's bytes are one as they are; `undefined` where the payload
   * is small, and copying is cheaper. Serializers of clients need none.
   */
  encodeLarge?(message: Message, headroom?: number): readonly Uint8Array[] | undefined;
  /** Writes one message as text, for transports that take text better than bytes. JSON only. */
  encodeText?(message: Message): string;
}

/** A payload of so many bytes costs more to copy than to send as a piece of its own. */
export const LARGE_PAYLOAD: number = 32 * 1024;

/** What an element is, seen from outside. */
export type ElementKind = "list" | "dict" | "null" | "other";

/** A message's list, read element by element from bytes. Every method throws `ProtocolViolation` for malformed bytes. */
export interface ElementReader {
  /** Starts on a message. */
  open(bytes: Uint8Array): void;
  /** Whether another element follows. */
  more(): boolean;
  /** Decodes the next element. With the `path` of a field, a dictionary that holds a key twice is a violation. */
  next(path?: string): unknown;
  /** Verifies the next element, whole and strictly, without decoding it. */
  skip(): ElementKind;
  /** Where the next element starts, or the last one ended. */
  readonly position: number;
  /** Takes all elements that are left for a payload, unverified; `undefined` where they must be looked at. */
  rest(): EncodedPayload | undefined;
  /** Checks that the list ends here and nothing comes after it. */
  close(): void;
}

/** Reads a message from bytes, leaving its payload undecoded. */
export function readMessage(
  reader: ElementReader,
  bytes: Uint8Array,
  { format, trusted }: { readonly format: PayloadFormat; readonly trusted: boolean },
): Message {
  reader.open(bytes);
  if (!reader.more()) throw new ProtocolViolation("a message must not be empty");
  const codec = requireCodec(ALL_MESSAGES, reader.next());
  const fields: unknown[] = [];
  while (fields.length < codec.fields && reader.more()) fields.push(reader.next(codec.paths[fields.length]));
  if (fields.length < codec.required) throw tooShort(codec.type, codec.required, fields.length);
  const rest = trusted && codec.hasPayload && reader.more() ? reader.rest() : undefined;
  if (rest) return codec.build(fields, Payload.received(format, rest));
  const payload = codec.hasPayload ? readPayload(reader, bytes, format, codec.type) : Payload.EMPTY;
  if (reader.more()) throw tooLong(codec.type);
  reader.close();
  return payload === "null" ? readList(readAll(reader, bytes), ALL_MESSAGES) : codec.build(fields, payload);
}

/** The payload as bytes, or "null" where a peer sent null for nothing: such a message must not be passed on as it is. */
function readPayload(reader: ElementReader, bytes: Uint8Array, format: PayloadFormat, type: string): Payload | "null" {
  if (!reader.more()) return Payload.EMPTY;
  const start = reader.position;
  const args = reader.skip();
  if (args !== "list" && args !== "null") throw new ProtocolViolation(`${type}.args: expected a list`);
  let end = reader.position;
  const kwargs = reader.more() ? reader.skip() : undefined;
  if (kwargs !== undefined && kwargs !== "dict" && kwargs !== "null") {
    throw new ProtocolViolation(`${type}.kwargs: expected a dictionary`);
  }
  if (args === "null" || kwargs === "null") return "null";
  if (kwargs) end = reader.position;
  return Payload.received(format, { bytes: bytes.subarray(start, end), elements: kwargs ? 2 : 1 });
}

function readAll(reader: ElementReader, bytes: Uint8Array): unknown[] {
  const elements: unknown[] = [];
  reader.open(bytes);
  while (reader.more()) elements.push(reader.next());
  return elements;
}
