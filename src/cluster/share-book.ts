import type { RealmSession } from "../router/realm-session.js";
import type { Entry, OwnShare } from "./entry.js";

/** The shares of this node's sessions, by session and registration. */
export class ShareBook {
  readonly #bySession = new Map<RealmSession, Map<Entry, OwnShare>>();
  readonly #unannounced = new Map<RealmSession, Map<Entry, OwnShare>>(); // of these

  /** Returns the share of a session in one registration. */
  find(session: RealmSession, entry: Entry): OwnShare | undefined {
    return this.#bySession.get(session)?.get(entry);
  }

  /** Returns the current shares of a session. */
  of(session: RealmSession): readonly (readonly [Entry, OwnShare])[] {
    return [...(this.#bySession.get(session) ?? [])];
  }

  /** Returns the entries for which a session waits for the answer to a REGISTER. */
  unannounced(session: RealmSession): Iterable<Entry> {
    return this.#unannounced.get(session)?.keys() ?? [];
  }

  add(entry: Entry, own: OwnShare): void {
    for (const book of [this.#bySession, this.#unannounced]) {
      const shares = book.get(own.callee.session);
      if (shares) shares.set(entry, own);
      else book.set(own.callee.session, new Map([[entry, own]]));
    }
  }

  announced(entry: Entry, own: OwnShare): void {
    removeFrom(this.#unannounced, entry, own);
  }

  remove(entry: Entry, own: OwnShare): void {
    removeFrom(this.#bySession, entry, own);
    removeFrom(this.#unannounced, entry, own);
  }
}

function removeFrom(book: Map<RealmSession, Map<Entry, OwnShare>>, entry: Entry, own: OwnShare): void {
  const { session } = own.callee;
  const shares = book.get(session);
  if (shares?.get(entry) !== own) return;
  shares.delete(entry);
  if (shares.size === 0) book.delete(session);
}
