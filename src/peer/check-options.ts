import { url } from "#rawsocket";
import { messageSize } from "../transport/message-size.js";
import { checkSettings, unknownSetting, wrongSetting } from "../wire/check-settings.js";
import { isDict } from "../wire/fields.js";
import { isId } from "../wire/ids.js";
import type { SettingRule, SettingRules } from "../wire/setting-rule.js";
import { callback, counting, flag, list, natural, object, oneOf, positive, text } from "../wire/settings.js";
import { offline } from "./offline.js";
import type {
  CallerOptions,
  ConnectOptions,
  DrainOptions,
  EventsOptions,
  PublishOptions,
  ReconnectOptions,
  RegisterOptions,
  SubscribeOptions,
  UntypedCallOptions,
} from "./types.js";

// The checks of a peer's options. Production bundles for browsers have `unchecked-options.ts` instead. The calls are marked as pure, so
// that bundles drop the rules which they do not use.

const realm: SettingRule = {
  expected: 'a URI such as "com.app"',
  accepts: (value) => typeof value === "string" && value !== "", // the router checks its form
};
const serializers: SettingRule = {
  expected: "a list of serializers, such as [json()]",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => each?.decode),
};
const auth: SettingRule = {
  expected: "a list of methods, each once, such as [ticket({ … })]",
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => each?.begin) &&
    new Set(value.map(({ method }) => method)).size === value.length,
};
const CALLER: SettingRules<CallerOptions> = {
  url,
  transports: list,
  transport: object,
  realm,
  auth,
  serializers,
  batches: flag,
  headers: {
    expected: "an object or a function that returns one",
    accepts: (value) => typeof value === "function" || object.accepts(value),
  },
  tls: object,
  reconnect: { expected: "an object or false", accepts: (value) => value === false || object.accepts(value) },
  connectTimeoutMs: positive,
  signal: object,
  pingIntervalMs: positive,
  heartbeatMs: natural,
  maxMessageBytes: messageSize,
  offline,
  callStacks: flag,
  clock: object,
  onError: callback,
};
const CONNECT: SettingRules<ConnectOptions> = { ...CALLER, passthru: list };
const RECONNECT: SettingRules<ReconnectOptions> = {
  minMs: positive,
  maxMs: positive,
  attempts: positive,
  giveUpAfterMs: positive,
  stableAfterMs: positive,
};

/** Checks the options of a caller's `connect`. Throws `TypeError` for an invalid one. */
export const checkCaller = (options: CallerOptions): void => checkConnection(options, CALLER);
/** Checks the options of a full peer's `connect`. Throws `TypeError` for an invalid one. */
export const checkConnect = (options: ConnectOptions): void => checkConnection(options, CONNECT);

function checkConnection<Options extends CallerOptions>(options: Options, rules: SettingRules<Options>): void {
  checkSettings(withKnownUrls(options), rules, "connect");
  for (const [index, { instead }] of options.auth?.entries() ?? [])
    if (instead) throw new TypeError(`auth[${index}]: ${instead}`);
  if (options.realm === undefined) throw new TypeError(`connect.realm: expected ${realm.expected}, got nothing`);
  if (options.reconnect) checkSettings(options.reconnect, RECONNECT, "reconnect");
  if (options.transport || (options.url !== undefined && options.url.length > 0)) return;
  throw new TypeError(`connect.url: expected ${url.expected}; or pass a transport`);
}

/** Returns the options without the URLs of further transports, which check them. */
function withKnownUrls<Options extends CallerOptions>(options: Options): Options {
  const { url, transports } = options ?? {};
  if (!Array.isArray(transports)) return options;
  return { ...options, url: [url ?? []].flat().filter((each) => !transports.some((other) => other?.takes?.(each))) };
}

const signal: SettingRule = {
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
const match: SettingRule = /* @__PURE__ */ oneOf("exact", "prefix", "wildcard");
const cancelMode: SettingRule = /* @__PURE__ */ oneOf("skip", "kill", "killnowait");
const invoke: SettingRule = /* @__PURE__ */ oneOf("single", "roundrobin", "random", "first", "last");

/** The common options of calls and publications. */
type SentOptions = Pick<UntypedCallOptions, keyof UntypedCallOptions & keyof PublishOptions>;
const SENT: SettingRules<SentOptions> = {
  signal,
  timeoutMs: natural,
  offline,
  disclose: flag,
  passthru,
  resourceKey: text,
  traceparent: text,
  tracestate: text,
};
const CALL: SettingRules<UntypedCallOptions> = {
  ...SENT,
  cancelMode,
  cancelTimeoutMs: natural,
  receiveProgress: flag,
  chunks: iterable,
};
const PUBLISH: SettingRules<PublishOptions> = {
  ...SENT,
  acknowledge: flag,
  excludeMe: flag,
  exclude: ids,
  excludeAuthid: texts,
  excludeAuthrole: texts,
  eligible: ids,
  eligibleAuthid: texts,
  eligibleAuthrole: texts,
  retain: flag,
};
const SUBSCRIBE: SettingRules<SubscribeOptions> = {
  signal,
  timeoutMs: natural,
  match,
  getRetained: flag,
  nodeKey: text,
};
const REGISTER: SettingRules<RegisterOptions> = {
  signal,
  timeoutMs: natural,
  match,
  invoke,
  discloseCaller: flag,
  forwardTimeout: flag,
};

/** The member `name` of the options `given`. */
type CheckOption = (name: string, value: unknown, given: object) => void;

/**
 * Checks of one option of a request. They throw `TypeError` for an unknown option, and for a value for which the router would end the
 * session.
 */
export const checkCallOption: CheckOption = (name, value, given) => checkOption(CALL, "call", { name, value, given });
export const checkPublishOption: CheckOption = (name, value, given) =>
  checkOption(PUBLISH, "publish", { name, value, given });
export const checkSubscribeOption: CheckOption = (name, value, given) =>
  checkOption(SUBSCRIBE, "subscribe", { name, value, given });
export const checkRegisterOption: CheckOption = (name, value, given) =>
  checkOption(REGISTER, "register", { name, value, given });

function checkOption(
  rules: Readonly<Record<string, SettingRule>>,
  path: string,
  { name, value, given }: { readonly name: string; readonly value: unknown; readonly given: object },
): void {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule) {
    if (value !== undefined && !rule.accepts(value)) throw wrongSetting(path, name, { rule, value });
  } else if (Object.hasOwn(given, name)) throw unknownSetting(path, name, Object.keys(rules)); // an object such as an AbortController inherits more than options
}

const DRAIN: SettingRules<DrainOptions> = { drainMs: natural };
const EVENTS: SettingRules<EventsOptions> = { signal: object, getRetained: flag, queue: counting };
const QUEUED_EVENTS = { ...EVENTS, match };

/** Checks the options of a method that may wait for running handlers. */
export const checkDrain = (options: DrainOptions, method: string): void => checkSettings(options, DRAIN, method);
/** Checks the options of a loop over events. */
export const checkEvents = (options: EventsOptions): void => checkSettings(options, EVENTS, "events");
export const checkQueuedEvents = (options: EventsOptions & Pick<SubscribeOptions, "match">): void =>
  checkSettings(options, QUEUED_EVENTS, "events");
