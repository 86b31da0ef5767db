import { allocate, asciiText, fromBase64, toBase64, utf8Length, utf8Text, writeUtf8 } from "../bytes.js";
import { codecOf } from "../codec.js";
import { ProtocolViolation } from "../error.js";
import { type Dict, isDict } from "../fields.js";
import { MAX_ID } from "../ids.js";
import type { Message } from "../messages.js";
import type { Arguments, EncodedPayload, PayloadFormat } from "../payload.js";
import { type ElementKind, type ElementReader, readList, readMessage, type Serializer } from "../serializer.js";
import { type LeafRules, portable, Refusal } from "../values.js";
import { JsonScanner } from "./json-scan.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/**
 * WAMP over JSON, `wamp.2.json`: text frames. Binary travels as a string of U+0000 and Base64, a BigInt as an integer;
 * NaN and ±Infinity are a `TypeError`. Spec: Basic Profile, "Serializers", and Advanced Profile, "Binary support in JSON".
 */
export function json(): Serializer {
  const reader = new JsonReader();
  return {
    ...format,
    binary: false,
    decode: (data) => (typeof data === "string" ? readList(parse(data)) : readMessage(reader, data, format)),
    encode,
    encodeText: (message) => `${headText(message)}${payloadText(message)}]`,
  };
}

const format: PayloadFormat = {
  id: "json",
  decodePayload({ bytes }: EncodedPayload): Arguments {
    const list = parse(`[${utf8Text(bytes, 0, bytes.length)}]`);
    const [args = [], kwargs = {}] = list as [unknown[]?, Dict?]; // as the scanner found them
    return { args, kwargs };
  },
  encodePayload(values: Arguments): EncodedPayload {
    const { text, elements } = argumentsText(values);
    const bytes = allocate(utf8Length(text));
    writeUtf8(bytes, text, 0);
    return { bytes, elements };
  },
};

function encode(message: Message, headroom = 0): Uint8Array {
  const head = headText(message);
  const payload = "payload" in message ? message.payload.encodedAs(format) : undefined;
  const comma = payload && payload.elements > 0 ? 1 : 0;
  const headBytes = utf8Length(head);
  const bytes = allocate(headroom + headBytes + comma + (payload?.bytes.length ?? 0) + 1);
  writeUtf8(bytes, head, headroom);
  if (payload && comma) {
    bytes[headroom + headBytes] = COMMA;
    bytes.set(payload.bytes, headroom + headBytes + 1);
  }
  bytes[bytes.length - 1] = CLOSE_LIST;
  return bytes;
}

/** The message up to its payload, without the closing bracket. */
function headText(message: Message): string {
  let text = "";
  for (const element of codecOf(message).list(message)) {
    text += `${text ? "," : "["}${typeof element === "number" ? element : stringify(element, message.type)}`;
  }
  return text;
}

function payloadText(message: Message): string {
  if (!("payload" in message)) return "";
  const { text } = argumentsText(message.payload);
  return text && `,${text}`;
}

/** The elements that end a message: nothing when both are empty, `args` alone when `kwargs` is. */
function argumentsText({ args, kwargs }: Arguments): { text: string; elements: 0 | 1 | 2 } {
  const named = Object.keys(kwargs).length > 0;
  if (!named && args.length === 0) return { text: "", elements: 0 };
  const list = stringify(args, "args");
  return named ? { text: `${list},${stringify(kwargs, "kwargs")}`, elements: 2 } : { text: list, elements: 1 };
}

const RULES: LeafRules = {
  number(value) {
    if (Number.isFinite(value)) return value;
    throw new Refusal(`JSON has no ${value}; send null or a string, or use msgpack or cbor`);
  },
  bigint: (value) => value,
  binary: (value) => `\0${toBase64(value)}`,
};

function stringify(value: unknown, path: string): string {
  const made = portable(value, RULES, path);
  try {
    return JSON.stringify(made);
  } catch {
    return writeWithBigints(made); // the one thing left that it refuses
  }
}

/** `JSON.stringify` refuses a BigInt, which WAMP writes as any other integer. */
function writeWithBigints(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(writeWithBigints).join(",")}]`;
  if (!isDict(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${writeWithBigints(member)}`)
    .join(",")}}`;
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProtocolViolation(`malformed JSON: ${(error as Error).message.replace(/, ".*$/s, "")}`);
  }
  return text.includes("\\u0000") ? withBinary(value) : value;
}

/** Strings that start with U+0000 and go on in Base64 become the bytes they stand for; any other stays a string. */
function withBinary(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("\0") ? (fromBase64(value.slice(1)) ?? value) : value;
  if (Array.isArray(value)) return value.map(withBinary);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withBinary(member)]));
}

class JsonReader implements ElementReader {
  readonly #scanner = new JsonScanner();
  #bytes: Uint8Array = new Uint8Array(0);
  #state: "first" | "between" | "inside" | "closed" = "closed"; // "inside": `more` has passed the comma

  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
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
    return this.#scanner.value(2);
  }

  next(path?: string): unknown {
    this.#state = "between";
    const scanner = this.#scanner;
    const byte = scanner.peek();
    const start = scanner.at;
    if (byte === OPEN_DICT && this.#bytes[start + 1] === CLOSE_DICT) {
      scanner.at += 2;
      return {};
    }
    if (byte === QUOTE && scanner.string()) return asciiText(this.#bytes, start + 1, scanner.at - 1);
    scanner.at = start;
    if (byte >= 0x31 && byte <= 0x39) return this.#integer(start);
    scanner.value(2);
    const value = this.#decoded(start);
    if (path !== undefined && byte === OPEN_DICT && Object.keys(value as Dict).length !== scanner.members) {
      throw new ProtocolViolation(`${path}: a key stands there twice`);
    }
    return value;
  }

  /** The common case of IDs and type codes, digit by digit. */
  #integer(start: number): unknown {
    let value = 0;
    let at = start;
    for (let byte = this.#bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = this.#bytes[++at] ?? 0)
      value = value * 10 + byte - 0x30;
    this.#scanner.value(2);
    if (this.#scanner.at !== at) return this.#decoded(start); // a fraction or an exponent
    if (value < Number.MAX_SAFE_INTEGER) return value;
    const exact = BigInt(asciiText(this.#bytes, start, at)); // a double would round 2^53 + 1 to a legal ID
    return exact > MAX_ID ? exact : Number(exact);
  }

  #decoded(start: number): unknown {
    return parse(utf8Text(this.#bytes, start, this.#scanner.at));
  }

  close(): void {
    this.#scanner.close();
  }
}
