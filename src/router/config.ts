import type { Contract } from "../contract/contract.js";
import type { Clock } from "../session/clock.js";
import { isDict } from "../wire/fields.js";
import type { Serializer } from "../wire/serializer.js";
import {
  callback,
  checkSettings,
  counting,
  flag,
  functions,
  hasMethods,
  list,
  object,
  oneOf,
  positive,
  type SettingRule,
  type SettingRules,
  text,
  withMethods,
} from "../wire/settings.js";
import { isUri, type MatchPolicy } from "../wire/uris.js";
import { checkRoles } from "./access/check-roles.js";
import { checkNamedRoles } from "./access/named-roles.js";
import { notationFault } from "./access/pattern-fault.js";
import type { RolesConfig } from "./access/roles.js";
import type { Authenticator } from "./auth/authenticator.js";
import { checkHalves } from "./auth/halves.js";
import type { FailedLogins } from "./auth/login-pace.js";
import type { Authorizer, Party } from "./authorizer.js";
import type { DisclosingAction, Disclosure } from "./disclosure.js";
import { REALM_LIMIT_RULES, type RealmLimits, SESSION_LIMIT_RULES, type SessionLimits } from "./limits.js";
import type { RouterMeter } from "./meter.js";
import type { OnError, RouterObserver } from "./observer.js";
import { checkPolicies, type Policy } from "./policy.js";
import type { Cluster } from "./realm-link.js";
import type { EventStore, EventStoreMaker } from "./store/store.js";

/** A realm: an isolated namespace. Sessions of different realms cannot interact. */
export interface RealmConfig {
  /** The realm's URI, such as `com.app`. */
  readonly name: string;
  /** Whether URI components may contain only `0-9`, `a-z` and `_`. Default: false, anything but white space and `#`. */
  readonly strictUris?: boolean;
  /**
   * Whether a client's request IDs must be 1, 2, 3 …. A gap ends its session. Default: false, because old clients use random
   * IDs.
   */
  readonly strictRequestIds?: boolean;
  /** The authentication methods. The first method of the client that the realm supports is used. Default: `[anonymous()]`. */
  readonly auth?: readonly Authenticator[];
  /**
   * The permissions of each role. A client with another role is refused. A function is called when the router is created and by
   * `router.refresh(realm)`. The role `trusted` of peers from `router.attach()` may do everything unless it is listed.
   * Default: all sessions may do everything except ending other sessions and revoking their registrations and subscriptions.
   */
  readonly roles?: RolesConfig | (() => RolesConfig);
  /**
   * Whether a realm without `auth` and `roles` accepts anonymous clients from other machines. Default: false, such a realm is for
   * development and accepts only clients on this machine.
   */
  readonly open?: boolean;
  /**
   * A function, or the URI of a procedure, that authorizes each CALL, REGISTER, PUBLISH and SUBSCRIBE that the role's rules allow,
   * including the meta API. Without `roles`, and for a role without `permissions`, it decides alone. Denied requests are answered
   * with `wamp.error.not_authorized`. It is never asked about the role `trusted` or about the callee of the procedure. Default:
   * only the rules decide.
   */
  readonly authorize?: Authorizer | string;
  /** The policies of the application, in order. Each may refuse or rewrite requests of sessions. Default: none. */
  readonly policies?: readonly Policy[];
  /**
   * The limits of the realm and of each session. Omitted limits have their defaults. Default: the defaults of `RealmLimits`
   * and `SessionLimits`.
   */
  readonly limits?: { readonly realm?: Partial<RealmLimits>; readonly session?: Partial<SessionLimits> };
  /**
   * Contracts against which every CALL, RESULT and PUBLISH of their URIs is validated. Invalid payloads of callers and publishers
   * are refused with `wamp.error.invalid_argument`, those of callees with `wampact.error.invalid_output`. Passthru payloads
   * (`ppt_scheme`) cannot be read and are not validated. Default: none.
   */
  readonly enforce?: readonly Contract[];
  /**
   * Whether callers and publishers are disclosed to callees and subscribers. `requested`: if the caller, publisher or callee
   * requests it. `never`: `disclose_me` is refused with `wamp.error.option_disallowed.disclose_me`, and `disclose_caller` of a
   * callee with `wamp.error.option_not_allowed`. `always`: without request. A function decides by session and URI.
   * Default: `requested`. Spec: Advanced Profile, "Caller Identification" and "Publisher Identification".
   */
  readonly disclosure?: Disclosure | ((who: Party, uri: string, action: DisclosingAction) => Disclosure);
  /** The topics and patterns with an event history for `wamp.subscription.get_events`. Default: none. */
  readonly history?: readonly HistoryOptions[];
  /** The lifetime of a retained event, in milliseconds. Default: 0, no limit. */
  readonly retainMs?: number;
  /**
   * The store of retained events and histories, or a function that creates it: `lmdbStore()` of `wampact/lmdb` persists events on disk, and
   * `natsStore()` of `wampact/nats` is one store for all routers of a cluster. The router closes it. Default: `memoryStore()`.
   */
  readonly store?: EventStore | EventStoreMaker;
  /**
   * Whether payloads are forwarded without verifying that they are well formed: those of all sessions, or of the sessions for
   * which the function returns true, such as `({ authrole }) => authrole === "backend"`. It saves half a nanosecond per byte of
   * long JSON strings and two per byte of small values. A malformed payload of a trusted peer breaks the parsers of its
   * receivers. Default: false.
   */
  readonly trustPayloads?: boolean | ((who: Party) => boolean);
  /**
   * Returns the trust level that callees and subscribers see, a non-negative integer, or `undefined` for none. Default: none.
   * Spec: Advanced Profile, "Call Trust Levels" and "Publication Trust Levels".
   */
  readonly trustLevel?: (who: Party, uri: string, action: "call" | "publish") => number | undefined;
}

