import { validateMode } from "../contract/validate-mode.js";
import { offline } from "../peer/offline.js";
import { callback, checkSettings, flag, functions, natural, type SettingRules } from "../wire/settings.js";
import type { ClientOptions } from "./types.js";

const OPTIONS: SettingRules<ClientOptions> = {
  timeoutMs: natural,
  offline,
  validate: validateMode,
  onInvalid: callback,
  use: functions,
  callStacks: flag,
  onDeprecated: callback,
};

/** Throws `TypeError` for an unknown option of a client, and for an invalid value. */
export function checkClientOptions(options: ClientOptions): void {
  checkSettings(options, OPTIONS, "createClient");
}
