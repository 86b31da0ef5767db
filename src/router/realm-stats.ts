/**
 * The state of a realm. In an empty realm all numbers are 0, except for subscriptions with a history. In a linked realm,
 * registrations and callees are those of all routers, and the other numbers those of this router.
 */
export interface RealmStats {
  readonly sessions: number;
  readonly subscriptions: number;
  /** The sessions with at least one subscription. */
  readonly subscribers: number;
  readonly registrations: number;
  /** The sessions with at least one registration. */
  readonly callees: number;
  /** The calls without final answer. */
  readonly pendingCalls: number;
  /** The sessions that have called or been called. */
  readonly callParties: number;
  /** The URIs described by reflection. */
  readonly definitions: number;
  /** The sessions that have described at least one URI. */
  readonly definers: number;
  /** The sessions with testaments. */
  readonly testators: number;
}
