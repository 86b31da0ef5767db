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
  /** URIs described by reflection. Default 10,000. */
  readonly maxDefinitions: number;
}

export const SESSION_LIMITS: SessionLimits = {
  maxSubscriptions: 100_000,
  maxRegistrations: 100_000,
  maxPendingCalls: 100_000,
  maxTestaments: 100,
  maxDefinitions: 10_000,
};

export const SESSION_LIMIT_RULES: SettingRules<SessionLimits> = {
  maxSubscriptions: natural,
  maxRegistrations: natural,
  maxPendingCalls: natural,
  maxTestaments: natural,
  maxDefinitions: natural,
};

/** A session that limits are held against. */
export interface LimitedSession {
  readonly grants: { readonly limits: SessionLimits };
}

/** Throws `wampact.error.limit_exceeded` where a session that holds so many may not have one more. */
export function checkLimit(session: LimitedSession, limit: keyof SessionLimits, held: number): void {
  const most = session.grants.limits[limit];
  if (held < most) return;
  throw new LimitExceeded(limit, `${limit}: this session holds ${held}, and may hold ${most}`);
}

/** A request that a limit refuses. */
export class LimitExceeded extends WampError {
  readonly limit: string;

  constructor(limit: string, words: string) {
    super(LIMIT_EXCEEDED, { args: [words], kwargs: { limit } });
    this.limit = limit;
  }
}
