import { type EncodedPayload, Payload, type PayloadFormat, type SerializerId } from "../../wire/payload.js";
import { cbor } from "../../wire/serializers/cbor.js";
import { json } from "../../wire/serializers/json.js";
import { msgpack } from "../../wire/serializers/msgpack.js";

/** Code of a serializer in a frame's flags → serializer; 0 is for no payload. */
const IDS: readonly (SerializerId | undefined)[] = [undefined, "json", "msgpack", "cbor"];

/** How payloads of other nodes are read, as far as they are read at all: they were verified where they came in. */
const FORMATS: Readonly<Record<SerializerId, PayloadFormat>> = { json: json(), msgpack: msgpack(), cbor: cbor() };

/** A payload as it travels between nodes. */
export interface NodePayload {
  readonly encoded: EncodedPayload;
  /** The code of its serializer. */
  readonly serializer: number;
}

/** A payload as it came, or in JSON where it is of values that this process has made. Throws `TypeError` where no serializer can write it. */
export function encodedForNodes(payload: Payload): NodePayload {
  const id = payload.encodedIn ?? "json";
  try {
    return { encoded: payload.encodedAs(FORMATS[id]), serializer: IDS.indexOf(id) };
  } catch (error) {
    if (!(error instanceof TypeError) || payload.encodedIn !== undefined) throw error;
    return { encoded: payload.encodedAs(FORMATS.cbor), serializer: IDS.indexOf("cbor") }; // it holds what JSON has not, such as NaN
  }
}

/** The payload of a frame. `undefined` where its serializer is unknown. */
export function payloadFrom(serializer: number, elements: number, bytes: Uint8Array): Payload | undefined {
  if (elements === 0) return Payload.EMPTY;
  const id = IDS[serializer];
  return id && Payload.received(FORMATS[id], { bytes, elements: elements as 1 | 2 });
}
