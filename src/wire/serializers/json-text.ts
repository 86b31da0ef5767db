import { fromBase64, isBase64, isWellFormed, toBase64 } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import { type Dict, isEmptyDict } from "../fields.js";
import { MAX_ID } from "../ids.js";
import { LAYOUT } from "../layout.js";
import type { Message, RequestType } from "../messages.js";
import type { Arguments } from "../payload.js";
import { DepthViolation } from "../refused-payload.js";
import { type LeafRules, portable, Refusal } from "../values.js";
import { unmarked, withMarks } from "./json-integers.js";
import { survey } from "./json-survey.js";

/** The message up to its payload, without the closing bracket. Made in one pass over its layout: this is done for each message. */
export function headText(message: Message, rules: JsonRules): string {
  const layout = LAYOUT[message.type];
  let text = `[${layout[0]}`;
  for (let index = 1; index < layout.length; index++) {
    const name = layout[index];
    const value = message[name as keyof Message] as unknown;
    if (value === undefined) continue;
    if (typeof value === "number") text += `,${value}`;
    else if (name === "requestType") text += `,${LAYOUT[value as RequestType][0]}`;
    else text += `,${elementText(value, rules, message.type)}`;
  }
  return text;
}

/** Most elements are URIs that have been written before, or dictionaries that hold nothing. */
function elementText(element: unknown, rules: JsonRules, path: string): string {
  if (typeof element === "string") return rules.quoted(element) ?? stringify(element, rules, path);
  return isEmptyDict(element) ? "{}" : stringify(element, rules, path);
}

export function payloadText(message: Message, rules: JsonRules): string {
  if (!("payload" in message)) return "";
  const { text } = argumentsText(message.payload, rules);
  return text && `,${text}`;
}

/** The elements that end a message: nothing when both are empty, `args` alone when `kwargs` is. */
export function argumentsText({ args, kwargs }: Arguments, rules: JsonRules): { text: string; elements: 0 | 1 | 2 } {
  const list = args.length === 0 ? "[]" : stringify(args, rules, "args");
  if (!isEmptyDict(kwargs)) return { text: `${list},${stringify(kwargs, rules, "kwargs")}`, elements: 2 };
  return args.length === 0 ? { text: "", elements: 0 } : { text: list, elements: 1 };
}

/** Half of a surrogate pair, which no text holds that can travel: what follows stands in JSON without quotes. */
const UNQUOTED = "\ud800";
const QUOTED = /"\\ud800([^"]+)"/g; // as `JSON.stringify` writes it

/** How many texts of heads are remembered as they are written, and up to which length. */
const REMEMBERED = { texts: 256, length: 128 };

/** What JSON makes of values. */
export class JsonRules implements LeafRules {
  readonly maxDepth: number;
  readonly #quoted = new Map<string, string>();
  /** Whether a value became text that is to stand without quotes. */
  unquotes = false;

  constructor(maxDepth: number) {
    this.maxDepth = maxDepth;
  }

  /** −0, and a double that would stand there like an integer beyond ±2^53, is written as what is read as a double again. */
  number(value: number): number | string {
    const size = Math.abs(value);
    if (size <= MAX_ID && !Object.is(value, -0)) return value;
    if (!Number.isFinite(value)) {
      throw new Refusal(`JSON has no ${value}; send null or a string, or use msgpack or cbor`);
    }
    return this.#unquoted(size === 0 ? "-0.0" : value.toExponential());
  }

  bigint(value: bigint): string {
    return this.#unquoted(String(value));
  }

  text(value: string): string {
    if (value.charCodeAt(0) !== 0 || !isBase64(value.slice(1))) return value;
    throw new Refusal("JSON has this text, U+0000 and Base64, for binary; send binary, or use msgpack or cbor");
  }

  binary(value: Uint8Array): string {
    return `\0${toBase64(value)}`;
  }

