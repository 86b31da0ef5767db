import { utf8Text } from "../bytes.js";
import { ALL_MESSAGES } from "../codecs.js";
import { ProtocolViolation } from "../error.js";
import { type Dict, EMPTY_DICT } from "../fields.js";
import type { EncodedPayload, PayloadFormat } from "../payload.js";
import type { ElementKind, ElementReader, MessageHead } from "../serializer.js";
import { PlainHeads } from "./json-plain.js";
import { JsonScanner } from "./json-scan.js";
import { parse } from "./json-text.js";
import { RepeatedTexts } from "./repeated-texts.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/** The JSON payload formats, by what is known about the bytes. */
export interface JsonFormats {
  readonly unverified: PayloadFormat;
  readonly verified: PayloadFormat;
  /** Verified; may contain an integer that a double cannot represent. */
  readonly wide: PayloadFormat;
}

/** Reads JSON messages element by element. Most heads are read at once. */
export class JsonReader implements ElementReader {
  readonly noArgs: Uint8Array = Uint8Array.of(OPEN_LIST, CLOSE_LIST, COMMA);
  readonly #scanner: JsonScanner;
  readonly #formats: JsonFormats;
  readonly #texts = new RepeatedTexts(); // of URIs
  readonly #plain = new PlainHeads(ALL_MESSAGES, this.#texts);
  #wide = false; // a skipped element may contain an integer that a double cannot represent
  #bytes: Uint8Array = new Uint8Array(0);
  #state: "first" | "between" | "inside" | "closed" = "closed"; // "inside": after the comma

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

  plainHead(): MessageHead | undefined {
    const head = this.#plain.read(this.#bytes);
    if (!head) return undefined;
    this.#scanner.at = this.#plain.end;
    this.#state = "between";
    return head;
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
      throw new ProtocolViolation(`${path}: duplicate key`);
    }
    return value;
  }

  /** Reads an ID or a type code digit by digit. */
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
    this.#scanner.headValue(path); // a fraction, an exponent, white space, or too many digits
    return this.#decoded(start);
  }

  #decoded(start: number): unknown {
    return parse(utf8Text(this.#bytes, start, this.#scanner.at), this.#scanner.wide);
  }

  rest(): EncodedPayload | undefined {
    const start = this.#scanner.at;
    const end = this.#bytes.lastIndexOf(CLOSE_LIST);
    if (this.#bytes[start] !== OPEN_LIST || end <= start) return undefined; // null, or not JSON
    return { bytes: this.#bytes.subarray(start, end), elements: 2 }; // or `args` alone: the same in JSON
  }

  close(): void {
    this.#scanner.close();
  }
}
