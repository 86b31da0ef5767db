import { MAX_DEPTH } from "./bounds.js";
import { excerpt, isWellFormed } from "./bytes.js";
import type { Dict } from "./fields.js";

/** What one destination makes of the values that serializers treat differently. Each throws `Refusal` for what it cannot take. */
export interface LeafRules {
  /** How many levels of lists and dictionaries it takes; the value itself is the first. */
  readonly maxDepth: number;
  number(value: number): unknown;
  /** An integer of at most 64 bits. */
  bigint(value: bigint): unknown;
  text(value: string): unknown;
  binary(value: Uint8Array): unknown;
}

/** Why a value cannot travel. Its path is put together on the way up, so that values that can travel pay nothing for it. */
export class Refusal extends Error {
  path = "";
}

const LEAST_INTEGER = -(2n ** 63n);
const LARGEST_INTEGER = 2n ** 64n - 1n;

/**
 * Makes a value what WAMP can carry: null, booleans, numbers, integers of 64 bits, strings, binary, lists and dictionaries.
 * Members that are `undefined` are dropped, objects with `toJSON` (dates) are replaced by its result. Anything else is a
 * `TypeError` that names its path, from `name` on: functions, symbols, maps, sets, an integer beyond 64 bits, half of a
 * surrogate pair in a text or key. A sender is refused here what some receiver's serializer could not take. What needs no
 * change is returned as it is.
 */
export function portable(value: unknown, rules: LeafRules, name: string): unknown {
  try {
    return made(value, rules, 1);
  } catch (error) {
    if (error instanceof Refusal) throw new TypeError(`${name}${error.path}: ${error.message}`);
    throw error;
  }
}

/** A deep copy of a value, made portable: for a receiver in the same process, which must not share objects with the sender. */
export function copyValue(value: unknown, name: string): unknown {
  return deepCopy(portable(value, AS_IT_IS, name));
}

const AS_IT_IS: LeafRules = {
  maxDepth: MAX_DEPTH,
  number: (value) => value,
  bigint: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value), // as every serializer has it
  text: (value) => value,
  binary: (value) => value,
};

/** `level` is the one that the value has if it is a list or a dictionary: recursion ends at `maxDepth`. */
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
      throw new Refusal(`a ${typeof value} cannot travel; send data only`);
  }
}

function wellFormed(text: string): string {
  if (isWellFormed(text)) return text;
  throw new Refusal("half of a surrogate pair cannot travel, since UTF-8 has none; send binary");
}

function integer(value: bigint): bigint {
  if (value >= LEAST_INTEGER && value <= LARGEST_INTEGER) return value;
  throw new Refusal("an integer beyond 64 bits cannot travel; send a string");
}

function madeObject(given: object, rules: LeafRules, level: number): unknown {
  const value = asJson(given);
  if (typeof value !== "object" || value === null) return made(value, rules, level);
  if (ArrayBuffer.isView(value)) return rules.binary(bytesOf(value));
  if (value instanceof ArrayBuffer) return rules.binary(new Uint8Array(value));
  if (value instanceof Map || value instanceof Set) {
    throw new Refusal(`a ${value.constructor.name} cannot travel; send a list or a plain object`);
  }
  if (level > rules.maxDepth) throw new Refusal(`nested deeper than ${rules.maxDepth} levels; does it hold itself?`);
  return Array.isArray(value) ? madeList(value, rules, level + 1) : madeDict(value as Dict, rules, level + 1);
}

/** What `toJSON` makes of an object, and of what it made; the object itself where it has none, or is a list or binary. */
function asJson(value: object): unknown {
  let result: unknown = value;
  for (let asked = 0; asked < MAX_DEPTH; asked++) {
    if (typeof result !== "object" || result === null || Array.isArray(result) || ArrayBuffer.isView(result))
      return result;
    if (!("toJSON" in result) || typeof result.toJSON !== "function") return result;
    result = result.toJSON();
  }
  throw new Refusal(`toJSON returned an object with toJSON ${MAX_DEPTH} times; does it return itself?`);
}

function madeList(list: readonly unknown[], rules: LeafRules, level: number): readonly unknown[] {
  let changed: unknown[] | undefined;
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
  let entries: [string, unknown][] | undefined; // from the first member on that changes
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

/** Recursion ends where `portable` has: it has passed the value. */
function deepCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(deepCopy);
  if (ArrayBuffer.isView(value)) return new Uint8Array(bytesOf(value)); // Buffer's own slice would share memory
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, deepCopy(member)]));
}

/** The same bytes as a plain `Uint8Array`; one that is plain already is returned as it is. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
