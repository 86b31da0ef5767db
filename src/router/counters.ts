import type { RouterObserver } from "./observer.js";

/** The counts of a realm since the router was created. */
export interface RealmTotals {
  readonly joined: number;
  readonly left: number;
  /** The sessions that were cut because they were too slow or dead. */
  readonly cut: number;
  /** The number of times that a callee owed an answer and did not respond. */
  readonly frozen: number;
  /** The events that could not be sent to a receiver, for example because its serializer does not support a value. */
  readonly dropped: number;
  /** The requests that were refused because of a limit. */
  readonly limited: number;
  /** The requests that were denied by permissions. */
  readonly denied: number;
  /** The refused requests by the name of the limit, such as `session.maxSubscriptions`. Limits without refusals are absent. */
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

/** Counts the events of a router by realm. */
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
