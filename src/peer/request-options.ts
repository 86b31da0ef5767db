import { type Dict, EMPTY_DICT, isDict, kindOf } from "../wire/fields.js";
import { isId } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { Payload } from "../wire/payload.js";
import {
  flag,
  natural,
  oneOf,
  type SettingRule,
  type SettingRules,
  text,
  unknownSetting,
  wrongSetting,
} from "../wire/settings.js";
import { offline } from "./offline.js";
import type { DrainOptions, PublishOptions, SubscribeOptions, UntypedCallOptions } from "./types.js";

/** The rule for an option, and its wire key. An option without a key is local to this peer. */
type OptionRule<WireKey = string> = readonly [rule: SettingRule, key?: WireKey];

/** A rule for each option of an interface. A missing or misspelled option, or an unknown wire key, does not compile. */
export type OptionRules<Options, WireOptions> = {
  readonly [Name in keyof Required<Options>]: OptionRule<keyof WireOptions>;
};

export const signal: SettingRule = {
  expected: "an AbortSignal",
  accepts: (value) => typeof value === "object" && value !== null && "aborted" in value,
};
const iterable: SettingRule = {
  expected: "an async iterable",
  accepts: (value) => typeof value === "object" && value !== null && Symbol.asyncIterator in value,
};
const passthru: SettingRule = {
  expected: "{ scheme } with string members",
  accepts: (value) =>
    isDict(value) &&
    typeof value.scheme === "string" &&
    Object.values(value).every((each) => each === undefined || typeof each === "string"),
};
const ids: SettingRule = {
  expected: "a list of session IDs",
  accepts: (value) => Array.isArray(value) && value.every(isId),
};
const texts: SettingRule = {
  expected: "a list of strings",
  accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
};
export const match: SettingRule = oneOf("exact", "prefix", "wildcard");

/** The common options of calls and publications. */
type SentOptions = Pick<UntypedCallOptions, keyof UntypedCallOptions & keyof PublishOptions>;
const SENT: OptionRules<SentOptions, m.Call["options"] | m.Publish["options"]> = {
  signal: [signal],
  timeoutMs: [natural],
  offline: [offline],
  disclose: [flag, "disclose_me"],
  passthru: [passthru],
  resourceKey: [text, "rkey"],
  traceparent: [text, "_traceparent"],
  tracestate: [text, "_tracestate"],
};
const CALL: OptionRules<UntypedCallOptions, m.Call["options"]> = {
  ...SENT,
  timeoutMs: [natural, "timeout"],
  cancelMode: [oneOf("skip", "kill", "killnowait")],
  cancelTimeoutMs: [natural],
  receiveProgress: [flag, "receive_progress"],
  chunks: [iterable],
};
const PUBLISH: OptionRules<PublishOptions, m.Publish["options"]> = {
  ...SENT,
  acknowledge: [flag, "acknowledge"],
  excludeMe: [flag, "exclude_me"],
  exclude: [ids, "exclude"],
  excludeAuthid: [texts, "exclude_authid"],
  excludeAuthrole: [texts, "exclude_authrole"],
  eligible: [ids, "eligible"],
  eligibleAuthid: [texts, "eligible_authid"],
  eligibleAuthrole: [texts, "eligible_authrole"],
  retain: [flag, "retain"],
};
const SUBSCRIBE: OptionRules<SubscribeOptions, m.Subscribe["options"]> = {
  signal: [signal],
  timeoutMs: [natural],
  match: [match, "match"],
  getRetained: [flag, "get_retained"],
  nodeKey: [text, "nkey"],
};

/** The default of `drainMs` when a peer or a service ends. */
export const DRAIN_MS = 5_000;

/** Rules for the options of methods that may wait for running handlers. */
export const DRAIN_OPTIONS: SettingRules<DrainOptions> = { drainMs: natural };

/** Options with wire keys. */
export type WireOptions = Readonly<Record<string, unknown>>;

/**
 * Converts options to wire keys. Throws `TypeError` for an unknown option, and for a value for which the router would end the
 * session.
 */
export const toCallOptions = (options: UntypedCallOptions): WireOptions => toWire(options, CALL, "call");
export const toPublishOptions = (options: PublishOptions): WireOptions => toWire(options, PUBLISH, "publish");
export const toSubscribeOptions = (options: SubscribeOptions): WireOptions => toWire(options, SUBSCRIBE, "subscribe");

/** Picks the options of a call or of a publication from an object, such as the context of middleware. */
export const pickCallOptions = (from: object): UntypedCallOptions => pick<UntypedCallOptions>(from, CALL);
export const pickPublishOptions = (from: object): PublishOptions => pick<PublishOptions>(from, PUBLISH);

/** Converts options to wire keys in one pass, because this runs for each call. */
export function toWire(given: object, rules: Readonly<Record<string, OptionRule>>, path: string): WireOptions {
  let wire: Record<string, unknown> | undefined;
  for (const name in given) {
    const value = (given as WireOptions)[name];
    const known = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!known && Object.hasOwn(given, name)) throw unknownSetting(path, name, Object.keys(rules));
    if (!known || value === undefined) continue; // an object such as an AbortController inherits more than options
    const [rule, key] = known;
    if (!rule.accepts(value)) throw wrongSetting(path, name, { rule, value });
    if (key === undefined) continue;
    wire ??= {};
    wire[key] = value;
  }
  return wire ?? EMPTY_DICT;
}

function pick<Options>(from: object, rules: { readonly [Name in keyof Required<Options>]: OptionRule }): Options {
  const picked: Record<string, unknown> = {};
  for (const name in rules) if (name in from) picked[name] = (from as WireOptions)[name];
  return picked as Options; // `rules` has the names of the options
}

/** Throws `TypeError` for a value that is not a string, because a router would end the session. The router checks its form. */
export function checkUri(what: "procedure" | "topic", uri: unknown): void {
  if (typeof uri !== "string") throw new TypeError(`${what}: expected a URI such as "com.app.a", got ${kindOf(uri)}`);
}

/** Throws `TypeError` for a handler that is not a function. */
export function checkHandler(handler: unknown): void {
  if (typeof handler !== "function") throw new TypeError(`handler: expected a function, got ${kindOf(handler)}`);
}

/**
 * Returns the application's arguments as a payload. Throws `TypeError` if `args` is not a list or `kwargs` is not a dictionary.
 */
export function payloadOf({
  args,
  kwargs,
}: {
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Dict | undefined;
}): Payload {
  if (args !== undefined && !Array.isArray(args)) throw new TypeError(`args: expected a list, got ${kindOf(args)}`);
  if (kwargs !== undefined && !isDict(kwargs)) {
    throw new TypeError(`kwargs: expected a dictionary, got ${kindOf(kwargs)}`);
  }
  return Payload.of(args, kwargs);
}
