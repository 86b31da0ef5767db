import { ProtocolViolation } from "./error.js";
import { dict, type Field, id, idOrZero, string } from "./fields.js";
import type * as m from "./messages.js";
import * as options from "./options.js";
import type { Payload } from "./payload.js";

/** How one message lies in its list: the fields after the type code in wire order, then the payload where it has one. */
export interface Codec<M extends m.Message = m.Message> {
  readonly code: number;
  readonly type: M["type"];
  /** The fields before the payload, such as `CALL.request`. */
  readonly paths: readonly string[];
  /** How many fields come before the payload, and how many of them must be there. */
  readonly fields: number;
  readonly required: number;
  readonly hasPayload: boolean;
  /** Checks the fields and makes the message. `fields` holds at least `required` elements. */
  build(fields: readonly unknown[], payload: Payload): M;
  /** The fields as they go out, the type code first, the payload left out. */
  list(message: M): unknown[];
}

/** A reader per field except tag and payload: forget one and the codec does not compile. */
type Fields<M> = { readonly [K in Exclude<keyof M, "type" | "payload">]-?: Field<NonNullable<M[K]>> };

/** A message without payload. `required` is smaller than the number of fields where the last may be missing. */
function tuple<M extends m.Message>(code: number, type: M["type"], fields: Fields<M>, required?: number): Codec<M> {
  return codec(code, type, fields, { hasPayload: false, required });
}

/** A message that ends in `args|list?, kwargs|dict?`. */
function payloadTuple<M extends m.Message & m.WithPayload>(code: number, type: M["type"], fields: Fields<M>): Codec<M> {
  return codec(code, type, fields, { hasPayload: true, required: undefined });
}

function codec<M extends m.Message>(
  code: number,
  type: M["type"],
  fields: Fields<M>,
  shape: { readonly hasPayload: boolean; readonly required: number | undefined },
): Codec<M> {
  const names = Object.keys(fields);
  const readers = Object.values(fields) as Field<unknown>[];
  const paths = names.map((name) => `${type}.${name}`);
  const { hasPayload, required = names.length } = shape;
  return {
    code,
    type,
    paths,
    fields: names.length,
    required,
    hasPayload,
    build(given, payload) {
      const message: Record<string, unknown> = { type };
      for (let index = 0; index < given.length; index++) {
        message[names[index] as string] = (readers[index] as Field<unknown>)(given[index], paths[index] as string);
      }
      if (hasPayload) message.payload = payload;
      return message as unknown as M; // every field of M has passed its reader
    },
    list(message) {
      const elements: unknown[] = [code];
      for (const name of names) {
        const value = message[name as keyof M];
        if (value !== undefined) elements.push(name === "requestType" ? CODES[value as m.RequestType] : value);
      }
      return elements;
    },
  };
}

const CODES: Readonly<Record<m.RequestType, number>> = {
  PUBLISH: 16,
  SUBSCRIBE: 32,
  UNSUBSCRIBE: 34,
  CALL: 48,
  REGISTER: 64,
  UNREGISTER: 66,
  INVOCATION: 68,
};
const REQUEST_TYPES = new Map(Object.entries(CODES).map(([type, code]) => [code, type as m.RequestType]));

const requestType: Field<m.RequestType> = (value, path) => {
  const type = REQUEST_TYPES.get(value as number);
  if (type !== undefined) return type;
  throw new ProtocolViolation(
    `${path}: expected the code of a request, one of ${[...REQUEST_TYPES.keys()].join(", ")}`,
  );
};

/** A URI; its form is judged where it is used, since patterns and strict realms differ. */
const uri: Field<string> = string;

const codecs: readonly Codec[] = [
  tuple<m.Hello>(1, "HELLO", { realm: uri, details: options.helloDetails }),
  tuple<m.Welcome>(2, "WELCOME", { session: id, details: options.welcomeDetails }),
  payloadTuple<m.Abort>(3, "ABORT", { details: options.closeDetails, reason: uri }),
  tuple<m.Challenge>(4, "CHALLENGE", { authmethod: string, extra: dict }),
  tuple<m.Authenticate>(5, "AUTHENTICATE", { signature: string, extra: dict }),
  tuple<m.Goodbye>(6, "GOODBYE", { details: options.closeDetails, reason: uri }),
  payloadTuple<m.ErrorMessage>(8, "ERROR", { requestType, request: id, details: options.errorDetails, error: uri }),
  payloadTuple<m.Publish>(16, "PUBLISH", { request: id, options: options.publishOptions, topic: uri }),
  tuple<m.Published>(17, "PUBLISHED", { request: id, publication: id }),
  tuple<m.Subscribe>(32, "SUBSCRIBE", { request: id, options: options.subscribeOptions, topic: uri }),
  tuple<m.Subscribed>(33, "SUBSCRIBED", { request: id, subscription: id }),
  tuple<m.Unsubscribe>(34, "UNSUBSCRIBE", { request: id, subscription: id }),
  tuple<m.Unsubscribed>(35, "UNSUBSCRIBED", { request: idOrZero, details: options.revocationDetails }, 1),
  payloadTuple<m.Event>(36, "EVENT", { subscription: id, publication: id, details: options.eventDetails }),
  tuple<m.EventReceived>(337, "EVENT_RECEIVED", { publication: id }),
  payloadTuple<m.Call>(48, "CALL", { request: id, options: options.callOptions, procedure: uri }),
  tuple<m.Cancel>(49, "CANCEL", { request: id, options: options.cancelOptions }),
  payloadTuple<m.Result>(50, "RESULT", { request: id, details: options.resultDetails }),
  tuple<m.Register>(64, "REGISTER", { request: id, options: options.registerOptions, procedure: uri }),
  tuple<m.Registered>(65, "REGISTERED", { request: id, registration: id }),
  tuple<m.Unregister>(66, "UNREGISTER", { request: id, registration: id }),
  tuple<m.Unregistered>(67, "UNREGISTERED", { request: idOrZero, details: options.revocationDetails }, 1),
  payloadTuple<m.Invocation>(68, "INVOCATION", { request: id, registration: id, details: options.invocationDetails }),
  tuple<m.Interrupt>(69, "INTERRUPT", { request: id, options: options.interruptOptions }),
  payloadTuple<m.Yield>(70, "YIELD", { request: id, options: options.resultDetails }),
];

const byCode = new Map(codecs.map((each) => [each.code, each]));
const byType = new Map(codecs.map((each) => [each.type, each]));

/** The codec of a message type code. Throws a violation for anything that is none. */
export function requireCodec(code: unknown): Codec {
  const found = byCode.get(code as number);
  if (found) return found;
  throw new ProtocolViolation(
    typeof code === "number" ? `message type ${code} is unknown` : "a message must start with its type, an integer",
  );
}

/** The codec of a message. */
export function codecOf(message: m.Message): Codec {
  return byType.get(message.type) as Codec; // the union and the table hold the same types
}
