import { TEXT_BATCHES } from "../batches/text.js";
import { depthFrom, type SerializerOptions } from "../bounds.js";
import { allocate, utf8Length, utf8Text, writeUtf8 } from "../bytes.js";
import type { ReadableMessages } from "../codec.js";
import { ALL_MESSAGES } from "../codecs.js";
import { isEmptyDict } from "../fields.js";
import { LAYOUT } from "../layout.js";
import type { Message } from "../messages.js";
import { type Arguments, type EncodedPayload, Payload, type PayloadFormat } from "../payload.js";
import {
  type Headroom,
  LARGE_PAYLOAD,
  noHeadroom,
  type PlainWriter,
  payloadIn,
  readMessage,
  type Serializer,
} from "../serializer.js";
import { decodeText } from "./json-decode.js";
import { type JsonFormats, JsonReader } from "./json-reader.js";
import { argumentsText, headText, JsonRules, parseArguments, parseUnverified, payloadText } from "./json-text.js";

const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/**
 * Creates the serializer for WAMP over JSON, `wamp.2.json`, with text frames. Binary values are sent as a string of U+0000 and
 * Base64. Sending a string of that form, NaN or ±Infinity throws a `TypeError`. Integers beyond ±(2^53−1) and up to 64 bits
 * are decoded as BigInts and encoded from them. Numbers with a fraction or an exponent are doubles. Throws `TypeError` for an
 * unknown option. Spec: Basic Profile, "Serializers", and Advanced Profile, "Binary support in JSON".
 */
export function json(options: SerializerOptions = {}): Serializer {
  const maxDepth = depthFrom(options, "json");
  const rules = new JsonRules(maxDepth);
  const formats = jsonFormats(maxDepth, rules);
  const reader = new JsonReader(maxDepth, formats);
  return {
    ...formats.unverified,
    binary: false,
    decode: (data, trusted = false) =>
      typeof data === "string" ? decodeText(data, maxDepth, ALL_MESSAGES) : readMessage(reader, data, trusted),
    encode: (message, headroom = noHeadroom, tailroom = 0) =>
      encode(message, payloadOf(message, formats.unverified), { rules, headroom, tailroom }),
    encodeLarge(message, headroom = noHeadroom) {
      const { bytes } = payloadOf(message, formats.unverified);
      if (bytes.length < LARGE_PAYLOAD) return undefined;
      const before: Headroom = (length) => headroom(length + bytes.length + END.length);
      const head = encodeHead(message, rules, { before, after: 1, tailroom: 0 });
      head[head.length - 1] = COMMA;
      return [head, bytes, END];
    },
    plain: new PlainJsonWriter(),
    encodeText: (message) => `${headText(message, rules)}${payloadText(message, rules)}]`,
    batches: TEXT_BATCHES,
  };
}

/** Creates `json()`. Only the version for browsers, `json-platform.ts`, limits the messages, so that bundles need fewer codecs. */
export function jsonOf(_messages: ReadableMessages, options: SerializerOptions = {}): Serializer {
  return json(options);
}

/** Creates the JSON payload formats. */
export function jsonFormats(maxDepth: number, rules: JsonRules): JsonFormats {
  const format = (decode: (text: string) => Arguments): PayloadFormat => ({
    id: "json",
    decodePayload: ({ bytes }) => decode(utf8Text(bytes, 0, bytes.length)),
    encodePayload(values) {
      const { text, elements } = argumentsText(values, rules);
      return { bytes: bytesOf(text), elements };
    },
  });
  return {
    unverified: format((text) => parseUnverified(text, maxDepth)),
    verified: format((text) => parseArguments(text, false)),
    wide: format((text) => parseArguments(text, true)),
  };
}

function bytesOf(text: string): Uint8Array {
  const bytes = allocate(utf8Length(text));
  writeUtf8(bytes, text, 0);
  return bytes;
}

const NOTHING: EncodedPayload = { bytes: new Uint8Array(0), elements: 0 };

function payloadOf(message: Message, format: PayloadFormat): EncodedPayload {
  return "payload" in message ? message.payload.encodedAs(format) : NOTHING;
}

function encode(
  message: Message,
  payload: EncodedPayload,
  { rules, headroom, tailroom }: { readonly rules: JsonRules; readonly headroom: Headroom; readonly tailroom: number },
): Uint8Array {
  const rest = payload.elements > 0 ? payload.bytes.length + 1 : 0;
  const bytes = encodeHead(message, rules, { before: headroom, after: rest + 1, tailroom });
  const end = bytes.length - tailroom - 1;
  if (rest > 0) {
    bytes[end - rest] = COMMA;
    bytes.set(payload.bytes, end - rest + 1);
  }
  bytes[end] = CLOSE_LIST;
  return bytes;
}

class PlainJsonWriter implements PlainWriter {
  #payload = Payload.EMPTY;

  prepare(message: Message): number {
    const payload = payloadIn(message);
    const isReady = payload === Payload.EMPTY || payload.encodedIn === "json";
    if (!isReady || payload.byteLength >= LARGE_PAYLOAD || !writeHead(message)) return 0;
    this.#payload = payload;
    return headEnd + (payload.elements > 0 ? payload.byteLength + 1 : 0) + 1;
  }

  write(bytes: Uint8Array, at: number): void {
    const payload = this.#payload;
    for (let index = 0; index < headEnd; index++) bytes[at + index] = head[index] as number;
    let end = at + headEnd;
    if (payload.elements > 0) {
      bytes[end] = COMMA;
      payload.write(bytes, end + 1);
      end += payload.byteLength + 1;
    }
    bytes[end] = CLOSE_LIST;
    this.#payload = Payload.EMPTY; // releases the network buffer
  }
}

const END = Uint8Array.of(CLOSE_LIST);

/** Encodes a message up to its payload, after the headroom and before `after` free bytes and the tailroom. */
function encodeHead(
  message: Message,
  rules: JsonRules,
  { before, after, tailroom }: { readonly before: Headroom; readonly after: number; readonly tailroom: number },
): Uint8Array {
  const text = writeHead(message) ? undefined : headText(message, rules);
  const length = text === undefined ? headEnd : utf8Length(text);
  const start = before(length + after);
  const bytes = allocate(start + length + after + tailroom);
  if (text === undefined) for (let at = 0; at < length; at++) bytes[start + at] = head[at] as number;
  else writeUtf8(bytes, text, start);
  return bytes;
}

const head = new Uint8Array(128);
let headEnd = 0;

/**
 * Writes the result of `headText` into `head` for a message with only IDs and empty dictionaries. Returns false for any
 * other message.
 */
function writeHead(message: Message): boolean {
  const layout = LAYOUT[message.type];
  head[0] = OPEN_LIST;
  headEnd = writeDigits(head, 1, layout[0]);
  for (let index = 1; index < layout.length; index++) {
    const value = message[layout[index] as keyof Message] as unknown;
    head[headEnd++] = COMMA;
    if (typeof value === "number") headEnd = writeDigits(head, headEnd, value);
    else if (isEmptyDict(value)) {
      head[headEnd++] = OPEN_DICT;
      head[headEnd++] = CLOSE_DICT;
    } else return false;
  }
  return true;
}

/** Writes a non-negative integer. Returns its end. */
function writeDigits(bytes: Uint8Array, at: number, value: number): number {
  let end = at + 1;
  for (let bound = 10; bound <= value; bound *= 10) end++;
  for (let digit = end - 1, left = value; digit >= at; digit--) {
    const next = Math.floor(left / 10);
    bytes[digit] = 0x30 + (left - next * 10);
    left = next;
  }
  return end;
}
