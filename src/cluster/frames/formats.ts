import { type EncodedPayload, Payload, type PayloadFormat, type SerializerId } from "../../wire/payload.js";
import { encodedAs, receivedPayload } from "../../wire/payload-bytes.js";
import { cbor } from "../../wire/serializers/cbor.js";
import { json } from "../../wire/serializers/json.js";
import { msgpack } from "../../wire/serializers/msgpack.js";

/** Maps the serializer code in a frame's flags to the serializer. The code 0 means that the frame has no payload. */
const IDS: readonly (SerializerId | undefined)[] = [undefined, "json", "msgpack", "cbor"];

/** The formats that read payloads of other nodes, where they are read at all. They were validated where they entered. */
const FORMATS: Readonly<Record<SerializerId, PayloadFormat>> = { json: json(), msgpack: msgpack(), cbor: cbor() };

/** A payload in the form that nodes send each other. */
export interface NodePayload {
  readonly encoded: EncodedPayload;
  /** The code of its serializer. */
  readonly serializer: number;
}

/**
 * Returns a payload as it arrived, or in JSON if this process created its values. Throws `TypeError` if no serializer can write it.
 */
export function encodedForNodes(payload: Payload): NodePayload {
  const id = payload.format?.id ?? "json";
  try {
    return { encoded: encodedAs(payload, FORMATS[id]), serializer: IDS.indexOf(id) };
  } catch (error) {
    if (!(error instanceof TypeError) || payload.format) throw error;
    return { encoded: encodedAs(payload, FORMATS.cbor), serializer: IDS.indexOf("cbor") }; // it has values that JSON cannot write, such as NaN
  }
}

/** Returns the payload of a frame, or `undefined` if its serializer is unknown. */
export function payloadFrom(serializer: number, elements: number, bytes: Uint8Array): Payload | undefined {
  if (elements === 0) return Payload.EMPTY;
  const id = IDS[serializer];
  return id && receivedPayload(FORMATS[id], { bytes, elements: elements as 1 | 2 });
}
