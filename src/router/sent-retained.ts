import type { Clock } from "../session/clock.js";
import type { Id } from "../wire/ids.js";

/** The time for which a sent event is remembered at least, in milliseconds. Its live copy takes less, unless its router is expelled. */
const LEAST_MS = 30_000;
/** The maximum number of sent events that are remembered in one such period. */
const MOST = 50_000;

/** The receivers of retained events: publication → subscription, session, subscription, session, … */
type Receivers = Map<Id, Id[]>;

/**
 * The retained events that new subscribers have received within the last 30 to 60 s. An event that a store shows before it is
 * delivered may reach a new subscriber as a retained event first. Its live copy then skips this subscriber.
 */
export class SentRetained {
  readonly #clock: Pick<Clock, "now">;
  #recent: Receivers = new Map();
  #older: Receivers = new Map(); // of the period before
  #sinceMs = 0; // when the current period began
  #count = 0; // of receivers in the current period
  #forgotten = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** The number of periods that ended early because too many events were sent. */
  get forgotten(): number {
    return this.#forgotten;
  }

  add(publication: Id, { subscription, session }: { readonly subscription: Id; readonly session: Id }): void {
    this.#age();
    if (this.#count >= MOST) {
      this.#forgotten++;
      this.#nextPeriod();
    }
    this.#count++;
    const receivers = this.#recent.get(publication);
    if (receivers) receivers.push(subscription, session);
    else this.#recent.set(publication, [subscription, session]);
  }

  /**
   * Returns the sessions that have received an event, by subscription. `undefined` if there are none. They are forgotten, because the
   * live copy comes once.
   */
  take(publication: Id): ReadonlyMap<Id, readonly Id[]> | undefined {
    if (this.#recent.size === 0 && this.#older.size === 0) return undefined;
    this.#age();
    let taken: Map<Id, Id[]> | undefined;
    for (const period of [this.#older, this.#recent]) {
      const receivers = period.get(publication);
      if (!receivers) continue;
      period.delete(publication);
      taken ??= new Map();
      for (let at = 0; at < receivers.length; at += 2) {
        const [subscription, session] = [receivers[at] as Id, receivers[at + 1] as Id];
        const sessions = taken.get(subscription);
        if (sessions) sessions.push(session);
        else taken.set(subscription, [session]);
      }
    }
    return taken;
  }

  /** Begins another period when the current one is over, or when the clock was set back and its length is unknown. */
  #age(): void {
    const lastedMs = this.#clock.now() - this.#sinceMs;
    if (lastedMs >= 0 && lastedMs < LEAST_MS) return;
    this.#nextPeriod();
    if (lastedMs >= 2 * LEAST_MS) this.#older = new Map();
  }

  #nextPeriod(): void {
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#count = 0;
    this.#sinceMs = this.#clock.now();
  }
}
