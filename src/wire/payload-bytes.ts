import { type EncodedPayload, encodedBytes, Payload, type PayloadBytes, type PayloadFormat } from "./payload.js";

/** Creates a payload from received bytes, whose structure has been verified. Nothing is decoded yet. */
export function receivedPayload(format: PayloadFormat, encoded: EncodedPayload): Payload {
  if (encoded.elements === 0) return Payload.EMPTY;
  const payload = new Payload(undefined);
  keep(payload, encoded, format);
  return payload;
}

/** Creates a payload from bytes within a received message. */
export function payloadWithin(format: PayloadFormat, lies: PayloadBytes): Payload {
  return new Payload(undefined, format, lies);
}

/** Returns whether both `args` and `kwargs` are empty. */
export function isEmptyPayload(payload: Payload): boolean {
  if (payload.format && payload.elements === 0) return true;
  const { args, kwargs } = payload;
  return args.length === 0 && Object.keys(kwargs).length === 0;
}

/** Returns the encoded size in bytes; 0 if not encoded yet. */
export function payloadLength(payload: Payload): number {
  return payload.end - payload.start;
}

/**
 * Returns the bytes in a format. Received bytes of the same format are returned as they are; others are encoded once and
 * cached.
 */
export function encodedAs(payload: Payload, format: PayloadFormat): EncodedPayload {
  if (payload.format?.id === format.id) return encodedBytes(payload);
  const encoded = format.encodePayload(payload);
  if (!payload.format) keep(payload, encoded, format);
  return encoded;
}

/** From this size on, in bytes, sending a payload as a separate chunk is cheaper than copying it. */
export const LARGE_PAYLOAD: number = 32 * 1024;

/** Up to this length, in bytes, a loop is faster than a copy by the platform. */
const SHORT = 96;

/** Copies the bytes of an encoded payload to `target`. */
export function writePayload(payload: Payload, target: Uint8Array, at: number): void {
  const { source, start } = payload;
  const length = payload.end - start;
  if (length > SHORT) target.set(encodedBytes(payload).bytes, at);
  else for (let index = 0; index < length; index++) target[at + index] = source[start + index] as number;
}

/** Returns the payload with its own bytes, for storage. A received payload is a view of a network buffer. */
export function detached(payload: Payload): Payload {
  if (!payload.format) return payload.copy();
  const bytes = new Uint8Array(payloadLength(payload));
  writePayload(payload, bytes, 0);
  return receivedPayload(payload.format, { bytes, elements: payload.elements });
}

/** Returns the payload for short-term storage. It gets its own bytes if they are less than half of the network buffer. */
export function unpinned(payload: Payload): Payload {
  if (!payload.format || payloadLength(payload) * 2 >= payload.source.buffer.byteLength) return payload;
  return detached(payload);
}

function keep(payload: Payload, encoded: EncodedPayload, format: PayloadFormat): void {
  payload.format = format;
  payload.source = encoded.bytes;
  payload.end = encoded.bytes.length;
  payload.elements = encoded.elements;
  payload.encoded = encoded;
}
