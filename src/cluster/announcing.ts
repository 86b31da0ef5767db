import type { RealmSession } from "../router/realm-session.js";
import type { Id } from "../wire/ids.js";
import type { Entry, OwnShare } from "./entry.js";
import { type LinkContext, settled } from "./link-context.js";
import type { RegistrationTable } from "./registration-table.js";
import type { ShareBook } from "./share-book.js";

/** The parts of the directory that `Announcing` uses. */
export interface AnnouncingHost {
  readonly shares: ShareBook;
  readonly table: RegistrationTable;
  /** A session of this node receives the answer for a registration. */
  answered(session: RealmSession): void;
}

/** Answers sessions of this node that they have a share, or no longer have one, once the other nodes know. */
export class Announcing {
  readonly #context: LinkContext;
  readonly #host: AnnouncingHost;

  constructor(context: LinkContext, host: AnnouncingHost) {
    this.#context = context;
    this.#host = host;
  }

  /** The directory now has these shares. */
  written(entry: Entry, there: ReadonlySet<Id>, revision: number): void {
    const written = [...entry.own.values()].filter(({ id, state }) => state === "wanted" && there.has(id));
    if (written.length === 0) return;
    for (const own of written) own.state = "written";
    const { incarnation } = this.#context.me;
    void settled(this.#context, revision).then(() => {
      // a node that is cut off got no answer: the others may have expelled it
      if (this.#context.me.incarnation === incarnation && !this.#context.isIsolated) this.#announce(entry, written);
    });
  }

  /** The directory no longer has some shares that were given back. */
  removed(entry: Entry): void {
    const { partings, revision } = entry;
    const done = partings.filter(({ share }) => !entry.has(share));
    if (done.length === 0) return;
    entry.partings = partings.filter(({ share }) => entry.has(share));
    void settled(this.#context, revision).then(() => {
      for (const each of done) each.done();
    });
  }

  #announce(entry: Entry, written: readonly OwnShare[]): void {
    const { shares, table, answered } = this.#host;
    const still = written.filter((own) => entry.own.get(own.id) === own && own.state === "written");
    const id = entry.record?.id;
    if (id === undefined || still.length === 0) return;
    for (const own of still) {
      own.state = "announced";
      shares.announced(entry, own);
    }
    table.apply(entry);
    for (const { answers, callee } of still) {
      for (const answer of answers.splice(0)) answer.registered(id);
      answered(callee.session);
    }
  }
}