/** The settings of a realm that `router.reconfigure` changes without ending its sessions. */
export type RealmChanges = {
  readonly [Name in
    | "auth"
    | "roles"
    | "open"
    | "authorize"
    | "limits"
    | "disclosure"
    | "trustPayloads"
    | "trustLevel"]?: RealmConfig[Name] | undefined;
};

/** A topic or pattern with an event history. Its subscription exists even without subscribers. */
export interface HistoryOptions {
  /** A URI, or a pattern if `match` says so. */
  readonly topic: string;
  /** The match policy of the topic. Default: `exact`. */
  readonly match?: MatchPolicy;
  /** The maximum number of stored events. The oldest are dropped. Default: 1,000. */
  readonly limit?: number;
}

export interface RouterConfig {
  /** The realms of the router, at least one. No two have the same name. */
  readonly realms: readonly RealmConfig[];
  /** The serializers of connections, in order of preference. Default: JSON, MessagePack and CBOR. */
  readonly serializers?: readonly Serializer[];
  /** The name of the router's software in WELCOME. Default: `wampact`. */
  readonly agent?: string;
  /**
   * The timeout for each of: opening a connection, HELLO, authentication, and the answer to GOODBYE; in milliseconds.
   * Default: 10,000.
   */
  readonly handshakeTimeoutMs?: number;
  /** The failed logins that delay further ones. Default: those with the same `authid` and those from the same address. */
  readonly failedLogins?: FailedLogins;
  /**
   * The maximum number of handshakes per second; `Infinity` for no limit. Further connections wait for up to 5 s, so that
   * reconnecting clients do not slow down connected ones. Peers in this process never wait. Default: 200.
   */
  readonly maxHandshakesPerSecond?: number;
  /**
   * The maximum number of unsent bytes of all connections. Beyond it, the slowest connections are cut. An event for several
   * connections counts once. It also limits the memory of messages that have arrived in part: beyond it, the connections whose
   * message has been incomplete for longest are cut. Default: a quarter of the memory available to the process, at most 1 GiB.
   */
  readonly maxTotalUnsentBytes?: number;
  /** The clock for timeouts, for tests. Default: the system clock. */
  readonly clock?: Clock;
  /**
   * Called with internal errors of the router, its policies and stores, never with errors of clients. The correlation ID is also
   * sent to the client. Default: prints to standard error.
   */
  readonly onError?: OnError;
  /** Receives events: refused connections, sessions that join and leave, and more. Default: none. */
  readonly observer?: RouterObserver | readonly RouterObserver[];
  /**
   * The cluster of routers that share their realms: calls reach callees at all routers, and events all subscribers. `listen`
   * resolves after the router has joined. All routers must have the same realms with the same `strictUris`, `disclosure` and
   * `history`. Default: no cluster.
   */
  readonly cluster?: Cluster;
  /** Counts messages, calls and events, such as `createMetrics()` of `wampact/operations`. Default: none. */
  readonly meter?: RouterMeter;
}

const uri: SettingRule = {
  expected: 'a URI such as "com.app"',
  quotes: true,
  accepts: (value) => typeof value === "string" && isUri(value),
};
const notNegative: SettingRule = {
  expected: "a non-negative number",
  accepts: (value) => typeof value === "number" && value >= 0,
};

function isAuthenticator(value: unknown): boolean {
  return isDict(value) && typeof value.method === "string" && typeof value.begin === "function";
}

function either(expected: string, ...rules: readonly SettingRule[]): SettingRule {
  return { expected, accepts: (value) => rules.some((rule) => rule.accepts(value)) };
}

const ROUTER_RULES: SettingRules<RouterConfig> = {
  realms: { expected: 'at least one realm, such as [{ name: "com.app" }]', accepts: isFilledList },
  serializers: {
    expected: "at least one serializer, such as json()",
    accepts: filledListOf((item) => hasMethods(item, "decode", "encode")),
  },
  agent: text,
  handshakeTimeoutMs: positive,
  failedLogins: object,
  maxHandshakesPerSecond: positive,
  maxTotalUnsentBytes: positive,
  clock: withMethods("a clock with the methods now and after", "now", "after"),
  onError: callback,
  observer: either("a function, or a list of functions", callback, functions),
  cluster: withMethods("a cluster such as natsCluster({ servers })", "member"),
  meter: withMethods("a meter such as createMetrics()", "observe", "received", "sent", "realm"),
};

