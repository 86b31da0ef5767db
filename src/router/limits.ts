import { WampError } from "../wire/error.js";
import { natural, type SettingRules } from "../wire/settings.js";
import { LIMIT_EXCEEDED } from "../wire/uris.js";

/** How much one session may hold. What goes beyond is refused with `wampact.error.limit_exceeded`. */
export interface SessionLimits {
  /** Subscriptions. Default 100,000. */
  readonly maxSubscriptions: number;
  /** Registrations. Default 100,000. */
  readonly maxRegistrations: number;
  /** Calls without a last answer. Default 100,000. */
  readonly maxPendingCalls: number;
  /** Testaments. Default 100. */
  readonly maxTestaments: number;
  /** Bytes of their payloads, about. Default 1 MiB. */
  readonly maxTestamentBytes: number;
  /** URIs described by reflection. Default 10,000. */
  readonly maxDefinitions: number;
  /** Bytes of these descriptions, as JSON. One of them may take 64 KiB. Default 16 MiB. */
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

/** How much a realm may hold, all its sessions together. What goes beyond is refused with `wampact.error.limit_exceeded`. */
export interface RealmLimits {
  /** Sessions; one more is refused with ABORT. Default 100,000. */
  readonly maxSessions: number;
  /** Subscriptions of different topics and patterns. Default 1,000,000. */
  readonly maxSubscriptions: number;
  /** Registrations of different procedures and patterns. Default 1,000,000. */
  readonly maxRegistrations: number;
  /** Calls without a last answer. Default 1,000,000. */
  readonly maxPendingCalls: number;
  /** Bytes of all testaments' payloads, about. Default 64 MiB. */
  readonly maxTestamentBytes: number;
  /** URIs described by reflection. Default 100,000. */
  readonly maxDefinitions: number;
  /** Bytes of a URI or pattern; a longer one is answered with `wamp.error.invalid_uri`. Default 1,024. */
  readonly maxUriBytes: number;
  /** Components of a URI or pattern, likewise. Default 256. */
  readonly maxUriComponents: number;
}

/** What the sessions of one router hold, of what a realm limits and the other routers do not know one by one. */
export interface RealmLoad {
  /** Calls that they have made. */
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

/** A session that limits are held against. */
export interface LimitedSession {
  readonly grants: { readonly limits: SessionLimits };
}

/** Throws `wampact.error.limit_exceeded` where a session that holds so many may not have `more`. */
export function checkSessionLimit(
  session: LimitedSession,
  limit: keyof SessionLimits,
  { held, more = 1 }: { readonly held: number; readonly more?: number },
): void {
  const most = session.grants.limits[limit];
  if (held + more <= most) return;
  throw new LimitExceeded(`session.${limit}`, `this session would hold ${held + more}, and may hold ${most}`);
}

/** Throws `wampact.error.limit_exceeded` where a realm that holds so many may not have `more`. */
export function checkRealmLimit(
  limits: RealmLimits,
  limit: keyof RealmLimits,
  { held, more = 1 }: { readonly held: number; readonly more?: number },
): void {
  const most = limits[limit];
  if (held + more <= most) return;
  throw new LimitExceeded(`realm.${limit}`, `this realm would hold ${held + more}, and may hold ${most}`);
}

/** A request that a limit refuses. */
export class LimitExceeded extends WampError {
  /** The name of the limit in a realm's configuration, such as `session.maxSubscriptions`. */
  readonly limit: string;

  constructor(limit: string, words: string) {
    super(LIMIT_EXCEEDED, { args: [`${limit}: ${words}`], kwargs: { limit } });
    this.limit = limit;
  }
}
