import { suggestion } from "#suggestion";
import { kindOf } from "./fields.js";
import type { SettingRule, SettingRules } from "./setting-rule.js";

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

/** The user and the password in a URL, with or without a scheme, and the query. */
const SECRET_IN_URL = /(?<=\/\/).*@|^[^/@]*:(?!\/\/).*@|\?.*/gs;

function shown(value: unknown, { quotes }: SettingRule): string {
  if (quotes && typeof value === "string") return JSON.stringify(value.replace(SECRET_IN_URL, "").slice(0, 200));
  if (Array.isArray(value) && value.length === 0) return "an empty list";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}
