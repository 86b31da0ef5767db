import { ProtocolViolation } from "../../src/wire/error.js";
import type { Message, MessageType } from "../../src/wire/messages.js";
import { Payload } from "../../src/wire/payload.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";

export const serializers: readonly Serializer[] = [json(), msgpack(), cbor()];
export const [JSON_, MSGPACK, CBOR] = serializers as readonly [Serializer, Serializer, Serializer];

/** A message as a test writes it. */
export type Plain = Readonly<Record<string, unknown>> & { readonly type: MessageType };

/** The values of each message's fields in wire order, and the type code. */
export const FIELDS: Readonly<Record<MessageType, readonly [code: number, fields: Readonly<Record<string, unknown>>]>> =
  {
    HELLO: [1, { realm: "realm1", details: {} }],
    WELCOME: [2, { session: 1, details: {} }],
    ABORT: [3, { details: {}, reason: "a.b" }],
    CHALLENGE: [4, { authmethod: "ticket", extra: {} }],
    AUTHENTICATE: [5, { signature: "secret", extra: {} }],
    GOODBYE: [6, { details: {}, reason: "a.b" }],
    ERROR: [8, { requestType: 48, request: 1, details: {}, error: "a.b" }],
    PUBLISH: [16, { request: 1, options: {}, topic: "a.b" }],
    PUBLISHED: [17, { request: 1, publication: 2 }],
    SUBSCRIBE: [32, { request: 1, options: {}, topic: "a.b" }],
    SUBSCRIBED: [33, { request: 1, subscription: 2 }],
    UNSUBSCRIBE: [34, { request: 1, subscription: 2 }],
    UNSUBSCRIBED: [35, { request: 0, details: {} }],
    EVENT: [36, { subscription: 1, publication: 2, details: {} }],
    EVENT_RECEIVED: [337, { publication: 2 }],
    CALL: [48, { request: 1, options: {}, procedure: "a.b" }],
    CANCEL: [49, { request: 1, options: {} }],
    RESULT: [50, { request: 1, details: {} }],
    REGISTER: [64, { request: 1, options: {}, procedure: "a.b" }],
    REGISTERED: [65, { request: 1, registration: 2 }],
    UNREGISTER: [66, { request: 1, registration: 2 }],
    UNREGISTERED: [67, { request: 0, details: {} }],
    INVOCATION: [68, { request: 1, registration: 2, details: {} }],
    INTERRUPT: [69, { request: 1, options: {} }],
    YIELD: [70, { request: 1, options: {} }],
  };
export const TYPES = Object.keys(FIELDS) as readonly MessageType[];
export const WITH_PAYLOAD: readonly MessageType[] = [
  "ABORT",
  "ERROR",
  "PUBLISH",
  "EVENT",
  "CALL",
  "RESULT",
  "INVOCATION",
  "YIELD",
];

/** A legal message's list, without payload. */
export function listOf(type: MessageType): unknown[] {
  const [code, fields] = FIELDS[type];
  return [code, ...Object.values(fields)];
}

/** A CALL that carries these arguments. */
export function call(args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Message {
  return { type: "CALL", request: 1, options: {}, procedure: "a.b", payload: Payload.of(args, kwargs) };
}

/** Writes any list in a serializer's format, whatever it holds: its elements travel as the `args` of a payload. */
export function listBytes(serializer: Serializer, list: readonly unknown[]): Uint8Array {
  const { bytes, elements } = serializer.encodePayload({ args: list, kwargs: {} });
  return elements === 0 ? hex({ json: "5b5d", msgpack: "90", cbor: "80" }[serializer.id]) : bytes;
}

/** A message with its payload opened, to be compared. */
export function plain(message: Message): Plain {
  if (!("payload" in message)) return { ...message };
  const { payload, ...head } = message;
  return { ...head, args: payload.args, kwargs: payload.kwargs };
}

/** The violation that decoding ends in, or `undefined` where it is decoded. Any other error is thrown. */
export function violationOf(serializer: Serializer, data: string | Uint8Array): string | undefined {
  try {
    serializer.decode(data);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.message;
    throw error;
  }
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function utf8(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}
