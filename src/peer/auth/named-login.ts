import { checkSettings, type SettingRules } from "../../wire/settings.js";
import type { ClientAuth, ClientLogin } from "./client-auth.js";
import { requireSetting, textOf, textOrFunction, type Value } from "./value.js";

/** What a peer needs that has a name and a secret. */
interface NamedOptions {
  readonly authid: Value<string>;
}

/**
 * The client's half of a method by which peers log in with a name and a secret, which is the setting `secret`. Throws `TypeError` for
 * settings that cannot be.
 */
export function namedLogin<Options extends NamedOptions>(
  method: string,
  {
    options,
    rules,
    secret,
  }: { readonly options: Options; readonly rules: SettingRules<Options>; readonly secret: keyof Options & string },
  answer: NonNullable<ClientLogin["answer"]>,
): ClientAuth {
  checkNamed(options, rules, secret);
  return {
    method,
    half: "peer",
    begin: async () => ({ authid: await textOf(options.authid, "authid"), answer }),
  };
}

/** Throws `TypeError` for settings that cannot be, or are missing. */
export function checkNamed<Options extends NamedOptions>(
  options: Options,
  rules: SettingRules<Options>,
  secret: keyof Options & string,
): void {
  checkSettings(options, rules);
  requireSetting(options.authid, "authid", textOrFunction);
  requireSetting(options[secret], secret, textOrFunction);
}
