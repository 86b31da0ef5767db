import { isDict } from "./fields.js";
import type { SettingRule } from "./setting-rule.js";

export { checkSettings } from "#check-settings";
export type { SettingRule, SettingRules } from "./setting-rule.js";

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

/** Throws `TypeError` that names the first setting that is not a positive number. `undefined` is accepted. */
export function checkPositive(settings: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value > 0) continue;
    throw new TypeError(`${name}: expected a positive number, got ${value}`);
  }
}
