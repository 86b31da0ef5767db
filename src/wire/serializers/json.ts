import { depthFrom, type SerializerOptions } from "../bounds.js";
import { allocate, utf8Length, utf8Text, writeUtf8 } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import { type Dict, EMPTY_DICT } from "../fields.js";
import { LAYOUT } from "../layout.js";
import type { Message } from "../messages.js";
import type { Arguments, EncodedPayload, PayloadFormat } from "../payload.js";
import {
  type ElementKind,
  type ElementReader,
  type Headroom,
  LARGE_PAYLOAD,
  noHeadroom,
  readMessage,
  type Serializer,
} from "../serializer.js";
import { JsonScanner } from "./json-scan.js";
import {
  argumentsText,
  headText,
  isEmptyDict,
  JsonRules,
  parse,
  parseArguments,
  parseUnverified,
  payloadText,
} from "./json-text.js";
import { RepeatedTexts } from "./repeated-texts.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/**
 * WAMP over JSON, `wamp.2.json`: text frames. Binary travels as a string of U+0000 and Base64; a text that would read as such
 * is a `TypeError`, as NaN and ±Infinity are. An integer beyond ±(2^53−1) arrives as a BigInt and is sent from one, up to 64
 * bits; a number with a fraction or an exponent is a double. Throws `TypeError` for an option that is none.
 * Spec: Basic Profile, "Serializers", and Advanced Profile, "Binary support in JSON".
 */
export function json(options: SerializerOptions = {}): Serializer {
  const maxDepth = depthFrom(options, "json");
  const rules = new JsonRules(maxDepth);
  const formats = jsonFormats(maxDepth, rules);
  const reader = new JsonReader(maxDepth, formats);
  return {
    ...formats.unverified,
    binary: false,
    decode: (data, trusted = false) => readMessage(reader, typeof data === "string" ? bytesOf(data) : data, trusted),
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
    encodeText: (message) => `${headText(message, rules)}${payloadText(message, rules)}]`,
  };
}

/** JSON as payloads are read from it, by what is known of their bytes. */
interface JsonFormats {
  readonly unverified: PayloadFormat;
  readonly verified: PayloadFormat;
  /** Verified, with an integer that a double may not hold. */
  readonly wide: PayloadFormat;
}

function jsonFormats(maxDepth: number, rules: JsonRules): JsonFormats {
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

const END = Uint8Array.of(CLOSE_LIST);

/** Writes a message up to its payload, behind the headroom of all of it and before `after` free bytes of the message and the tailroom. */
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

/** Writes what `headText` gives into `head`, where a message has IDs and empty dictionaries only, as most have. */
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

/** Writes an integer from 0 and returns where it ends. */
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

class JsonReader implements ElementReader {
  readonly noArgs: Uint8Array = Uint8Array.of(OPEN_LIST, CLOSE_LIST, COMMA);
  readonly #scanner: JsonScanner;
  readonly #formats: JsonFormats;
  readonly #texts = new RepeatedTexts(); // of URIs
  #wide = false; // an element passed over may hold an integer that a double does not hold
  #bytes: Uint8Array = new Uint8Array(0);
  #state: "first" | "between" | "inside" | "closed" = "closed"; // "inside": `more` has passed the comma

  constructor(maxDepth: number, formats: JsonFormats) {
    this.#scanner = new JsonScanner(maxDepth);
    this.#formats = formats;
  }

  get verified(): PayloadFormat {
    return this.#wide ? this.#formats.wide : this.#formats.verified;
  }

  get unverified(): PayloadFormat {
    return this.#formats.unverified;
  }

  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#wide = false;
    this.#scanner.open(bytes);
    if (this.#scanner.peek() !== OPEN_LIST) throw new ProtocolViolation("malformed JSON: a message must be a list");
    this.#scanner.at++;
    this.#state = "first";
  }

  get position(): number {
    return this.#scanner.at;
  }

  more(): boolean {
    if (this.#state === "inside") return true;
    if (this.#state === "closed") return false;
    const byte = this.#scanner.peek();
    if (byte === CLOSE_LIST) {
      this.#scanner.at++;
      this.#state = "closed";
      return false;
    }
    if (this.#state === "between") {
      if (byte !== COMMA) throw this.#scanner.fault("expected a comma or ]");
      this.#scanner.at++;
      this.#scanner.peek();
    }
    this.#state = "inside";
    return true;
  }

  skip(): ElementKind {
    this.#state = "between";
    const kind = this.#scanner.value();
    this.#wide ||= this.#scanner.wide;
    return kind;
  }

  next(path: string): unknown {
    this.#state = "between";
    const scanner = this.#scanner;
    const byte = scanner.peek();
    const start = scanner.at;
    if (byte === OPEN_DICT && this.#bytes[start + 1] === CLOSE_DICT) {
      scanner.at += 2;
      return EMPTY_DICT;
    }
    if (byte === QUOTE) {
      if (scanner.headString(path)) return this.#texts.read(this.#bytes, start + 1, scanner.at - 1);
      return parse(utf8Text(this.#bytes, start, scanner.at), false);
    }
    if (byte >= 0x31 && byte <= 0x39) return this.#integer(start, path);
    scanner.headValue(path);
    const value = this.#decoded(start);
    if (byte === OPEN_DICT && Object.keys(value as Dict).length !== scanner.members) {
      throw new ProtocolViolation(`${path}: a key stands there twice`);
    }
    return value;
  }

  /** The common case of IDs and type codes, digit by digit. */
  #integer(start: number, path: string): unknown {
    let value = 0;
    let at = start;
    for (let byte = this.#bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = this.#bytes[++at] ?? 0)
      value = value * 10 + byte - 0x30;
    const after = this.#bytes[at];
    if (value <= Number.MAX_SAFE_INTEGER && (after === COMMA || after === CLOSE_LIST)) {
      this.#scanner.at = at;
      return value;
    }
    this.#scanner.headValue(path); // a fraction, an exponent, white space, or more digits than a double holds
    return this.#decoded(start);
  }

  #decoded(start: number): unknown {
    return parse(utf8Text(this.#bytes, start, this.#scanner.at), this.#scanner.wide);
  }

  rest(): EncodedPayload | undefined {
    const start = this.#scanner.at;
    const end = this.#bytes.lastIndexOf(CLOSE_LIST);
    if (this.#bytes[start] !== OPEN_LIST || end <= start) return undefined; // null, or no JSON at all
    return { bytes: this.#bytes.subarray(start, end), elements: 2 }; // or `args` alone, which JSON need not know
  }

  close(): void {
    this.#scanner.close();
  }
}
