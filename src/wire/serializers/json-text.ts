import { DEVELOPMENT } from "#development";
import { fromBase64, isBase64, isWellFormed, toBase64 } from "../bytes.js";
import { violation } from "../error.js";
import { type Dict, isEmptyDict } from "../fields.js";
import { MAX_ID } from "../ids.js";
import { LAYOUT } from "../layout.js";
import type { Message, RequestType } from "../messages.js";
import type { Arguments } from "../payload.js";
import { DepthViolation } from "../refused-payload.js";
import { type LeafRules, portable, Refusal } from "../values.js";
import { isDeeper, isShallow } from "./json-depth.js";
import { mayContainWide, unmarked, withMarks } from "./json-integers.js";

/** Returns the JSON of a message. */
export function messageText(message: Message, rules: JsonRules): string {
  const head = headText(message, rules);
  const payload = "payload" in message ? argumentsText(message.payload, rules) : "";
  return payload ? `${head},${payload}]` : `${head}]`;
}

/**
 * Returns the JSON of a message up to its payload, without the closing bracket. One pass over the layout, as this runs for
 * each message.
 */
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

/** Returns the JSON of an element. Most elements are cached URIs or empty dictionaries. */
function elementText(element: unknown, rules: JsonRules, path: string): string {
  if (typeof element === "string") return rules.quoted(element) ?? stringify(element, rules, path);
  return isEmptyDict(element) ? "{}" : stringify(element, rules, path);
}

/** Returns the JSON of a payload: empty if both are empty, `args` alone if `kwargs` is empty. */
export function argumentsText({ args, kwargs }: Arguments, rules: JsonRules): string {
  const list = args.length === 0 ? "" : stringify(args, rules, "args");
  return isEmptyDict(kwargs) ? list : `${list || "[]"},${stringify(kwargs, rules, "kwargs")}`;
}

/** Returns the number of elements in the JSON of a payload. */
export function elementsOf({ args, kwargs }: Arguments): 0 | 1 | 2 {
  if (!isEmptyDict(kwargs)) return 2;
  return args.length === 0 ? 0 : 1;
}

/** A lone surrogate, which no valid text contains. It marks text that is written to JSON without quotes. */
const UNQUOTED = "\ud800";
const QUOTED = /"\\ud800([^"]+)"/g; // as `JSON.stringify` writes it

/** The size of the cache for strings of heads, and the maximum length of a cached string. */
const REMEMBERED = { texts: 256, length: 128 };

/** The JSON conversion of values. */
export class JsonRules implements LeafRules {
  readonly maxDepth: number;
  readonly copies = false;
  readonly #quoted = new Map<string, string>();
  /** Whether a value was converted to text that is written without quotes. */
  unquotes = false;

  constructor(maxDepth: number) {
    this.maxDepth = maxDepth;
  }

  /** Converts −0, and doubles that would look like an integer beyond ±2^53, to text that parsers read as a double. */
  number(value: number): number | string {
    const size = Math.abs(value);
    if (size <= MAX_ID && !Object.is(value, -0)) return value;
    if (!Number.isFinite(value)) {
      throw new Refusal(DEVELOPMENT && `JSON cannot represent ${value}; send null or a string, or use msgpack or cbor`);
    }
    return this.#unquoted(size === 0 ? "-0.0" : value.toExponential());
  }

  bigint(value: bigint): string {
    return this.#unquoted(String(value));
  }

  text(value: string): string {
    if (value.charCodeAt(0) !== 0 || !isBase64(value.slice(1))) return value;
    throw new Refusal(
      DEVELOPMENT && "JSON reserves strings of U+0000 and Base64 for binary; send binary, or use msgpack or cbor",
    );
  }

  binary(value: Uint8Array): string {
    return `\0${toBase64(value)}`;
  }

  /** Returns the quoted JSON of a string, such as a URI, from the cache; `undefined` if it needs escaping. */
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

/** Returns a value as JSON text, by the rules of payloads. Throws `TypeError`, with the path from `path` on, for a value that cannot be sent. */
export function stringify(value: unknown, rules: JsonRules, path: string): string {
  const outer = rules.unquotes; // an application's `toJSON` may send a message
  rules.unquotes = false;
  const text = JSON.stringify(portable(value, rules, path));
  const unquotes = rules.unquotes;
  rules.unquotes = outer;
  return unquotes ? text.replaceAll(QUOTED, "$1") : text;
}

/** Parses JSON text. With `wide`, integers beyond ±(2^53−1) become BigInts. */
export function parse(text: string, wide: boolean): unknown {
  const value = parsed(text);
  if (wide) return replaceTexts(parsed(withMarks(text)), (each) => restored(unmarked(each))); // only valid text can be marked
  return text.includes("\\u0000") ? replaceTexts(value, restored) : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw violation("malformed JSON", (error as Error).message.replace(/, ".*$/s, "")); // without the text that V8 quotes
  }
}

/** Converts a string of U+0000 and Base64 to its bytes. Any other string stays as it is. */
function restored(value: bigint | string): unknown {
  return typeof value === "string" ? (fromBase64(value.slice(1)) ?? value) : value;
}

/** Replaces, in place, each string value that starts with U+0000. Keys are not replaced. */
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
      const dict = each as Record<string, unknown>; // an own "__proto__" is set like any other member
      for (const key of Object.keys(dict)) dict[key] = result(dict[key]);
    }
  }
  return whole[0];
}

/** Parses the verified text of a payload: a list, and optionally a dictionary. */
export function parseArguments(text: string, wide: boolean): Arguments {
  const [args = [], kwargs = {}] = parse(`[${text}]`, wide) as [unknown[]?, Dict?];
  return { args, kwargs };
}

/** Parses the unverified text of a payload. Throws `ProtocolViolation` if it is not JSON or is nested too deep. */
export function parseUnverified(text: string, maxDepth: number): Arguments {
  const [args = [], kwargs = {}] = parseList(text, maxDepth) as [unknown[]?, Dict?];
  return { args, kwargs };
}

/** The value of a JSON text from outside, by the rules that payloads have. Throws a violation for what is no JSON or nests too deep. */
export function parseValue(text: string, maxDepth: number): unknown {
  const [value, ...others] = parseList(text, maxDepth);
  if (value === undefined || others.length > 0) throw violation("malformed JSON", "expected one value");
  return value;
}

/** Parses the elements of a list. */
function parseList(elements: string, maxDepth: number): unknown[] {
  const text = `[${elements}]`;
  const list = parse(text, mayContainWide(text)) as unknown[];
  if (!isShallow(text, maxDepth + 1) && isDeeper(list, maxDepth + 1)) throw new DepthViolation(maxDepth);
  return list;
}
