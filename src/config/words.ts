import * as z from "zod";
import { suggestion } from "#suggestion";
import { kindOf } from "../wire/fields.js";

/** The part of a zod issue that is used here. */
interface Issue {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

/** The error message for an invalid value. */
interface Words {
  readonly error: (issue: Issue) => string | undefined;
}

/**
 * Returns the message "expected …, got …". Strings are quoted only if `quotes` is set, because any other may be a secret. Numbers
 * and booleans are always quoted.
 */
export function expecting(expected: string, { quotes = false }: { readonly quotes?: boolean } = {}): Words {
  return { error: ({ input }) => `expected ${expected}, got ${shown(input, quotes)}` };
}

/** Returns the message for a string that is not one of the given names, with the nearest name. */
export function expectingOneOf(names: readonly string[]): Words {
  const expected = listed(names.map((name) => JSON.stringify(name)));
  return {
    error: ({ input }) => {
      const hint = typeof input === "string" ? nearest(input, names) : "";
      return `expected ${expected}, got ${shown(input, true)}${hint && `; ${hint}`}`;
    },
  };
}

/** Returns a suggestion of a similar or partially equal name; empty if there is none. */
function nearest(given: string, names: readonly string[]): string {
  const hint = suggestion(given, names);
  if (hint.startsWith("did you mean")) return hint;
  const word = given.toLowerCase();
  const [found, second] = names.filter((name) => word.length > 2 && (name.includes(word) || word.includes(name)));
  return found !== undefined && second === undefined ? `did you mean "${found}"?` : "";
}

/** Returns the message for an object of a union whose `key` is not one of the given names. */
export function expectingKind(key: string, names: readonly string[]): Words {
  const { error } = expectingOneOf(names);
  return {
    error: ({ input }) =>
      isObject(input)
        ? error({ input: input[key] })
        : `expected an object such as { "${key}": "${names[0]}" }, got ${shown(input, false)}`,
  };
}

/**
 * Creates the schema of an object with only these keys. The message has one line per unknown key, with the key before a
 * colon.
 */
export function strict<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  expected: string = "an object",
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code, input, keys = [] }: Issue) =>
      code === "unrecognized_keys"
        ? keys.map((key) => `${key}: unknown key; ${suggestion(key, Object.keys(shape))}`).join("\n")
        : `expected ${expected}, got ${shown(input, false)}`,
  });
}

/** Removes `undefined`, which zod adds to optional members. */
type Exact<T> = T extends (...args: never) => unknown
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Exact<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Exact<Exclude<T[Name], undefined>> }
      : T;

/** Types a schema as an interface whose optional members are never `undefined`. */
export function exact<Schema extends z.ZodType>(schema: Schema): z.ZodType<Exact<z.output<Schema>>> {
  return schema as unknown as z.ZodType<Exact<z.output<Schema>>>;
}

export function oneOf<const Names extends readonly [string, ...string[]]>(...names: Names): z.ZodType<Names[number]> {
  return z.enum(names, expectingOneOf(names));
}

/** Creates the schema of a non-empty string. Set `quotes` only if it cannot be a secret. */
export function text(expected: string = "a non-empty string", quotes: boolean = false): z.ZodString {
  const words = expecting(expected, { quotes });
  return z.string(words).min(1, words);
}

/** Creates the schema of a non-empty list. */
export function some<Item extends z.ZodType>(item: Item, expected: string, quotes: boolean = false): z.ZodArray<Item> {
  const words = expecting(expected, { quotes });
  return z.array(item, words).min(1, words);
}

export function integer(least: number, most?: number): z.ZodNumber {
  const words = expecting(most === undefined ? atLeast(least) : `an integer from ${least} to ${most}`, {
    quotes: true,
  });
  const bounded = z.int(words).min(least, words);
  return most === undefined ? bounded : bounded.max(most, words);
}

function atLeast(least: number): string {
  if (least > 1) return `an integer of at least ${least}`;
  return least === 1 ? "a positive integer" : "a non-negative integer";
}

export function positive(): z.ZodNumber {
  const words = expecting("a positive number", { quotes: true });
  return z.number(words).gt(0, words);
}

export function flag(): z.ZodBoolean {
  return z.boolean(expecting("true or false", { quotes: true }));
}

/** Creates the schema of a number, or false for no limit. */
export function orFalse(number: z.ZodNumber, expected: string): z.ZodType<number | false> {
  return z.union([number, z.literal(false)], expecting(`${expected}, or false`, { quotes: true }));
}

/** Creates the schema of a value that only a module can contain. It is omitted from the JSON Schema. */
export function inCode<T>(expected: string, accepts: (value: unknown) => boolean): z.ZodType<T> {
  return z
    .custom<T>(accepts, expecting(`${expected}, which only a module such as wampact.config.ts can contain`))
    .meta({ inCode: true });
}

/** Returns a list as text, such as `a, b or c`. */
export function listed(parts: readonly string[]): string {
  const [last = "", ...others] = [...parts].reverse();
  return others.length === 0 ? last : `${others.reverse().join(", ")} or ${last}`;
}

function shown(value: unknown, quotes: boolean): string {
  if (value === undefined) return "nothing";
  if (isObject(value) && !Array.isArray(value)) return "an object";
  if (quotes && typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (Array.isArray(value) && value.length === 0) return "an empty list";
  return typeof value === "number" || typeof value === "boolean" || value === null ? String(value) : kindOf(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
