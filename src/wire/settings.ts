import { suggestion } from "#suggestion";
import { isDict, kindOf } from "./fields.js";

/** What one setting may be. */
export interface SettingRule {
  /** Completes "expected …" in an error message. */
  readonly expected: string;
  /**
   * Whether an error message may quote a text that was refused: it is never a secret, but for a URL's user and query, which are left
   * out. Numbers and booleans are always quoted.
   */
  readonly quotes?: true;
  accepts(value: unknown): boolean;
}

/** One rule for each member of an options interface: a member without a rule, or a rule without a member, does not compile. */
export type SettingRules<Options> = { readonly [Name in keyof Required<Options>]: SettingRule };

/**
 * Checks an options object of the application's: every key must be known and every value must pass its rule. A member that is
 * `undefined` counts as left out. `path` is what the object is called in messages: the function that it is given to, such as `listen`, or the
 * way to it, such as `realms[0]`; empty for a whole file.
 * Throws `TypeError` that names the key, what was expected and, for an unknown key, the nearest known one (bundles for
 * browsers list all known ones).
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

/** The error for a key that no rule knows, in the object that `path` leads to. */
export function unknownSetting(path: string, name: string, known: readonly string[]): TypeError {
  return new TypeError(`${placeOf(path, name)}: unknown option; ${suggestion(name, known)}`);
}

/** The error for a value that does not pass its rule. */
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
 * Checks each entry of a list that is no secret. Throws `TypeError` that names the entry's place, quotes it, and ends with what `hint` says
 * to write instead.
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

/** A rule for one of some texts. */
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
/** For values that their own reader checks. */
export const anything: SettingRule = { expected: "a value", accepts: () => true };
export const positive: SettingRule = {
  expected: "a number above 0",
  accepts: (value) => typeof value === "number" && value > 0,
};
/** For limits where 0 means none. */
export const natural: SettingRule = {
  expected: "an integer from 0",
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

/** For counts that cannot be none. */
export const counting: SettingRule = {
  expected: "an integer from 1",
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

/** A rule for an object that has methods of these names. */
export function withMethods(expected: string, ...names: readonly string[]): SettingRule {
  return { expected, accepts: (value) => hasMethods(value, ...names) };
}

/** Whether a value is an object with methods of these names. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return isDict(value) && names.every((name) => typeof value[name] === "function");
}

function shown(value: unknown, { quotes }: SettingRule): string {
  if (quotes && typeof value === "string")
    return JSON.stringify(value.replace(/(?<=\/\/)[^/]*@|\?.*/g, "").slice(0, 200));
  if (Array.isArray(value) && value.length === 0) return "an empty list";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

/** Throws `TypeError` for a setting that is no number above 0, naming it. One that is not given is left to its default. */
export function checkPositive(settings: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value > 0) continue;
    throw new TypeError(`${name}: expected a number above 0, got ${value}`);
  }
}
