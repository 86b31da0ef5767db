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

  constructor({ defer }: Pick<Surroundings, "defer">, host: DismissalHost) {
    this.#host = host;
    this.#slices = new Slices((end) => end(), defer);
  }

  /** `silent` says that nobody is left to hear of it. The first end before this returns. */
  add(sessions: readonly RealmSession[], farewell: Farewell, silent: boolean): void {
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
