import { DEVELOPMENT } from "#development";
import { type ProtocolViolation, violation } from "./error.js";
import { type Id, isId, MAX_ID } from "./ids.js";

/** A dictionary as received. Its values are untyped until a reader has checked them. */
export type Dict = Readonly<Record<string, unknown>>;

/** The empty dictionary. Readers return it for every empty options or details dictionary. */
export const EMPTY_DICT: Dict = Object.freeze({});

/** Returns the typed value, or throws a violation that names the field. `path` is, for example, `CALL.request`. */
export type Field<T> = (value: unknown, path: string) => T;

export const id: Field<Id> = (value, path) => {
  if (isId(value)) return value;
  // Serializers decode integers beyond 2^53−1 as BigInt. 2^53 itself is the last ID.
  if (typeof value === "bigint" && value === BigInt(MAX_ID)) return MAX_ID;
  throw mismatch(path, DEVELOPMENT && "an integer in [1, 2^53]", value);
};

/** An ID, or 0, which revocations carry instead of a request ID. */
export const idOrZero: Field<Id> = (value, path) => (value === 0 ? 0 : id(value, path));

export const natural: Field<number> = (value, path) => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw mismatch(path, DEVELOPMENT && "a non-negative integer", value);
};

export const integer: Field<number> = (value, path) => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw mismatch(path, DEVELOPMENT && "an integer", value);
};

export const boolean: Field<boolean> = (value, path) => {
  if (typeof value === "boolean") return value;
  throw mismatch(path, DEVELOPMENT && "true or false", value);
};

export const string: Field<string> = (value, path) => {
  if (typeof value === "string") return value;
  throw mismatch(path, DEVELOPMENT && "a string", value);
};

export const dict: Field<Dict> = (value, path) => {
  if (isDict(value)) return value;
  throw mismatch(path, DEVELOPMENT && "a dictionary", value);
};

export function list<T>(item: Field<T>): Field<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw mismatch(path, DEVELOPMENT && "a list", value);
    const members: T[] = [];
    try {
      for (const member of value) members.push(item(member, path));
    } catch (error) {
      const index = members.length;
      item(value[index], `${path}[${index}]`); // throws again, with the index; valid members need no path
      throw error;
    }
    return members.every((member, index) => member === value[index]) ? value : members;
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Field<T> {
  return (value, path) => {
    const found = allowed.find((each) => each === value);
    if (found !== undefined) return found;
    throw mismatch(path, DEVELOPMENT && allowed.map((each) => `"${each}"`).join(" or "), value);
  };
}

/** A reader for each known key. A missing key stays missing, and unknown keys are ignored. */
export type KnownKeys<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

/**
 * Creates a reader for options or details. It checks the known keys and returns the dictionary unchanged, except that an ID
 * that was decoded as a BigInt becomes a number. A key with the value `undefined` counts as missing.
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

/** Returns whether a value is a dictionary: not a list, binary or another object. */
export function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Returns whether options or details are empty. */
export function isEmptyDict(value: unknown): boolean {
  if (value === EMPTY_DICT) return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _key in value) return false;
  return true;
}

/** Describes the type of a value for an error message. It never quotes the value, which may be a secret. */
export const kindOf: (value: unknown) => string = DEVELOPMENT
  ? (value) => {
      if (value === null) return "null";
      if (value === undefined) return "nothing";
      if (Array.isArray(value)) return "a list";
      if (ArrayBuffer.isView(value)) return "binary";
      if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a fraction";
      if (typeof value === "bigint") return "an integer beyond 2^53";
      return typeof value === "object" ? "a dictionary" : `a ${typeof value}`;
    }
  : (value) => typeof value;

/** `expected` is false in production bundles for browsers. */
const mismatch: (path: string, expected: string | false, value: unknown) => ProtocolViolation = DEVELOPMENT
  ? (path, expected, value) => {
      const outOfRange =
        Number.isInteger(value) && expected !== false && expected !== "an integer" && expected.includes("integer");
      return violation(path, `expected ${expected}, got ${outOfRange ? "one out of range" : kindOf(value)}`);
    }
  : (path) => violation(path, false);
