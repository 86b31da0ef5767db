import { checkSettings, type SettingRules } from "../../wire/settings.js";
import type { ClientAuth, ClientLogin } from "./client-auth.js";
import { requireSetting, textOf, textOrFunction, type Value } from "./value.js";

/** The options of such a method, and which of them is the secret. */
interface NamedSettings<Options extends NamedOptions> {
  readonly options: Options;
  readonly rules: SettingRules<Options>;
  readonly secret: keyof Options & string;
}

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
  settings: NamedSettings<Options>,
  answer: NonNullable<ClientLogin["answer"]>,
): ClientAuth {
  checkNamed(method, settings);
  return {
    method,
    half: "peer",
    begin: async () => ({ authid: await textOf(settings.options.authid, `${method}.authid`), answer }),
  };
}

/** Throws `TypeError` for settings that cannot be, or are missing. */
export function checkNamed<Options extends NamedOptions>(
  method: string,
  { options, rules, secret }: NamedSettings<Options>,
): void {
  checkSettings(options, rules, method);
  requireSetting(options.authid, `${method}.authid`, textOrFunction);
  requireSetting(options[secret], `${method}.${secret}`, textOrFunction);
}
