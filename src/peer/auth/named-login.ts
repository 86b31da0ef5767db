import { checkSettings, type SettingRules } from "../../wire/settings.js";
import { beginLogin } from "../login.js";
import type { ClientAuth, ClientLogin } from "./client-auth.js";
import { requireSetting, textOf, textOrFunction, type Value } from "./value.js";

/** The rules for the options of a method, and the name of the secret option. */
interface NamedSettings<Options extends NamedOptions> {
  readonly options: Options;
  readonly rules: SettingRules<Options>;
  readonly secret: keyof Options & string;
}

/** Options with a name and a secret. */
interface NamedOptions {
  readonly authid: Value<string>;
}

/**
 * Creates the client's half of a method with a name and a secret, which is the option `secret`. Throws `TypeError` for invalid
 * settings.
 */
export function namedLogin<Options extends NamedOptions>(
  method: string,
  settings: NamedSettings<Options>,
  answer: NonNullable<ClientLogin["answer"]>,
): ClientAuth {
  checkNamed(method, settings);
  return {
    method,
    half: "peer",
    login: beginLogin,
    begin: async () => ({ authid: await textOf(settings.options.authid, `${method}.authid`), answer }),
  };
}

/** Throws `TypeError` for invalid or missing settings. */
export function checkNamed<Options extends NamedOptions>(
  method: string,
  { options, rules, secret }: NamedSettings<Options>,
): void {
  checkSettings(options, rules, method);
  requireSetting(options.authid, `${method}.authid`, textOrFunction);
  requireSetting(options[secret], `${method}.${secret}`, textOrFunction);
}
