/**
 * What a realm holds. With nobody in it, all are 0, but for the subscriptions that are kept for their history. On a linked realm, registrations
 * and callees are those of all routers, and the rest is of this one.
 */
export interface RealmStats {
  readonly sessions: number;
  readonly subscriptions: number;
  /** Sessions in one subscription or more. */
  readonly subscribers: number;
  readonly registrations: number;
  /** Sessions in one registration or more. */
  readonly callees: number;
  /** Calls that wait for their last answer. */
  readonly pendingCalls: number;
  /** Sessions that have called or been called. */
  readonly callParties: number;
  /** URIs described by reflection. */
  readonly definitions: number;
  /** Sessions that have described one or more. */
  readonly definers: number;
  /** Sessions that will leave a testament. */
  readonly testators: number;
}
