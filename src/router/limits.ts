import { WampError } from "../wire/error.js";
import { natural, type SettingRules } from "../wire/settings.js";
import { LIMIT_EXCEEDED } from "../wire/uris.js";

/** The limits of one session. Requests beyond them are refused with `wampact.error.limit_exceeded`. */
export interface SessionLimits {
  /** The maximum number of subscriptions. Default: 100,000. */
  readonly maxSubscriptions: number;
  /** The maximum number of registrations. Default: 100,000. */
  readonly maxRegistrations: number;
  /** The maximum number of pending calls. Default: 100,000. */
  readonly maxPendingCalls: number;
  /** The maximum number of testaments. Default: 100. */
  readonly maxTestaments: number;
  /** The approximate maximum size of the payloads of testaments, in bytes. Default: 1 MiB. */
  readonly maxTestamentBytes: number;
  /** The maximum number of URIs described by reflection. Default: 10,000. */
  readonly maxDefinitions: number;
  /** The maximum size of these descriptions as JSON, in bytes. One description may have 64 KiB. Default: 16 MiB. */
  readonly maxDefinitionBytes: number;
}

export const SESSION_LIMITS: SessionLimits = {
  maxSubscriptions: 100_000,
  maxRegistrations: 100_000,
  maxPendingCalls: 100_000,
  maxTestaments: 100,
  maxTestamentBytes: 1024 * 1024,
  maxDefinitions: 10_000,
  maxDefinitionBytes: 16 * 1024 * 1024,
};

export const SESSION_LIMIT_RULES: SettingRules<SessionLimits> = {
  maxSubscriptions: natural,
  maxRegistrations: natural,
  maxPendingCalls: natural,
  maxTestaments: natural,
  maxTestamentBytes: natural,
  maxDefinitions: natural,
  maxDefinitionBytes: natural,
};

/** The limits of all sessions of a realm together. Requests beyond them are refused with `wampact.error.limit_exceeded`. */
export interface RealmLimits {
  /** The maximum number of sessions. Further ones are refused with ABORT. Default: 100,000. */
  readonly maxSessions: number;
  /** The maximum number of distinct topics and patterns with subscribers. Default: 1,000,000. */
  readonly maxSubscriptions: number;
  /** The maximum number of distinct registered procedures and patterns. Default: 1,000,000. */
  readonly maxRegistrations: number;
  /** The maximum number of pending calls. Default: 1,000,000. */
  readonly maxPendingCalls: number;
  /** The approximate maximum size of the payloads of all testaments, in bytes. Default: 64 MiB. */
  readonly maxTestamentBytes: number;
  /** The maximum number of URIs described by reflection. Default: 100,000. */
  readonly maxDefinitions: number;
  /** The maximum length of a URI or pattern, in bytes. Longer ones are refused with `wamp.error.invalid_uri`. Default: 1,024. */
  readonly maxUriBytes: number;
  /** The maximum number of components of a URI or pattern. More are refused with `wamp.error.invalid_uri`. Default: 256. */
  readonly maxUriComponents: number;
}

/** The state of one router's sessions that counts towards realm limits and that other routers do not know individually. */
export interface RealmLoad {
  /** The pending calls of the sessions. */
  pendingCalls: number;
  testamentBytes: number;
  definitions: number;
}

export const NO_LOAD: Readonly<RealmLoad> = { pendingCalls: 0, testamentBytes: 0, definitions: 0 };

export const REALM_LIMITS: RealmLimits = {
  maxSessions: 100_000,
  maxSubscriptions: 1_000_000,
  maxRegistrations: 1_000_000,
  maxPendingCalls: 1_000_000,
  maxTestamentBytes: 64 * 1024 * 1024,
  maxDefinitions: 100_000,
  maxUriBytes: 1_024,
  maxUriComponents: 256,
};

export const REALM_LIMIT_RULES: SettingRules<RealmLimits> = {
  maxSessions: natural,
  maxSubscriptions: natural,
  maxRegistrations: natural,
  maxPendingCalls: natural,
  maxTestamentBytes: natural,
  maxDefinitions: natural,
  maxUriBytes: natural,
  maxUriComponents: natural,
};

/** A session with limits. */
export interface LimitedSession {
  readonly grants: { readonly limits: SessionLimits };
}

/** Throws `wampact.error.limit_exceeded` if a session that has `held` may not have `more`. */
export function checkSessionLimit(
  session: LimitedSession,
  limit: keyof SessionLimits,
  { held, more = 1 }: { readonly held: number; readonly more?: number },
): void {
  const most = session.grants.limits[limit];
  if (held + more <= most) return;
  throw new LimitExceeded(`session.${limit}`, `this session would have ${held + more}, but the limit is ${most}`);
}

/** Throws `wampact.error.limit_exceeded` if a realm that has `held` may not have `more`. */
export function checkRealmLimit(
  limits: RealmLimits,
  limit: keyof RealmLimits,
  { held, more = 1 }: { readonly held: number; readonly more?: number },
): void {
  const most = limits[limit];
  if (held + more <= most) return;
  throw new LimitExceeded(`realm.${limit}`, `this realm would have ${held + more}, but the limit is ${most}`);
}

/** The error for a request beyond a limit. */
export class LimitExceeded extends WampError {
  /** The name of the limit in a realm's configuration, such as `session.maxSubscriptions`. */
  readonly limit: string;

  constructor(limit: string, words: string) {
    super(LIMIT_EXCEEDED, { args: [`${limit}: ${words}`], kwargs: { limit } });
    this.limit = limit;
  }
}
