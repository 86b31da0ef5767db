import { DEVELOPMENT } from "#development";
import { MAX_DEPTH } from "./bounds.js";
import { excerpt, isWellFormed } from "./bytes.js";
import type { Dict } from "./fields.js";

/**
 * How one serializer converts the values that serializers treat differently. Each method throws `Refusal` for an unsupported
 * value.
 */
export interface LeafRules {
  /** The maximum nesting of lists and dictionaries; the value itself is level 1. */
  readonly maxDepth: number;
  /** Whether all lists and dictionaries are copied, rather than only those that change. */
  readonly copies: boolean;
  number(value: number): unknown;
  /** An integer of at most 64 bits. */
  bigint(value: bigint): unknown;
  text(value: string): unknown;
  binary(value: Uint8Array): unknown;
}

/** The reason why a value cannot be serialized. The path is built while the error propagates, so valid values cost nothing. */
export class Refusal extends Error {
  path = "";

  /** `why` is false in production bundles for browsers, which contain no explanations. */
  constructor(why: string | false) {
    super(why || "cannot be serialized");
  }
}

const LEAST_INTEGER = -(2n ** 63n);
const LARGEST_INTEGER = 2n ** 64n - 1n;

/**
 * Converts a value to one that WAMP can carry: null, booleans, numbers, 64-bit integers, strings, binary, lists and
 * dictionaries. Drops members that are `undefined`, and replaces objects with `toJSON`, such as dates, by its result. Returns
 * a value that needs no change as it is, unless the rules copy it. Throws `TypeError` with the path, starting with `name`, for
 * functions, symbols, maps, sets, integers beyond 64 bits and strings or keys with a lone surrogate: some receiver's serializer
 * could not accept them.
 */
export function portable(value: unknown, rules: LeafRules, name: string): unknown {
  try {
    return made(value, rules, 1);
  } catch (error) {
    if (error instanceof Refusal) throw new TypeError(`${name}${error.path}: ${error.message}`);
    throw error;
  }
}

/** Returns the rules that convert no value. */
export function unchanged(maxDepth: number): LeafRules {
  return { maxDepth, copies: false, number: asItIs, bigint: asItIs, text: asItIs, binary: asItIs };
}

/** Copies a value deeply, with the conversion of `portable`, for a receiver in the same process that must not share objects. */
export function copyValue(value: unknown, name: string): unknown {
  return portable(value, COPYING, name);
}

const COPYING: LeafRules = {
  maxDepth: MAX_DEPTH,
  copies: true,
  number: asItIs,
  bigint: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value), // as all serializers do
  text: asItIs,
  binary: (value) => new Uint8Array(value), // Buffer's own slice would share memory
};

function asItIs<T>(value: T): T {
  return value;
}

/** `level` is the nesting level of the value if it is a list or dictionary. Recursion ends at `maxDepth`. */
function made(value: unknown, rules: LeafRules, level: number): unknown {
  switch (typeof value) {
    case "string":
      return rules.text(wellFormed(value));
    case "boolean":
      return value;
    case "number":
      return rules.number(value);
    case "bigint":
      return rules.bigint(integer(value));
    case "undefined":
      return null;
    case "object":
      return value === null ? null : madeObject(value, rules, level);
    default:
      throw new Refusal(DEVELOPMENT && `a ${typeof value} cannot be serialized; send plain data`);
  }
}

function wellFormed(text: string): string {
  if (isWellFormed(text)) return text;
  throw new Refusal(DEVELOPMENT && "a lone surrogate cannot be encoded as UTF-8; send binary");
}

function integer(value: bigint): bigint {
  if (value >= LEAST_INTEGER && value <= LARGEST_INTEGER) return value;
  throw new Refusal(DEVELOPMENT && "an integer beyond 64 bits cannot be serialized; send a string");
}

function madeObject(given: object, rules: LeafRules, level: number): unknown {
  const value = asJson(given);
  if (typeof value !== "object" || value === null) return made(value, rules, level);
  if (ArrayBuffer.isView(value)) return rules.binary(bytesOf(value));
  if (value instanceof ArrayBuffer) return rules.binary(new Uint8Array(value));
  if (value instanceof Map || value instanceof Set) {
    throw new Refusal(DEVELOPMENT && `a ${value.constructor.name} cannot be serialized; send a list or a plain object`);
  }
  if (level > rules.maxDepth)
    throw new Refusal(DEVELOPMENT && `nested deeper than ${rules.maxDepth} levels; is it circular?`);
  return Array.isArray(value) ? madeList(value, rules, level + 1) : madeDict(value as Dict, rules, level + 1);
}

/** Applies `toJSON` repeatedly. Returns the object itself if it has no `toJSON`, or is a list or binary. */
function asJson(value: object): unknown {
  let result: unknown = value;
  for (let asked = 0; asked < MAX_DEPTH; asked++) {
    if (typeof result !== "object" || result === null || Array.isArray(result) || ArrayBuffer.isView(result))
      return result;
    if (!("toJSON" in result) || typeof result.toJSON !== "function") return result;
    result = result.toJSON();
  }
  throw new Refusal(DEVELOPMENT && `toJSON returned an object with toJSON ${MAX_DEPTH} times; does it return itself?`);
}

function madeList(list: readonly unknown[], rules: LeafRules, level: number): readonly unknown[] {
  let changed = rules.copies ? list.slice() : undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    try {
      const result = made(item, rules, level);
      if (result !== item) changed ??= list.slice();
      if (changed) changed[index] = result;
    } catch (error) {
      throw atStep(`[${index}]`, error);
    }
  }
  return changed ?? list;
}

function madeDict(dict: Dict, rules: LeafRules, level: number): Dict {
  const keys = Object.keys(dict);
  let entries: [string, unknown][] | undefined = rules.copies ? [] : undefined; // from the first member on that changes
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const member = dict[key];
    try {
      wellFormed(key);
      const result = member === undefined ? undefined : made(member, rules, level);
      if (result !== member || member === undefined) {
        entries ??= keys.slice(0, index).map((earlier) => [earlier, dict[earlier]]);
      }
      if (entries && result !== undefined) entries.push([key, result]);
    } catch (error) {
      throw atStep(`.${excerpt(key, 64)}`, error);
    }
  }
  return entries ? Object.fromEntries(entries) : dict; // fromEntries defines "__proto__" as a key like any other
}

function atStep(step: string, error: unknown): unknown {
  if (error instanceof Refusal) error.path = step + error.path;
  return error;
}

/** Returns the same bytes as a plain `Uint8Array`. A plain one is returned as it is. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
