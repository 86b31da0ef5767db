import { DEVELOPMENT } from "#development";
import { type ReadableMessages, requireCodec } from "./codec.js";
import { ProtocolViolation, violation } from "./error.js";
import { isDict } from "./fields.js";
import type { Message } from "./messages.js";
import { Payload } from "./payload.js";

/** Creates a message from a decoded list. Throws `ProtocolViolation` if it is not one of `messages`. */
export function readList(list: unknown, messages: ReadableMessages): Message {
  if (!Array.isArray(list) || list.length === 0)
    throw new ProtocolViolation(
      DEVELOPMENT ? `a message must ${Array.isArray(list) ? "not be empty" : "be a list"}` : "malformed message",
    );
  const codec = requireCodec(messages, list[0]);
  const payloadAt = codec.fields + 1;
  if (list.length <= codec.required) throw tooShort(codec.type, codec.required, list.length - 1);
  if (list.length > (codec.hasPayload ? payloadAt + 2 : payloadAt)) throw tooLong(codec.type);
  const fields: unknown[] = [];
  for (let index = 1; index < payloadAt && index < list.length; index++) fields.push(list[index]);
  const args = list[payloadAt] ?? undefined;
  const kwargs = list[payloadAt + 1] ?? undefined;
  if (args !== undefined && !Array.isArray(args))
    throw violation(`${codec.type}.args`, DEVELOPMENT && "expected a list");
  if (kwargs !== undefined && !isDict(kwargs))
    throw violation(`${codec.type}.kwargs`, DEVELOPMENT && "expected a dictionary");
  return codec.build(fields, args || kwargs ? Payload.of(args, kwargs) : Payload.EMPTY);
}

export function tooShort(type: string, required: number, given: number): ProtocolViolation {
  return violation(type, DEVELOPMENT && `expected at least ${required + 1} elements, got ${given + 1}`);
}

export function tooLong(type: string): ProtocolViolation {
  return violation(type, "too many elements");
}
