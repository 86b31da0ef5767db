import { oneOf, type SettingRule } from "../wire/settings.js";

/** The side that validates. A schema that changes values (codec, default, transform) always runs, including its checks. */
export type ValidateMode = "both" | "receive" | "none";

/** The rule for an option that selects the validating side. */
export const validateMode: SettingRule = oneOf("both", "receive", "none");
