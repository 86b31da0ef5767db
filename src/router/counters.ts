import type { RouterObserver } from "./observer.js";

/** What has happened in a realm since the router was made. */
export interface RealmTotals {
  readonly joined: number;
  readonly left: number;
  /** Of those that left, how many were cut because they were too slow or dead. */
  readonly cut: number;
  /** Events that one receiver could not be given, such as values that its serializer does not have. */
  readonly dropped: number;
  /** Requests that were refused by a limit. */
  readonly limited: number;
}

type MutableTotals = { -readonly [Name in keyof RealmTotals]: number };

/** Counts what a router tells, by realm. */
export class Counters {
  readonly #byRealm = new Map<string, MutableTotals>();

  readonly observe: RouterObserver = (event) => {
    if (!("realm" in event)) return;
    const totals = this.#of(event.realm);
    totals[event.type]++;
    if (event.type === "left" && event.endedBy === "cut") totals.cut++;
  };

  totals(realm: string): RealmTotals {
    return { ...this.#of(realm) };
  }

  #of(realm: string): MutableTotals {
    let totals = this.#byRealm.get(realm);
    if (!totals) {
      totals = { joined: 0, left: 0, cut: 0, dropped: 0, limited: 0 };
      this.#byRealm.set(realm, totals);
    }
    return totals;
  }
}
