import { fromBase64, toBase64 } from "../bytes.js";
import { ProtocolViolation } from "../error.js";
import { type Dict, isDict } from "../fields.js";
import { listOf } from "../layout.js";
import type { Message } from "../messages.js";
import type { Arguments } from "../payload.js";
import { type LeafRules, portable, Refusal } from "../values.js";

/** The message up to its payload, without the closing bracket. */
export function headText(message: Message): string {
  let text = "[";
  for (const element of listOf(message)) {
    if (text.length > 1) text += ",";
    text +=
      typeof element === "number"
        ? element
        : typeof element === "string"
          ? JSON.stringify(element)
          : isEmptyDict(element)
            ? "{}"
            : stringify(element, message.type);
  }
  return text;
}

/** Most options and details hold nothing. */
export function isEmptyDict(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _key in value) return false;
  return true;
}

export function payloadText(message: Message): string {
  if (!("payload" in message)) return "";
  const { text } = argumentsText(message.payload);
  return text && `,${text}`;
}

/** The elements that end a message: nothing when both are empty, `args` alone when `kwargs` is. */
export function argumentsText({ args, kwargs }: Arguments): { text: string; elements: 0 | 1 | 2 } {
  const list = args.length === 0 ? "[]" : stringify(args, "args");
  if (!isEmptyDict(kwargs)) return { text: `${list},${stringify(kwargs, "kwargs")}`, elements: 2 };
  return args.length === 0 ? { text: "", elements: 0 } : { text: list, elements: 1 };
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

export function parse(text: string): unknown {
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

/** The values of a payload's text, which is known to hold a list and perhaps a dictionary. */
export function parseArguments(text: string): Arguments {
  const [args = [], kwargs = {}] = parse(`[${text}]`) as [unknown[]?, Dict?];
  return { args, kwargs };
}
