import { kindOf } from "../../wire/fields.js";
import { LoginMisuse } from "../../wire/login-misuse.js";
import type { SettingRule } from "../../wire/settings.js";

/** A value, or a function that gives it, called at each attempt to log in. */
export type Value<T> = T | (() => T | Promise<T>);

/**
 * Gives the text of a setting now. Throws `LoginMisuse` that names the setting, and never quotes what came. What the function throws passes
 * through: the next attempt may fare better.
 */
export async function textOf(value: Value<string>, name: string): Promise<string> {
  const text: unknown = typeof value === "function" ? await value() : value;
  if (typeof text === "string" && text !== "") return text;
  throw new LoginMisuse(
    `${name}: expected a string that is not empty, got ${text === "" ? "an empty one" : kindOf(text)}`,
  );
}

export const textOrFunction: SettingRule = {
  expected: "a string, or a function that gives one",
  accepts: (value) => (typeof value === "string" && value !== "") || typeof value === "function",
};

/** Throws `TypeError` for a setting that is missing. */
export function requireSetting(value: unknown, name: string, { expected }: SettingRule): void {
  if (value === undefined) throw new TypeError(`${name}: expected ${expected}, got nothing`);
}