  /** A text of a head, such as a URI, as it is written; `undefined` for one that needs another look. */
  quoted(text: string): string | undefined {
    const known = this.#quoted.get(text);
    if (known !== undefined) return known;
    if (text.charCodeAt(0) === 0 || !isWellFormed(text)) return undefined;
    const quoted = JSON.stringify(text);
    if (text.length > REMEMBERED.length) return quoted;
    if (this.#quoted.size === REMEMBERED.texts) this.#quoted.clear();
    this.#quoted.set(text, quoted);
    return quoted;
  }

  #unquoted(text: string): string {
    this.unquotes = true;
    return UNQUOTED + text;
  }
}

/** A value as JSON text, by the rules that payloads have. Throws `TypeError` for what cannot travel, with its place from `path` on. */
export function stringify(value: unknown, rules: JsonRules, path: string): string {
  const outer = rules.unquotes; // a `toJSON` of the application's may send something itself
  rules.unquotes = false;
  const text = JSON.stringify(portable(value, rules, path));
  const unquotes = rules.unquotes;
  rules.unquotes = outer;
  return unquotes ? text.replaceAll(QUOTED, "$1") : text;
}

/** The value of a JSON text. Integers beyond ±(2^53−1) become BigInts where `wide` says that there may be some. */
export function parse(text: string, wide: boolean): unknown {
  let value: unknown;
  try {
    value = JSON.parse(wide ? withMarks(text) : text);
  } catch (error) {
    throw new ProtocolViolation(`malformed JSON: ${(error as Error).message.replace(/, ".*$/s, "")}`);
  }
  if (wide) return replaceTexts(value, (each) => restored(unmarked(each)));
  return text.includes("\\u0000") ? replaceTexts(value, restored) : value;
}

/** A text that starts with U+0000 and goes on in Base64 becomes the bytes it stands for; any other stays a text. */
function restored(value: bigint | string): unknown {
  return typeof value === "string" ? (fromBase64(value.slice(1)) ?? value) : value;
}

/** Replaces, in place, each text that starts with U+0000 and is no key. */
function replaceTexts(root: unknown, replace: (text: string) => unknown): unknown {
  const whole = [root];
  const open: unknown[] = [whole];
  const result = (value: unknown) => {
    if (typeof value === "object" && value !== null) open.push(value);
    return typeof value === "string" && value.charCodeAt(0) === 0 ? replace(value) : value;
  };
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (Array.isArray(each)) for (let index = 0; index < each.length; index++) each[index] = result(each[index]);
    else {
      const dict = each as Record<string, unknown>; // its own "__proto__", where it has one, is set like any other member
      for (const key of Object.keys(dict)) dict[key] = result(dict[key]);
    }
  }
  return whole[0];
}

/** The values of a payload's text that has been verified: a list, and perhaps a dictionary. */
export function parseArguments(text: string, wide: boolean): Arguments {
  const [args = [], kwargs = {}] = parse(`[${text}]`, wide) as [unknown[]?, Dict?];
  return { args, kwargs };
}

/** The same of a text that may hold anything. Throws a violation for what is no JSON or nests too deep. */
export function parseUnverified(text: string, maxDepth: number): Arguments {
  const { tooDeep, wide } = survey(`[${text}]`, maxDepth);
  if (tooDeep !== undefined) throw new DepthViolation(maxDepth);
  return parseArguments(text, wide);
}

/** The value of a JSON text from outside, by the rules that payloads have. Throws a violation for what is no JSON or nests too deep. */
export function parseValue(text: string, maxDepth: number): unknown {
  const list = `[${text}]`;
  const { tooDeep, wide } = survey(list, maxDepth);
  if (tooDeep !== undefined) throw new DepthViolation(maxDepth);
  const [value, ...others] = parse(list, wide) as unknown[];
  if (value === undefined || others.length > 0) throw new ProtocolViolation("malformed JSON: expected one value");
  return value;
}
