import type { Id } from "../wire/ids.js";
import type { EndingOfMany, RealmLink } from "./realm-link.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { Slices } from "./slices.js";

/** The fixed cost of ending a session: encoding GOODBYE, clearing its maps, publishing its leave event. */
const SESSION_COST = 16;
/** The number of a session's entries that cost as much as one unit. */
const ENTRIES = 16;

/** The content of GOODBYE. */
export interface Farewell {
  readonly reason: string;
  readonly message: string | undefined;
}

/** The interface of dismissals to their realm. */
export interface DismissalHost {
  /** The sessions of the realm by ID. */
  readonly sessions: Map<Id, RealmSession>;
  link(): RealmLink | undefined;
  /** Returns the number of registrations and subscriptions of a session. */
  entriesOf(session: RealmSession): number;
  end(session: RealmSession, farewell: Farewell, silent: boolean): void;
}

/**
 * Ends many sessions together, possibly 100,000. Their requests are ignored at once. GOODBYE and the cleanup are done in slices.
 */
export class Dismissals {
  readonly #slices: Slices<() => number>;
  readonly #host: DismissalHost;
  readonly #silenced = new WeakSet<RealmSession>(); // of other routers, which leave without meta events

  constructor({ defer }: Pick<Surroundings, "defer">, host: DismissalHost) {
    this.#host = host;
    this.#slices = new Slices((end) => end(), defer);
  }

  /**
   * Ends the sessions that pass a test and returns them. They are removed from the realm at once, however long it takes to end all
   * of them. `silent` means that no audience is left. The first sessions are ended before this returns.
   */
  endAll(test: (session: RealmSession) => boolean, farewell: Farewell, silent: boolean): readonly RealmSession[] {
    const { sessions, link } = this.#host;
    const ending: RealmSession[] = [];
    const staying: RealmSession[] = [];
    for (const session of sessions.values()) (test(session) ? ending : staying).push(session);
    if (staying.length < ending.length) {
      sessions.clear(); // removing 100,000 one by one would block the router
      for (const session of staying) sessions.set(session.id, session);
    } else for (const { id } of ending) sessions.delete(id);
    const linked = silent ? link() : undefined;
    if (linked) this.#silence(ending);
    linked?.endAll({ except: staying[0]?.id ?? 0, ...farewell, silent });
    this.#add(linked ? ending.filter(isOwn) : ending, farewell, silent);
    return ending;
  }

  /** Ends the sessions of this router except one, at the request of another router. */
  endOwn({ except, reason, message, silent }: EndingOfMany): void {
    const ending = [...this.#host.sessions.values()].filter((each) => isOwn(each) && each.id !== except);
    for (const { id } of ending) this.#host.sessions.delete(id);
    this.#add(ending, { reason, message }, silent);
  }

  /** Returns whether a session of another router leaves without meta events. */
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
