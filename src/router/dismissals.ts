import type { Id } from "../wire/ids.js";
import type { EndingOfMany, RealmLink } from "./realm-link.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { Slices } from "./slices.js";

/** What one session's end counts beside what it holds: GOODBYE is encoded, its maps are undone, its leaving is told. */
const SESSION_COST = 16;
/** How many of the entries that a session holds count for one. */
const ENTRIES = 16;

/** How sessions are told that they end. */
export interface Farewell {
  readonly reason: string;
  readonly message: string | undefined;
}

/** What ends sessions that a realm has dismissed. */
export interface DismissalHost {
  /** Those who are in the realm, by ID. */
  readonly sessions: Map<Id, RealmSession>;
  link(): RealmLink | undefined;
  /** How many registrations and subscriptions a session holds. */
  entriesOf(session: RealmSession): number;
  end(session: RealmSession, farewell: Farewell, silent: boolean): void;
}

/**
 * Sessions that are ended together, of which there may be 100,000. What they ask is ignored from now on; GOODBYE and what their leaving
 * takes are done in slices.
 */
export class Dismissals {
  readonly #slices: Slices<() => number>;
  readonly #host: DismissalHost;
  readonly #silenced = new WeakSet<RealmSession>(); // of other routers, which are to leave without meta events

  constructor({ defer }: Pick<Surroundings, "defer">, host: DismissalHost) {
    this.#host = host;
    this.#slices = new Slices((end) => end(), defer);
  }

  /**
   * Ends the sessions that a test picks and returns them. None is here any more from now on, however long it takes to tell all of them. `silent`
   * says that nobody is left to hear of it. The first end before this returns.
   */
  endAll(test: (session: RealmSession) => boolean, farewell: Farewell, silent: boolean): readonly RealmSession[] {
    const { sessions, link } = this.#host;
    const ending: RealmSession[] = [];
    const staying: RealmSession[] = [];
    for (const session of sessions.values()) (test(session) ? ending : staying).push(session);
    if (staying.length < ending.length) {
      sessions.clear(); // to take out 100,000 one by one would stop the router
      for (const session of staying) sessions.set(session.id, session);
    } else for (const { id } of ending) sessions.delete(id);
    const linked = silent ? link() : undefined;
    if (linked) this.#silence(ending);
    linked?.endAll({ except: staying[0]?.id ?? 0, ...farewell, silent });
    this.#add(linked ? ending.filter(isOwn) : ending, farewell, silent);
    return ending;
  }

  /** Ends the sessions of this router but one, because another router says so. */
  endOwn({ except, reason, message, silent }: EndingOfMany): void {
    const ending = [...this.#host.sessions.values()].filter((each) => isOwn(each) && each.id !== except);
    for (const { id } of ending) this.#host.sessions.delete(id);
    this.#add(ending, { reason, message }, silent);
  }

  /** Whether nobody is to hear that a session of another router has left. */
  isSilenced(session: RealmSession): boolean {
    return this.#silenced.has(session);
  }

  #silence(sessions: readonly RealmSession[]): void {
    for (const session of sessions) if (!isOwn(session)) this.#silenced.add(session);
  }

  #add(sessions: readonly RealmSession[], farewell: Farewell, silent: boolean): void {
    for (const session of sessions) session.dismiss();
    this.#slices.pushEach(this.#endingsOf(sessions, farewell, silent));
    this.#slices.flush();
  }

  *#endingsOf(sessions: readonly RealmSession[], farewell: Farewell, silent: boolean): Iterable<() => number> {
    for (const session of sessions) {
      yield () => {
        const cost = SESSION_COST + this.#host.entriesOf(session) / ENTRIES;
        this.#host.end(session, farewell, silent);
        return cost;
      };
    }
  }
}

function isOwn({ node }: RealmSession): boolean {
  return node === undefined;
}
