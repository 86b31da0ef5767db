import * as z from "zod";
import { suggestion } from "#suggestion";
import { kindOf } from "../wire/fields.js";

/** What zod tells of a value that does not fit. */
interface Issue {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

/** The words for a value that does not fit. */
interface Words {
  readonly error: (issue: Issue) => string | undefined;
}

/**
 * The words "expected …, got …". Texts are quoted where `quotes` says that they are no secrets, whatever a user confuses; numbers and booleans
 * always.
 */
export function expecting(expected: string, { quotes = false }: { readonly quotes?: boolean } = {}): Words {
  return { error: ({ input }) => `expected ${expected}, got ${shown(input, quotes)}` };
}

/** The words for a text that is none of some, with the nearest of them. */
export function expectingOneOf(names: readonly string[]): Words {
  const expected = listed(names.map((name) => JSON.stringify(name)));
  return {
    error: ({ input }) => {
      const hint = typeof input === "string" ? nearest(input, names) : "";
      return `expected ${expected}, got ${shown(input, true)}${hint && `; ${hint}`}`;
    },
  };
}

/** A name that looks like another, or is part of it; empty for none. */
function nearest(given: string, names: readonly string[]): string {
  const hint = suggestion(given, names);
  if (hint.startsWith("did you mean")) return hint;
  const word = given.toLowerCase();
  const [found, second] = names.filter((name) => word.length > 2 && (name.includes(word) || word.includes(name)));
  return found !== undefined && second === undefined ? `did you mean "${found}"?` : "";
}

/** The words for an object whose `key` does not say which of some kinds it is. */
export function expectingKind(key: string, names: readonly string[]): Words {
  const { error } = expectingOneOf(names);
  return {
    error: ({ input }) =>
      isObject(input)
        ? error({ input: input[key] })
        : `expected an object such as { "${key}": "${names[0]}" }, got ${shown(input, false)}`,
  };
}

/** An object that has these keys and no others. Each unknown one is a line of the message, with its name before a colon. */
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

/** What zod's `undefined` for a key that is left out is to us: no key. */
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

/** A text that is not empty; `quotes` where it can be no secret. */
export function text(expected: string = "a string that is not empty", quotes: boolean = false): z.ZodString {
  const words = expecting(expected, { quotes });
  return z.string(words).min(1, words);
}

/** A list that is not empty. */
export function some<Item extends z.ZodType>(item: Item, expected: string, quotes: boolean = false): z.ZodArray<Item> {
  const words = expecting(expected, { quotes });
  return z.array(item, words).min(1, words);
}

export function integer(least: number, most?: number): z.ZodNumber {
  const words = expecting(most === undefined ? `an integer from ${least}` : `an integer from ${least} to ${most}`, {
    quotes: true,
  });
  const bounded = z.int(words).min(least, words);
  return most === undefined ? bounded : bounded.max(most, words);
}

export function positive(): z.ZodNumber {
  const words = expecting("a number above 0", { quotes: true });
  return z.number(words).gt(0, words);
}

export function flag(): z.ZodBoolean {
  return z.boolean(expecting("true or false", { quotes: true }));
}

/** A number, or false where there is to be none. */
export function orFalse(number: z.ZodNumber, expected: string): z.ZodType<number | false> {
  return z.union([number, z.literal(false)], expecting(`${expected}, or false`, { quotes: true }));
}

/** What only a module can say. It is left out of the JSON Schema. */
export function inCode<T>(expected: string, accepts: (value: unknown) => boolean): z.ZodType<T> {
  return z
    .custom<T>(accepts, expecting(`${expected}, which a module such as wampact.config.ts can say`))
    .meta({ inCode: true });
}

/** Some things as one text, such as `a, b or c`. */
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
