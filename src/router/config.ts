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

/** A realm: a namespace of its own, whose sessions never meet those of another. */
export interface RealmConfig {
  /** The realm's URI, such as `com.app`. */
  readonly name: string;
  /** URIs hold only `0-9`, `a-z` and `_` between their dots. Default false: anything but blanks and `#`. */
  readonly strictUris?: boolean;
  /** A client's request IDs must count 1, 2, 3 …; a gap ends its session. Default false, since old clients draw them at random. */
  readonly strictRequestIds?: boolean;
  /** The ways for clients to say who they are. The first method that a client offers and the realm has is used. Default `[anonymous()]`. */
  readonly auth?: readonly Authenticator[];
  /**
   * What the sessions of each role may do; a client whose role is not among them is refused. A function is asked when the router is made, and
   * by `router.refresh(realm)`. The role `trusted`, which peers of `router.attach()` have, may do everything unless it is among them, too.
   * Default: all sessions may do everything but end the sessions of others and revoke what they hold.
   */
  readonly roles?: RolesConfig | (() => RolesConfig);
  /**
   * A realm that has neither `auth` nor `roles` is for development: it takes clients of this machine only. True takes them from
   * everywhere, each of them anonymous. Default false.
   */
  readonly open?: boolean;
  /**
   * Asked before each CALL, REGISTER, PUBLISH and SUBSCRIBE that the rules of the role allow, those of the meta API included. It decides alone
   * where there are no `roles`, and for a role without `permissions`. What it denies is answered with `wamp.error.not_authorized`. It is never
   * asked about the role `trusted`. Default: the rules alone decide. A text is the URI of a procedure that decides; who serves it is not asked about.
   */
  readonly authorize?: Authorizer | string;
  /** Policies of the application, in order: each may refuse or rewrite what its sessions do. Default none. */
  readonly policies?: readonly Policy[];
  /** How much the realm may hold, and each of its sessions; the limits that are left out have their defaults. Default: the defaults of each limit. */
  readonly limits?: { readonly realm?: Partial<RealmLimits>; readonly session?: Partial<SessionLimits> };
  /**
   * Contracts that every CALL, RESULT and PUBLISH of their URIs is held to, whoever sent it. What does not fit is refused with
   * `wamp.error.invalid_argument` where it is the caller's or the publisher's fault, `wampact.error.invalid_output` where it is
   * the callee's. Payloads passed through (`ppt_scheme`) cannot be read and are not checked. Default none.
   */
  readonly enforce?: readonly Contract[];
  /**
   * Whether callees and subscribers are told who calls or publishes. Default `requested`: where the caller, the publisher
   * or the callee asks for it. `never`: `disclose_me` is refused with `wamp.error.option_disallowed.disclose_me`, and a callee's
   * `disclose_caller` with `wamp.error.option_not_allowed`. `always`: whoever asks or not. A function decides by who acts, and
   * on what. Spec: Advanced Profile, "Caller Identification" and "Publisher Identification".
   */
  readonly disclosure?: Disclosure | ((who: Party, uri: string, action: DisclosingAction) => Disclosure);
  /** Topics and patterns whose events are kept for `wamp.subscription.get_events`. Default none. */
  readonly history?: readonly HistoryOptions[];
  /** How long a retained event is given to new subscribers, in milliseconds. Default 0, for ever. */
  readonly retainMs?: number;
  /**
   * Where retained events and histories are kept, or what makes that for a realm: `lmdbStore()` of `wampact/lmdb` outlives the router, and
   * `natsStore()` of `wampact/nats` is one store for all routers of a cluster. Default: `memoryStore()`. The router closes it.
   */
  readonly store?: EventStore | EventStoreMaker;
  /**
   * Passes payloads on as they come, without verifying that they are well formed: of all sessions, or of those that the function
   * names, such as `({ authrole }) => authrole === "backend"`. It saves half a nanosecond for each byte of a long text in JSON,
   * two for each byte of small values. What a trusted peer spoils breaks the parsers of those that receive it. Default false.
   */
  readonly trustPayloads?: boolean | ((who: Party) => boolean);
  /**
   * The trust level that callees and subscribers are told, from 0 upwards; `undefined` tells none. Default: none.
   * Spec: Advanced Profile, "Call Trust Levels" and "Publication Trust Levels".
   */
  readonly trustLevel?: (who: Party, uri: string, action: "call" | "publish") => number | undefined;
}

/** The settings of a realm that `router.reconfigure` replaces while its sessions stand. */
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

/** A topic or pattern whose events are kept. Its subscription stands without subscribers, too. */
export interface HistoryOptions {
  /** A URI, or a pattern if `match` says so. */
  readonly topic: string;
  /** How `topic` matches the topics of events. Default `exact`. */
  readonly match?: MatchPolicy;
  /** Events kept; the oldest beyond it are dropped. Default 1,000. */
  readonly limit?: number;
}

