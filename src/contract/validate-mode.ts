import { oneOf, type SettingRule } from "../wire/settings.js";

/** Which side checks. A schema that changes values (codec, default, transform) always runs, checks included. */
export type ValidateMode = "both" | "receive" | "none";

/** The rule for an option that says which side checks. */
export const validateMode: SettingRule = oneOf("both", "receive", "none");
