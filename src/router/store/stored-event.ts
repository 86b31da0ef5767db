import { WampError } from "../../wire/error.js";
import type { EncodedPayload, Payload, PayloadFormat } from "../../wire/payload.js";
import { encodedAs, receivedPayload } from "../../wire/payload-bytes.js";
import { MOST_DEPTH } from "../../wire/serializer-options.js";
import { cbor } from "../../wire/serializers/cbor.js";
import { json } from "../../wire/serializers/json.js";
import { msgpack } from "../../wire/serializers/msgpack.js";
import { INVALID_ARGUMENT } from "../../wire/uris.js";
import type { StoredEvent } from "./store.js";

/** The stored data of an event, except its payload. */
interface Head extends Omit<StoredEvent, "payload"> {
  readonly format: PayloadFormat["id"];
  readonly elements: 0 | 1 | 2;
}

/** Converts events to bytes and back. */
export interface EventCodec {
  /** Encodes events. Throws `wamp.error.invalid_argument` for values that cannot be written. */
  write(events: readonly StoredEvent[]): Buffer;
  read(bytes: Buffer): readonly StoredEvent[];
}

const LENGTHS = 8; // of head and payload, four bytes each

/**
 * Creates a codec. Each event consists of the lengths of head and payload, the head as JSON, and the payload. The payload keeps the
 * serializer in which it arrived. A payload created from values is written as lossless CBOR.
 */
export function createEventCodec(): EventCodec {
  const formats: Readonly<Record<PayloadFormat["id"], PayloadFormat>> = {
    json: json({ maxDepth: MOST_DEPTH }),
    msgpack: msgpack({ maxDepth: MOST_DEPTH }),
    cbor: cbor({ maxDepth: MOST_DEPTH }),
  };

  function write({ payload, ...event }: StoredEvent): readonly Uint8Array[] {
    const format = formats[payload.format?.id ?? "cbor"];
    const { bytes, elements } = encode(payload, format);
    const head: Head = { ...event, format: format.id, elements };
    const text = Buffer.from(JSON.stringify(head));
    const lengths = Buffer.alloc(LENGTHS);
    lengths.writeUInt32BE(text.length, 0);
    lengths.writeUInt32BE(bytes.length, 4);
    return [lengths, text, bytes];
  }

  function read(bytes: Buffer): readonly StoredEvent[] {
    const events: StoredEvent[] = [];
    for (let at = 0; at < bytes.length; ) {
      const headEnd = at + LENGTHS + bytes.readUInt32BE(at);
      const end = headEnd + bytes.readUInt32BE(at + 4);
      const { format, elements, ...event } = JSON.parse(bytes.toString("utf8", at + LENGTHS, headEnd)) as Head;
      const own = new Uint8Array(bytes.subarray(headEnd, end)); // the store's buffer is used again
      events.push({ ...event, payload: receivedPayload(formats[format], { bytes: own, elements }) });
      at = end;
    }
    return events;
  }

  return { write: (events) => Buffer.concat(events.flatMap(write)), read };
}

function encode(payload: Payload, format: PayloadFormat): EncodedPayload {
  try {
    return encodedAs(payload, format);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new WampError(INVALID_ARGUMENT, { args: [`this event cannot be kept: ${error.message}`] });
  }
}
