import { checkCallOption, checkPublishOption, checkSubscribeOption } from "#check-options";
import { DEVELOPMENT } from "#development";
import { type Dict, EMPTY_DICT, isDict, kindOf } from "../wire/fields.js";
import type * as m from "../wire/messages.js";
import { misuse } from "../wire/misuse.js";
import { Payload } from "../wire/payload.js";
import type { PublishOptions, SubscribeOptions, UntypedCallOptions } from "./types.js";

/** The wire key of each option; `undefined` for an option that is local to this peer. An unknown wire key does not compile. */
export type WireKeys<Options, Wire> = { readonly [Name in keyof Required<Options>]: keyof Wire | undefined };

/** The common options of calls and publications. */
type SentOptions = Pick<UntypedCallOptions, keyof UntypedCallOptions & keyof PublishOptions>;
const SENT: WireKeys<SentOptions, m.Call["options"] | m.Publish["options"]> = {
  signal: undefined,
  timeoutMs: undefined,
  offline: undefined,
  disclose: "disclose_me",
  passthru: undefined,
  resourceKey: "rkey",
  traceparent: "_traceparent",
  tracestate: "_tracestate",
};
const CALL: WireKeys<UntypedCallOptions, m.Call["options"]> = {
  ...SENT,
  timeoutMs: "timeout",
  cancelMode: undefined,
  cancelTimeoutMs: undefined,
  receiveProgress: "receive_progress",
  chunks: undefined,
};
const PUBLISH: WireKeys<PublishOptions, m.Publish["options"]> = {
  ...SENT,
  acknowledge: "acknowledge",
  excludeMe: "exclude_me",
  exclude: "exclude",
  excludeAuthid: "exclude_authid",
  excludeAuthrole: "exclude_authrole",
  eligible: "eligible",
  eligibleAuthid: "eligible_authid",
  eligibleAuthrole: "eligible_authrole",
  retain: "retain",
};
const SUBSCRIBE: WireKeys<SubscribeOptions, m.Subscribe["options"]> = {
  signal: undefined,
  timeoutMs: undefined,
  match: "match",
  getRetained: "get_retained",
  nodeKey: "nkey",
};

/** The default of `drainMs` when a peer or a service ends. */
export const DRAIN_MS = 5_000;

/** Options with wire keys. */
export type WireOptions = Readonly<Record<string, unknown>>;

/**
 * Converts options to wire keys. Throws `TypeError` for an unknown option, and for a value for which the router would end the
 * session.
 */
export const toCallOptions = (options: UntypedCallOptions): WireOptions => toWire(options, CALL, checkCallOption);
export const toPublishOptions = (options: PublishOptions): WireOptions => toWire(options, PUBLISH, checkPublishOption);
export const toSubscribeOptions = (options: SubscribeOptions): WireOptions =>
  toWire(options, SUBSCRIBE, checkSubscribeOption);

/** Picks the options of a call or of a publication from an object, such as the context of middleware. */
export const pickCallOptions = (from: object): UntypedCallOptions => pick<UntypedCallOptions>(from, CALL);
export const pickPublishOptions = (from: object): PublishOptions => pick<PublishOptions>(from, PUBLISH);

/** Converts options to wire keys, and checks each, in one pass, because this runs for each call. */
export function toWire(
  given: object,
  keys: Readonly<Record<string, string | undefined>>,
  check: (name: string, value: unknown, given: object) => void,
): WireOptions {
  let wire: Record<string, unknown> | undefined;
  for (const name in given) {
    const value = (given as WireOptions)[name];
    check(name, value, given);
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined || value === undefined) continue;
    wire ??= {};
    wire[key] = value;
  }
  return wire ?? EMPTY_DICT;
}

function pick<Options>(from: object, keys: WireKeys<Options, Record<string, unknown>>): Options {
  const picked: Record<string, unknown> = {};
  for (const name in keys) if (name in from) picked[name] = (from as WireOptions)[name];
  return picked as Options; // `keys` has the names of the options
}

/** Throws `TypeError` for a value that is not a string, because a router would end the session. The router checks its form. */
export function checkUri(what: "procedure" | "topic", uri: unknown): void {
  if (typeof uri !== "string")
    throw misuse(what, DEVELOPMENT && `expected a URI such as "com.app.a", got ${kindOf(uri)}`);
}

/** Throws `TypeError` for a handler that is not a function. `what` names it. */
export function checkHandler(handler: unknown, what = "handler"): void {
  if (typeof handler !== "function") throw misuse(what, DEVELOPMENT && `expected a function, got ${kindOf(handler)}`);
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
  if (args !== undefined && !Array.isArray(args))
    throw misuse("args", DEVELOPMENT && `expected a list, got ${kindOf(args)}`);
  if (kwargs !== undefined && !isDict(kwargs)) {
    throw misuse("kwargs", DEVELOPMENT && `expected a dictionary, got ${kindOf(kwargs)}`);
  }
  return Payload.of(args, kwargs);
}
