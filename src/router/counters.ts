import type { RouterObserver } from "./observer.js";

/** What has happened in a realm since the router was made. */
export interface RealmTotals {
  readonly joined: number;
  readonly left: number;
  /** Of those that left, how many were cut because they were too slow or dead. */
  readonly cut: number;
  /** How often a callee owed an answer and showed no sign of life. */
  readonly frozen: number;
  /** Events that one receiver could not be given, such as values that its serializer does not have. */
  readonly dropped: number;
  /** Requests that were refused by a limit. */
  readonly limited: number;
  /** Requests that a session may not make. */
  readonly denied: number;
  /** The same by the limit's name, such as `session.maxSubscriptions`; those that have refused nothing are missing. */
  readonly limitedBy: Readonly<Record<string, number>>;
}

interface Counts {
  joined: number;
  left: number;
  cut: number;
  frozen: number;
  dropped: number;
  limited: number;
  denied: number;
  readonly limitedBy: Map<string, number>;
}

/** Counts what a router tells, by realm. */
export class Counters {
  readonly #byRealm = new Map<string, Counts>();

  readonly observe: RouterObserver = (event) => {
    if (!("realm" in event) || event.type === "kept_apart") return;
    const counts = this.#of(event.realm);
    counts[event.type]++;
    if (event.type === "left" && event.endedBy === "cut") counts.cut++;
    if (event.type === "limited") counts.limitedBy.set(event.limit, (counts.limitedBy.get(event.limit) ?? 0) + 1);
  };

  totals(realm: string): RealmTotals {
    const { limitedBy, ...counts } = this.#of(realm);
    return { ...counts, limitedBy: Object.fromEntries(limitedBy) };
  }

  #of(realm: string): Counts {
    let counts = this.#byRealm.get(realm);
    if (!counts) {
      counts = { joined: 0, left: 0, cut: 0, frozen: 0, dropped: 0, limited: 0, denied: 0, limitedBy: new Map() };
      this.#byRealm.set(realm, counts);
    }
    return counts;
  }
}
