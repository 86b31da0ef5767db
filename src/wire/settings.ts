import { suggestion } from "#suggestion";
import { isDict, kindOf } from "./fields.js";

/** The rule for the value of one option. */
export interface SettingRule {
  /** The text after "expected" in an error message. */
  readonly expected: string;
  /**
   * Whether an error message may quote a rejected string. Set it only for options that hold no secret. The user and the query
   * of a URL are never quoted. Numbers and booleans are always quoted.
   */
  readonly quotes?: true;
  accepts(value: unknown): boolean;
}

/** One rule for each member of an options interface. A missing or surplus rule is a compile error. */
export type SettingRules<Options> = { readonly [Name in keyof Required<Options>]: SettingRule };

/**
 * Checks an options object from the application. Every key must be known and every value must pass its rule. A member with
 * the value `undefined` counts as absent. `path` names the object in error messages: a function such as `listen`, a path such
 * as `realms[0]`, or an empty string for a whole file.
 * Throws `TypeError` that names the key and the expected value. For an unknown key, the message suggests the nearest known
 * key (in browser bundles: lists all known keys).
 */
export function checkSettings<Options extends object>(
  given: Options,
  rules: SettingRules<Options>,
  path: string,
): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${path || "settings"}: expected an object, got ${kindOf(given)}`);
  }
  const known: Readonly<Record<string, SettingRule>> = rules;
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!rule) throw unknownSetting(path, name, Object.keys(known));
    if (value === undefined || rule.accepts(value)) continue;
    throw wrongSetting(path, name, { rule, value });
  }
}

/** Returns the error for an unknown key of the object at `path`. */
export function unknownSetting(path: string, name: string, known: readonly string[]): TypeError {
  return new TypeError(`${placeOf(path, name)}: unknown option; ${suggestion(name, known)}`);
}

/** Returns the error for a value that does not pass its rule. */
export function wrongSetting(
  path: string,
  name: string,
  { rule, value }: { readonly rule: SettingRule; readonly value: unknown },
): TypeError {
  return new TypeError(`${placeOf(path, name)}: ${mismatch(rule, value)}`);
}

function placeOf(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function mismatch(rule: SettingRule, value: unknown): string {
  return `expected ${rule.expected}, got ${shown(value, rule)}`;
}

/**
 * Checks each entry of a list that holds no secrets. Throws `TypeError` with the path of the entry, its value, and the text
 * that `hint` returns.
 */
export function checkEntries(
  entries: readonly unknown[] | undefined,
  rule: Omit<SettingRule, "quotes">,
  { path, hint }: { readonly path: string; readonly hint: (entry: string) => string | undefined },
): void {
  for (const [index, entry] of (entries ?? []).entries()) {
    if (rule.accepts(entry)) continue;
    const message = `${path}[${index}]: ${mismatch({ ...rule, quotes: true }, entry)}`;
    const words = typeof entry === "string" ? hint(entry) : undefined;
    throw new TypeError(words ? `${message}; ${words}` : message);
  }
}

/** Creates a rule that accepts one of the given strings. */
export function oneOf(...texts: readonly string[]): SettingRule {
  return {
    expected: texts.map((text) => `"${text}"`).join(" or "),
    quotes: true,
    accepts: (value) => texts.includes(value as string),
  };
}

export const flag: SettingRule = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
export const text: SettingRule = { expected: "a string", accepts: (value) => typeof value === "string" };
export const callback: SettingRule = { expected: "a function", accepts: (value) => typeof value === "function" };
export const object: SettingRule = {
  expected: "an object",
  accepts: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};
export const functions: SettingRule = {
  expected: "a list of functions",
  accepts: (value) => Array.isArray(value) && value.every(callback.accepts),
};
export const list: SettingRule = { expected: "a list", accepts: (value) => Array.isArray(value) };
/** Accepts any value; another reader checks it. */
export const anything: SettingRule = { expected: "a value", accepts: () => true };
export const positive: SettingRule = {
  expected: "a positive number",
  accepts: (value) => typeof value === "number" && value > 0,
};
/** For limits and counts that may be 0. */
export const natural: SettingRule = {
  expected: "a non-negative integer",
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

/** For counts that must be at least 1. */
export const counting: SettingRule = {
  expected: "a positive integer",
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

/** Creates a rule that accepts an object with the named methods. */
export function withMethods(expected: string, ...names: readonly string[]): SettingRule {
  return { expected, accepts: (value) => hasMethods(value, ...names) };
}

/** Returns whether a value is an object with the named methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return isDict(value) && names.every((name) => typeof value[name] === "function");
}

function shown(value: unknown, { quotes }: SettingRule): string {
  if (quotes && typeof value === "string")
    return JSON.stringify(value.replace(/(?<=\/\/)[^/]*@|\?.*/g, "").slice(0, 200));
  if (Array.isArray(value) && value.length === 0) return "an empty list";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

/** Throws `TypeError` that names the first setting that is not a positive number. `undefined` is accepted. */
export function checkPositive(settings: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value > 0) continue;
    throw new TypeError(`${name}: expected a positive number, got ${value}`);
  }
}
