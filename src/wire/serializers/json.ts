import { allocate, asciiText, utf8Length, utf8Text, writeUtf8 } from "../bytes.js";
import { ALL_MESSAGES } from "../codecs.js";
import { ProtocolViolation } from "../error.js";
import type { Dict } from "../fields.js";
import { MAX_ID } from "../ids.js";
import type { Message } from "../messages.js";
import type { Arguments, EncodedPayload, PayloadFormat } from "../payload.js";
import { readList } from "../read-list.js";
import { type ElementKind, type ElementReader, readMessage, type Serializer } from "../serializer.js";
import { JsonScanner } from "./json-scan.js";
import { argumentsText, headText, parse, parseArguments, payloadText } from "./json-text.js";

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
    decode: (data) =>
      typeof data === "string" ? readList(parse(data), ALL_MESSAGES) : readMessage(reader, data, format),
    encode,
    encodeText: (message) => `${headText(message)}${payloadText(message)}]`,
  };
}

const format: PayloadFormat = {
  id: "json",
  decodePayload({ bytes }: EncodedPayload): Arguments {
    return parseArguments(utf8Text(bytes, 0, bytes.length)); // as the scanner found them
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
