import type { CallOptions, PublishOptions, SubscribeOptions } from "../peer/types.js";
import type { Dict } from "../wire/fields.js";
import { isId } from "../wire/ids.js";
import { flag, natural, oneOf, type SettingRule, text } from "../wire/settings.js";
import { wrong } from "./refusal.js";

/** The options of a request by their wire names: the name for a peer, and the rule for the value. */
type Options = Readonly<Record<string, readonly [name: string, rule: SettingRule]>>;

const ids: SettingRule = {
  expected: "a list of session IDs",
  accepts: (value) => Array.isArray(value) && value.every(isId),
};
const texts: SettingRule = {
  expected: "a list of strings",
  accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
};

const CALL: Options = { timeout: ["timeoutMs", natural], disclose_me: ["disclose", flag], rkey: ["resourceKey", text] };
const PUBLISH: Options = {
  disclose_me: ["disclose", flag],
  exclude: ["exclude", ids],
  exclude_authid: ["excludeAuthid", texts],
  exclude_authrole: ["excludeAuthrole", texts],
  eligible: ["eligible", ids],
  eligible_authid: ["eligibleAuthid", texts],
  eligible_authrole: ["eligibleAuthrole", texts],
  retain: ["retain", flag],
  rkey: ["resourceKey", text],
};
const SUBSCRIBE: Options = {
  match: ["match", oneOf("exact", "prefix", "wildcard")],
  get_retained: ["getRetained", flag],
  nkey: ["nodeKey", text],
};

/** Reads the options of a call. Throws a refusal for an unknown option or a wrong value. */
export function callOptions(given: Dict): CallOptions & { readonly resourceKey?: string } {
  return read(given, CALL);
}

/** Reads the options of a publication. Throws as `callOptions` does. */
export function publishOptions(given: Dict): PublishOptions {
  return read(given, PUBLISH);
}

/** Reads the options of a subscription from a query. Throws as `callOptions` does. */
export function subscribeOptions(query: URLSearchParams): SubscribeOptions {
  const words: Readonly<Record<string, boolean>> = { true: true, false: false };
  const given = [...query].map(([name, value]) => [name, name === "get_retained" ? (words[value] ?? value) : value]);
  return read(Object.fromEntries(given) as Dict, SUBSCRIBE);
}

function read(given: Dict, options: Options): object {
  const entries = Object.entries(given).map(([key, value]) => {
    const known = Object.hasOwn(options, key) ? options[key] : undefined;
    if (!known) throw wrong(`options: "${key.slice(0, 64)}" is not one of ${Object.keys(options).join(", ")}`);
    const [name, rule] = known;
    if (!rule.accepts(value)) throw wrong(`options.${key}: expected ${rule.expected}`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}
