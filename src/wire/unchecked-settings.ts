import type { SettingRules } from "./setting-rule.js";

/** The empty check for production bundles for browsers. Everything else has `check-settings.ts`. */
export function checkSettings<Options extends object>(
  _given: Options,
  _rules: SettingRules<Options>,
  _path: string,
): void {}
