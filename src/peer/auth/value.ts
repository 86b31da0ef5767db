import { kindOf } from "../../wire/fields.js";
import { LoginMisuse } from "../../wire/login-misuse.js";
import type { SettingRule } from "../../wire/settings.js";

/** A value, or a function that returns it, which is called at each login attempt. */
export type Value<T> = T | (() => T | Promise<T>);

/**
 * Returns the current text of a setting. Throws `LoginMisuse` with the setting's name but not its value. Exceptions from the
 * function pass through, because the next attempt may succeed.
 */
export async function textOf(value: Value<string>, name: string): Promise<string> {
  const text: unknown = typeof value === "function" ? await value() : value;
  if (typeof text === "string" && text !== "") return text;
  throw new LoginMisuse(`${name}: expected a non-empty string, got ${text === "" ? "an empty one" : kindOf(text)}`);
}

export const textOrFunction: SettingRule = {
  expected: "a string, or a function that returns one",
  accepts: (value) => (typeof value === "string" && value !== "") || typeof value === "function",
};

/** Throws `TypeError` for a missing setting. */
export function requireSetting(value: unknown, name: string, { expected }: SettingRule): void {
  if (value === undefined) throw new TypeError(`${name}: expected ${expected}, got nothing`);
}