const REALM_RULES: SettingRules<RealmConfig> = {
  name: uri,
  strictUris: flag,
  strictRequestIds: flag,
  auth: { expected: "at least one authenticator, such as anonymous()", accepts: filledListOf(isAuthenticator) },
  roles: either("roles by name, or a function that returns them", object, callback),
  open: flag,
  authorize: either("a function, or the URI of a procedure", callback, uri),
  policies: list,
  limits: object,
  enforce: { expected: "a list of contracts", accepts: (value) => Array.isArray(value) && value.every(object.accepts) },
  disclosure: either('"requested", "never", "always" or a function', oneOf("requested", "never", "always"), callback),
  history: list,
  retainMs: notNegative,
  store: either("an event store such as memoryStore(), or a function that creates one", object, callback),
  trustPayloads: either("true, false or a function", flag, callback),
  trustLevel: callback,
};

const { auth, roles, open, authorize, limits, disclosure, trustPayloads, trustLevel } = REALM_RULES;
const CHANGE_RULES: SettingRules<RealmChanges> = {
  auth,
  roles,
  open,
  authorize,
  limits,
  disclosure,
  trustPayloads,
  trustLevel,
};

const FAILED_LOGINS_RULES: SettingRules<FailedLogins> = { slowAuthid: flag, slowAddress: flag, foldAuthid: callback };

const LIMITS_RULES: SettingRules<NonNullable<RealmConfig["limits"]>> = { realm: object, session: object };

const HISTORY_RULES: SettingRules<HistoryOptions> = {
  topic: text,
  match: oneOf("exact", "prefix", "wildcard"),
  limit: counting,
};

/** Throws `TypeError` with the path of the setting for an invalid configuration or an unknown key. */
export function checkConfig(config: RouterConfig): void {
  checkSettings(config, ROUTER_RULES, "createRouter");
  checkSettings(config.failedLogins ?? {}, FAILED_LOGINS_RULES, "failedLogins");
  if (config.realms === undefined)
    throw new TypeError('createRouter.realms: expected at least one, such as [{ name: "com.app" }]');
  const names = new Set<string>();
  for (const [index, realm] of config.realms.entries()) {
    const path = `realms[${index}]`;
    checkRealm(realm, path);
    if (names.has(realm.name)) throw new TypeError(`${path}.name: "${realm.name}" is defined twice`);
    names.add(realm.name);
  }
}

/**
 * Returns a realm's configuration after a change. Throws `TypeError` for invalid settings and for settings that cannot
 * change at run time.
 */
export function changedRealm(config: RealmConfig, changes: RealmChanges): RealmConfig {
  const path = `realm "${config.name}"`;
  checkSettings(changes, CHANGE_RULES, path);
  const settings = Object.entries({ ...config, ...changes }).filter(([, value]) => value !== undefined);
  const changed = Object.fromEntries(settings) as unknown as RealmConfig; // the result is checked
  checkRealm(changed, path);
  return changed;
}

/** Throws `TypeError` for an invalid configuration of a realm; `path` is its path. */
export function checkRealm(realm: RealmConfig, path: string): void {
  checkSettings(realm, REALM_RULES, path);
  if (realm.name === undefined) throw new TypeError(`${path}.name: expected a URI such as "com.app", got nothing`);
  const { limits = {} } = realm;
  checkSettings(limits, LIMITS_RULES, `${path}.limits`);
  if (limits.realm) checkSettings(limits.realm, REALM_LIMIT_RULES, `${path}.limits.realm`);
  checkPolicies(realm.policies ?? [], `${path}.policies`);
  if (typeof realm.roles === "object") checkRoles(realm.roles, `${path}.roles`);
  if (realm.open && (realm.auth || realm.roles))
    throw new TypeError(
      `${path}.open: a realm with ${realm.auth ? "auth" : "roles"} is not for development; remove open`,
    );
  if (limits.session) checkSettings(limits.session, SESSION_LIMIT_RULES, `${path}.limits.session`);
  checkNamedRoles(realm, path);
  checkHalves(realm.auth ?? [], `${path}.auth`);
  const methods = (realm.auth ?? []).map(({ method }) => method);
  const twice = methods.find((method, index) => methods.indexOf(method) !== index);
  if (twice !== undefined) throw new TypeError(`${path}.auth: the method "${twice}" is defined twice`);
  for (const [index, history] of (realm.history ?? []).entries()) {
    const where = `${path}.history[${index}]`;
    checkSettings(history, HISTORY_RULES, where);
    const { topic, match = "exact" } = history;
    if (typeof topic !== "string") throw new TypeError(`${where}.topic: expected a string, got nothing`);
    if (!isUri(topic, match)) throw new TypeError(`${where}.topic: "${topic}" is not a valid ${match} topic`);
    const fault = notationFault({ uri: topic, match });
    if (fault) throw new TypeError(`${where}.topic: ${fault}`);
  }
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function filledListOf(isItem: (item: unknown) => boolean): SettingRule["accepts"] {
  return (value) => Array.isArray(value) && value.length > 0 && value.every(isItem);
}
