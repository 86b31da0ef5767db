import { DEVELOPMENT } from "#development";
import { ProtocolViolation } from "./error.js";
import type { Field } from "./fields.js";
import { LAYOUT } from "./layout.js";
import type * as m from "./messages.js";
import type { Payload } from "./payload.js";

/** Builds one type of message from its list. */
export interface Codec<M extends m.Message = m.Message> {
  readonly code: number;
  readonly type: M["type"];
  /** The names of the fields before the payload, such as `CALL.request`. For error messages. */
  readonly paths: readonly string[];
  /** The number of fields before the payload. `required` of them must be present. */
  readonly fields: number;
  readonly required: number;
  readonly hasPayload: boolean;
  /** Checks the fields in place and creates the message. `fields` has at least `required` elements. */
  build(fields: unknown[], payload: Payload): M;
}

/** The codecs of the messages that an endpoint accepts, by type code. */
export type ReadableMessages = ReadonlyMap<number, Codec>;

export function table(...codecs: readonly Codec[]): ReadableMessages {
  return new Map(codecs.map((each) => [each.code, each]));
}

/** One field reader per field except type and payload. A missing one is a compile error. */
type Fields<M> = { readonly [K in Exclude<keyof M, "type" | "payload">]-?: Field<NonNullable<M[K]>> };

/** Creates the codec of a message without payload. `required` is given if the last fields are optional. */
export function codec<M extends m.Message>(type: M["type"], fields: Fields<M>, required?: number): Codec<M> {
  return make(type, fields, { hasPayload: false, required });
}

/** Creates the codec of a message that ends in `args|list?, kwargs|dict?`. */
export function payloadCodec<M extends m.Message & m.WithPayload>(type: M["type"], fields: Fields<M>): Codec<M> {
  return make(type, fields, { hasPayload: true, required: undefined });
}

/**
 * Creates the codec of a frequent message. `literal` creates the message from its payload and its checked fields, in wire
 * order. An object literal is several times faster than adding keys one by one.
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

/** Returns the field readers of a message in wire order. */
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

/** Returns the codec of a message type code. Throws `ProtocolViolation` for an unknown one. */
export function requireCodec(messages: ReadableMessages, code: unknown): Codec {
  const found = messages.get(code as number);
  if (found) return found;
  throw new ProtocolViolation(
    DEVELOPMENT && typeof code !== "number"
      ? "a message must start with its type, an integer"
      : `message type ${code} is unknown`,
  );
}
