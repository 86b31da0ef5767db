import { ProtocolViolation } from "./error.js";
import { type Id, isId, MAX_ID } from "./ids.js";

/** A dictionary as it came: nothing in it is typed until a reader has passed it. */
export type Dict = Readonly<Record<string, unknown>>;

/** The dictionary that holds nothing. Readers give it for each one that came empty, as most options do. */
export const EMPTY_DICT: Dict = Object.freeze({});

/** Returns the value typed, or throws a violation that names the field. `path` is such as `CALL.request`. */
export type Field<T> = (value: unknown, path: string) => T;

export const id: Field<Id> = (value, path) => {
  if (isId(value)) return value;
  // Past 2^53−1 serializers give a BigInt; 2^53 itself is the last ID.
  if (typeof value === "bigint" && value === BigInt(MAX_ID)) return MAX_ID;
  throw mismatch(path, "an integer in [1, 2^53]", value);
};

/** An ID, or the 0 that revocations carry in place of a request. */
export const idOrZero: Field<Id> = (value, path) => (value === 0 ? 0 : id(value, path));

export const natural: Field<number> = (value, path) => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw mismatch(path, "an integer from 0", value);
};

export const integer: Field<number> = (value, path) => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw mismatch(path, "an integer", value);
};

export const boolean: Field<boolean> = (value, path) => {
  if (typeof value === "boolean") return value;
  throw mismatch(path, "true or false", value);
};

export const string: Field<string> = (value, path) => {
  if (typeof value === "string") return value;
  throw mismatch(path, "a string", value);
};

export const dict: Field<Dict> = (value, path) => {
  if (isDict(value)) return value;
  throw mismatch(path, "a dictionary", value);
};

export function list<T>(item: Field<T>): Field<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw mismatch(path, "a list", value);
    const members: T[] = [];
    try {
      for (const member of value) members.push(item(member, path));
    } catch (error) {
      const index = members.length;
      item(value[index], `${path}[${index}]`); // throws again, and names the member: no path is made for those that pass
      throw error;
    }
    return members.every((member, index) => member === value[index]) ? value : members;
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Field<T> {
  return (value, path) => {
    const found = allowed.find((each) => each === value);
    if (found !== undefined) return found;
    throw mismatch(path, allowed.map((each) => `"${each}"`).join(" or "), value);
  };
}

/** A reader for each known key; a missing key stays missing, an unknown one is ignored by everybody. */
export type KnownKeys<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

/**
 * Options or details: checks the known keys and leaves the dictionary as it came, but for an ID that came as a BigInt. A key
 * given as `undefined` is missing.
 */
export function knownDict<T extends object>(keys: KnownKeys<T>): Field<T> {
  const readers = new Map<string, Field<unknown>>(Object.entries(keys));
  return (value, path) => {
    if (value === EMPTY_DICT) return value as T;
    const given = dict(value, path);
    let read = given;
    for (const key in given) {
      if (given[key] === undefined) continue;
      const member = readers.get(key)?.(given[key], `${path}.${key}`) ?? given[key];
      if (member !== given[key]) read = { ...read, [key]: member };
    }
    return read as T; // every key of T has passed its reader, or is missing
  };
}

/** Whether a value is a dictionary, not a list, binary or another object. */
export function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Whether options or details hold nothing. */
export function isEmptyDict(value: unknown): boolean {
  if (value === EMPTY_DICT) return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _key in value) return false;
  return true;
}

/** What came, in words; never the value itself, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (ArrayBuffer.isView(value)) return "binary";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a fraction";
  if (typeof value === "bigint") return "an integer beyond 2^53";
  return typeof value === "object" ? "a dictionary" : `a ${typeof value}`;
}

function mismatch(path: string, expected: string, value: unknown): ProtocolViolation {
  const outOfRange = typeof value === "number" && Number.isInteger(value) && expected.startsWith("an integer ");
  return new ProtocolViolation(`${path}: expected ${expected}, got ${outOfRange ? "one out of range" : kindOf(value)}`);
}
