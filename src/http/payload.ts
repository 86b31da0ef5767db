import { MAX_DEPTH } from "../wire/bounds.js";
import { ProtocolViolation } from "../wire/error.js";
import { type Dict, isDict, kindOf } from "../wire/fields.js";
import type { Arguments } from "../wire/payload.js";
import { JsonRules, parseValue, stringify } from "../wire/serializers/json-text.js";
import { portable, unchanged } from "../wire/values.js";
import { wrong } from "./refusal.js";

/** The parsed body of a request. */
export interface RequestBody extends Arguments {
  readonly options: Dict;
}

const KEYS: readonly string[] = ["args", "kwargs", "options"];
/** The list and the dictionary around arguments do not count as levels. */
const AROUND = 1;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const rules = new JsonRules(MAX_DEPTH + AROUND);
const PORTABLE = unchanged(MAX_DEPTH);

/**
 * Parses a body: `{ "args", "kwargs", "options" }`, where each key is optional, a list of `args`, or nothing. Throws a refusal for
 * anything else, and for a value that not every serializer can write.
 */
export function readRequestBody(bytes: Uint8Array): RequestBody {
  const value = bytes.length === 0 ? {} : parsed(bytes);
  const body = Array.isArray(value) ? { args: value } : value;
  if (!isDict(body)) throw wrong(`body: expected an object or a list, got ${kindOf(body)}`);
  for (const key of Object.keys(body))
    if (!KEYS.includes(key))
      throw wrong(
        `body: ${JSON.stringify(key.slice(0, 64))} is not one of ${KEYS.join(", ")}; put keyword arguments into "kwargs"`,
      );
  const { args = [], kwargs = {}, options = {} } = body;
  if (!Array.isArray(args)) throw wrong(`body: args: expected a list, got ${kindOf(args)}`);
  if (!isDict(kwargs)) throw wrong(`body: kwargs: expected an object, got ${kindOf(kwargs)}`);
  if (!isDict(options)) throw wrong(`body: options: expected an object, got ${kindOf(options)}`);
  try {
    for (const [name, part] of Object.entries({ args, kwargs, options })) portable(part, PORTABLE, `body: ${name}`);
  } catch (error) {
    throw error instanceof TypeError ? wrong(error.message) : error;
  }
  return { args, kwargs, options };
}

/** The approximate memory of each list, dictionary and separator of a body, in bytes. */
const VALUE_BYTES = 32;
/** The characters of JSON that begin or separate values, and those of texts. */
const [COMMA, LIST, DICT, QUOTE, ESCAPE] = [0x2c, 0x5b, 0x7b, 0x22, 0x5c];

/** Returns the approximate memory that a body uses until it is answered, in bytes. Small values need much more than their text. */
export function memoryOf(bytes: Uint8Array): number {
  let values = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) inText = !inText;
    else if (inText) at += byte === ESCAPE ? 1 : 0;
    else if (byte === COMMA || byte === LIST || byte === DICT) values++;
  }
  return bytes.length + values * VALUE_BYTES;
}

/** Returns arguments as JSON, after the entries of `head`. Throws `TypeError` for values that JSON cannot write. */
export function payloadText({ args, kwargs }: Arguments, head: Readonly<Record<string, unknown>> = {}): string {
  return stringify({ ...head, args, kwargs }, rules, "payload");
}

function parsed(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw wrong("body: expected UTF-8"); // the decoder throws nothing else
  }
  try {
    return parseValue(text, MAX_DEPTH + AROUND);
  } catch (error) {
    throw error instanceof ProtocolViolation ? wrong(`body: ${error.message}`) : error;
  }
}
