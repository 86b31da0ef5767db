import { MAX_DEPTH } from "./depth.js";
import type { Dict } from "./fields.js";

/** What one destination makes of the values that serializers treat differently. Each throws `Refusal` for what it cannot take. */
export interface LeafRules {
  number(value: number): unknown;
  bigint(value: bigint): unknown;
  binary(value: Uint8Array): unknown;
}

/** Why a value cannot travel. Its path is put together on the way up, so that values that can travel pay nothing for it. */
export class Refusal extends Error {
  path = "";
}

/**
 * Makes a value what WAMP can carry: null, booleans, numbers, strings, binary, lists and dictionaries. Members that are
 * `undefined` are dropped, objects with `toJSON` (dates) are replaced by its result, and anything else (functions,
 * symbols, maps, sets) is a `TypeError` that names its path, from `name` on. What needs no change is returned as it is.
 */
export function portable(value: unknown, rules: LeafRules, name: string): unknown {
  try {
    return made(value, rules, 1); // the message itself is the first level
  } catch (error) {
    if (error instanceof Refusal) throw new TypeError(`${name}${error.path}: ${error.message}`);
    throw error;
  }
}

/** A deep copy of a value, made portable: for a receiver in the same process, which must not share objects with the sender. */
export function copyValue(value: unknown, name: string): unknown {
  return deepCopy(portable(value, AS_IT_IS, name));
}

const AS_IT_IS: LeafRules = { number: (value) => value, bigint: (value) => value, binary: (value) => value };

function made(value: unknown, rules: LeafRules, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return rules.number(value);
    case "bigint":
      return rules.bigint(value);
    case "undefined":
      return null;
    case "object":
      return value === null ? null : madeObject(value, rules, depth + 1);
    default:
      throw new Refusal(`a ${typeof value} cannot travel; send data only`);
  }
}

function madeObject(value: object, rules: LeafRules, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Refusal(`nested deeper than ${MAX_DEPTH} levels; does it hold itself?`);
  if (Array.isArray(value)) return madeList(value, rules, depth);
  if (ArrayBuffer.isView(value)) return rules.binary(bytesOf(value));
  if (value instanceof ArrayBuffer) return rules.binary(new Uint8Array(value));
  if ("toJSON" in value && typeof value.toJSON === "function") return made(value.toJSON(), rules, depth);
  if (value instanceof Map || value instanceof Set) {
    throw new Refusal(`a ${value.constructor.name} cannot travel; send a list or a plain object`);
  }
  return madeDict(value as Dict, rules, depth);
}

function madeList(list: readonly unknown[], rules: LeafRules, depth: number): readonly unknown[] {
  let changed: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    try {
      const result = made(item, rules, depth);
      if (result !== item) changed ??= list.slice();
      if (changed) changed[index] = result;
    } catch (error) {
      throw within(`[${index}]`, error);
    }
  }
  return changed ?? list;
}

function madeDict(dict: Dict, rules: LeafRules, depth: number): Dict {
  const keys = Object.keys(dict);
  let entries: [string, unknown][] | undefined; // from the first member on that changes
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const member = dict[key];
    try {
      const result = member === undefined ? undefined : made(member, rules, depth);
      if (result !== member || member === undefined) {
        entries ??= keys.slice(0, index).map((earlier) => [earlier, dict[earlier]]);
      }
      if (entries && result !== undefined) entries.push([key, result]);
    } catch (error) {
      throw within(`.${key.slice(0, 64)}`, error);
    }
  }
  return entries ? Object.fromEntries(entries) : dict; // fromEntries defines "__proto__" as a key like any other
}

function within(step: string, error: unknown): unknown {
  if (error instanceof Refusal) error.path = step + error.path;
  return error;
}

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
