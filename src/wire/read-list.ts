import { type ReadableMessages, requireCodec } from "./codec.js";
import { ProtocolViolation } from "./error.js";
import { isDict } from "./fields.js";
import type { Message } from "./messages.js";
import { Payload } from "./payload.js";

/** Reads a message, one of those given, from a decoded list. */
export function readList(list: unknown, messages: ReadableMessages): Message {
  if (!Array.isArray(list)) throw new ProtocolViolation("a message must be a list");
  if (list.length === 0) throw new ProtocolViolation("a message must not be empty");
  const codec = requireCodec(messages, list[0]);
  const fields = list.slice(1, codec.fields + 1);
  if (fields.length < codec.required) throw tooShort(codec.type, codec.required, fields.length);
  const [args = null, kwargs = null, ...rest] = list.slice(codec.fields + 1);
  if (rest.length > 0 || (!codec.hasPayload && list.length > codec.fields + 1)) throw tooLong(codec.type);
  if (args !== null && !Array.isArray(args)) throw new ProtocolViolation(`${codec.type}.args: expected a list`);
  if (kwargs !== null && !isDict(kwargs)) throw new ProtocolViolation(`${codec.type}.kwargs: expected a dictionary`);
  return codec.build(fields, args || kwargs ? Payload.of(args ?? undefined, kwargs ?? undefined) : Payload.EMPTY);
}

export function tooShort(type: string, required: number, given: number): ProtocolViolation {
  return new ProtocolViolation(`${type}: expected at least ${required + 1} elements, got ${given + 1}`);
}

export function tooLong(type: string): ProtocolViolation {
  return new ProtocolViolation(`${type}: more elements than the message has`);
}