export interface RouterConfig {
  /** The realms of the router, at least one. No two have the same name. */
  readonly realms: readonly RealmConfig[];
  /** What connections may speak, in order of preference. Default JSON, MessagePack and CBOR. */
  readonly serializers?: readonly Serializer[];
  /** What WELCOME names as the router's software. Default `wampact`. */
  readonly agent?: string;
  /**
   * Longest time a connection may take to open, to say HELLO, to be authenticated, or to answer GOODBYE: each in milliseconds.
   * Default 10,000.
   */
  readonly handshakeTimeoutMs?: number;
  /** Which failed logins slow down the next ones: those under the same `authid`, or from the same address. Default: both. */
  readonly failedLogins?: FailedLogins;
  /**
   * How many connections are let in within a second. Of those that come faster, each waits for its turn, 5 s at most, so that clients
   * which come back together do not hold up the others. Peers in this process never wait. `Infinity`: nobody does. Default 200.
   */
  readonly maxHandshakesPerSecond?: number;
  /**
   * Unsent bytes of all connections together, beyond which those that read slowest are cut; an event that several wait for counts once.
   * Default: a quarter of the memory that the process may use, at most 1 GiB.
   */
  readonly maxTotalUnsentBytes?: number;
  /** What time limits are measured with: for tests, which may stand still. Default: the system's. */
  readonly clock?: Clock;
  /**
   * Told of faults of the router itself, of policies and of stores, never of a client's, with the correlation ID that whoever asked has been
   * told. Default: printed on standard error.
   */
  readonly onError?: OnError;
  /** Told what happens: connections refused, sessions that join and leave, and more. Default: nobody. */
  readonly observer?: RouterObserver | readonly RouterObserver[];
  /**
   * Other routers with which this one makes its realms one: who registers at one is called from all, and events reach every subscriber. `listen`
   * resolves when it has joined them. All must have the same realms, and for each the same `strictUris`, `disclosure` and `history`. Default:
   * the router is alone.
   */
  readonly cluster?: Cluster;
  /** Counts messages, calls and events, such as `createMetrics()` of `wampact/operations`. Default: nothing is counted. */
  readonly meter?: RouterMeter;
}

const uri: SettingRule = {
  expected: 'a URI such as "com.app"',
  quotes: true,
  accepts: (value) => typeof value === "string" && isUri(value),
};
const notNegative: SettingRule = {
  expected: "a number from 0",
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
  clock: withMethods("a clock, with the methods now and after", "now", "after"),
  onError: callback,
  observer: either("a function, or a list of functions", callback, functions),
  cluster: withMethods("a cluster, with the method member", "member"),
  meter: withMethods("a meter such as createMetrics()", "observe", "received", "sent", "realm"),
};

const REALM_RULES: SettingRules<RealmConfig> = {
  name: uri,
  strictUris: flag,
  strictRequestIds: flag,
  auth: { expected: "at least one authenticator, such as anonymous()", accepts: filledListOf(isAuthenticator) },
  roles: either("roles by name, or a function that gives them", object, callback),
  open: flag,
  authorize: either("a function, or the URI of a procedure", callback, uri),
  policies: list,
  limits: object,
  enforce: { expected: "a list of contracts", accepts: (value) => Array.isArray(value) && value.every(object.accepts) },
  disclosure: either('"requested", "never", "always" or a function', oneOf("requested", "never", "always"), callback),
  history: list,
  retainMs: notNegative,
  store: either("an event store such as memoryStore(), or a function that makes one", object, callback),
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

/** Throws `TypeError` for a configuration that cannot be, with the path of the setting: an unknown key is refused by name. */
export function checkConfig(config: RouterConfig): void {
  checkSettings(config, ROUTER_RULES, "createRouter");
  checkSettings(config.failedLogins ?? {}, FAILED_LOGINS_RULES, "failedLogins");
  if (config.realms === undefined)
    throw new TypeError('createRouter.realms: expected at least one, such as [{ name: "com.app" }]');
  const names = new Set<string>();
  for (const [index, realm] of config.realms.entries()) {
    const path = `realms[${index}]`;
    checkRealm(realm, path);
    if (names.has(realm.name)) throw new TypeError(`${path}.name: "${realm.name}" is there twice`);
    names.add(realm.name);
  }
}

/** A realm's configuration after a change. Throws `TypeError` for one that cannot be, and for settings that do not change while it runs. */
export function changedRealm(config: RealmConfig, changes: RealmChanges): RealmConfig {
  const path = `realm "${config.name}"`;
  checkSettings(changes, CHANGE_RULES, path);
  const settings = Object.entries({ ...config, ...changes }).filter(([, value]) => value !== undefined);
  const changed = Object.fromEntries(settings) as unknown as RealmConfig; // each of them is checked
  checkRealm(changed, path);
  return changed;
}

/** Throws `TypeError` for a realm's configuration that cannot be; `path` is where it stands. */
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
      `${path}.open: a realm with ${realm.auth ? "auth" : "roles"} is open to those it takes; leave it out`,
    );
  if (limits.session) checkSettings(limits.session, SESSION_LIMIT_RULES, `${path}.limits.session`);
  checkNamedRoles(realm, path);
  checkHalves(realm.auth ?? [], `${path}.auth`);
  const methods = (realm.auth ?? []).map(({ method }) => method);
  const twice = methods.find((method, index) => methods.indexOf(method) !== index);
  if (twice !== undefined) throw new TypeError(`${path}.auth: the method "${twice}" is there twice`);
  for (const [index, history] of (realm.history ?? []).entries()) {
    const where = `${path}.history[${index}]`;
    checkSettings(history, HISTORY_RULES, where);
    const { topic, match = "exact" } = history;
    if (typeof topic !== "string") throw new TypeError(`${where}.topic: expected a string, got nothing`);
    if (!isUri(topic, match)) throw new TypeError(`${where}.topic: "${topic}" is no valid ${match} topic`);
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
