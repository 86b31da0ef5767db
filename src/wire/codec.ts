import { ProtocolViolation } from "./error.js";
import type { Field } from "./fields.js";
import { LAYOUT } from "./layout.js";
import type * as m from "./messages.js";
import type { Payload } from "./payload.js";

/** How one message is read from its list. */
export interface Codec<M extends m.Message = m.Message> {
  readonly code: number;
  readonly type: M["type"];
  /** The fields before the payload, such as `CALL.request`. */
  readonly paths: readonly string[];
  /** How many fields come before the payload, and how many of them must be there. */
  readonly fields: number;
  readonly required: number;
  readonly hasPayload: boolean;
  /** Checks the fields, in place, and makes the message. `fields` holds at least `required` elements. */
  build(fields: unknown[], payload: Payload): M;
}

/** The messages that somebody reads, by type code. */
export type ReadableMessages = ReadonlyMap<number, Codec>;

export function table(...codecs: readonly Codec[]): ReadableMessages {
  return new Map(codecs.map((each) => [each.code, each]));
}

/** A reader per field except tag and payload: forget one and the codec does not compile. */
type Fields<M> = { readonly [K in Exclude<keyof M, "type" | "payload">]-?: Field<NonNullable<M[K]>> };

/** A message without payload. `required` is smaller than the number of fields where the last may be missing. */
export function codec<M extends m.Message>(type: M["type"], fields: Fields<M>, required?: number): Codec<M> {
  return make(type, fields, { hasPayload: false, required });
}

/** A message that ends in `args|list?, kwargs|dict?`. */
export function payloadCodec<M extends m.Message & m.WithPayload>(type: M["type"], fields: Fields<M>): Codec<M> {
  return make(type, fields, { hasPayload: true, required: undefined });
}

/**
 * The same for one that is read often: `literal` makes it of its payload and its checked fields, in the order of its list. An object
 * that is written down is made several times faster than one that is put together key by key.
 */
export function frequentCodec<M extends m.Message & m.WithPayload>(
  type: M["type"],
  fields: Fields<M>,
  literal: (payload: Payload, ...checked: never[]) => M,
): Codec<M> {
  const made = payloadCodec(type, fields);
  const readers = readersOf(type, fields);
  const { paths } = made;
  const build = literal as (payload: Payload, ...checked: unknown[]) => M;
  return {
    ...made,
    build(given, payload) {
      for (let index = 0; index < given.length; index++) {
        given[index] = (readers[index] as Field<unknown>)(given[index], paths[index] as string);
      }
      return build(payload, given[0], given[1], given[2]);
    },
  };
}

/** Those of a message's fields, in the order of its list. */
function readersOf<M extends m.Message>(type: M["type"], fields: Fields<M>): readonly Field<unknown>[] {
  const [, ...names] = LAYOUT[type];
  return names.map((name) => fields[name as keyof Fields<M>] as Field<unknown>);
}

function make<M extends m.Message>(
  type: M["type"],
  fields: Fields<M>,
  shape: { readonly hasPayload: boolean; readonly required: number | undefined },
): Codec<M> {
  const [code, ...names] = LAYOUT[type];
  const readers = readersOf(type, fields);
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
  };
}

/** The codec of a message type code. Throws a violation for anything that is none. */
export function requireCodec(messages: ReadableMessages, code: unknown): Codec {
  const found = messages.get(code as number);
  if (found) return found;
  throw new ProtocolViolation(
    typeof code === "number" ? `message type ${code} is unknown` : "a message must start with its type, an integer",
  );
}
