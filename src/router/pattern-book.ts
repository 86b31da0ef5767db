import { type Id, IdCounter } from "../wire/ids.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import type { RealmSession } from "./realm-session.js";

/** What sessions hold under a URI and a match policy: a registration or a subscription. */
export interface PatternEntry {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: MatchPolicy;
}

/** Entries by ID, by pattern and by the sessions that hold them. */
export class PatternBook<Entry extends PatternEntry> {
  readonly #index = new PatternIndex<Entry>();
  readonly #byId = new Map<Id, Entry>();
  readonly #bySession = new Map<RealmSession, Set<Entry>>();
  readonly #ids = new IdCounter();

  /** How many entries there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** How many sessions hold one or more. */
  get holders(): number {
    return this.#bySession.size;
  }

  all(): Iterable<Entry> {
    return this.#byId.values();
  }

  byId(id: Id): Entry | undefined {
    return this.#byId.get(id);
  }

  /** The entry of exactly this pattern. */
  lookup(uri: Uri, match: MatchPolicy): Entry | undefined {
    return this.#index.get(uri, match);
  }

  /** The entry that wins a URI. */
  best(uri: Uri): Entry | undefined {
    return this.#index.best(uri);
  }

  /** Every entry whose pattern matches a URI. */
  matching(uri: Uri): readonly Entry[] {
    return this.#index.all(uri);
  }

  nextId(): Id {
    return this.#ids.next();
  }

  add(entry: Entry): void {
    this.#index.set(entry.uri, entry.match, entry);
    this.#byId.set(entry.id, entry);
  }

  delete(entry: Entry): void {
    this.#index.delete(entry.uri, entry.match);
    this.#byId.delete(entry.id);
  }

  /** How many entries a session holds. */
  countOf(session: RealmSession): number {
    return this.#bySession.get(session)?.size ?? 0;
  }

  hold(session: RealmSession, entry: Entry): void {
    const held = this.#bySession.get(session);
    if (held) held.add(entry);
    else this.#bySession.set(session, new Set([entry]));
  }

  release(session: RealmSession, entry: Entry): void {
    const held = this.#bySession.get(session);
    held?.delete(entry);
    if (held?.size === 0) this.#bySession.delete(session);
  }

  /** What a session holds; it holds nothing afterwards. */
  releaseAll(session: RealmSession): Iterable<Entry> {
    const held = this.#bySession.get(session);
    this.#bySession.delete(session);
    return held ?? [];
  }
}
