import { type Id, IdCounter } from "../wire/ids.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import type { RealmSession } from "./realm-session.js";

/** What sessions hold under a URI and a match policy: a registration or a subscription. */
export interface PatternEntry {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: MatchPolicy;
  /** The session, or the other router, that held it last and has left; `undefined` while it stands. */
  leftBy: object | undefined;
}

/**
 * Entries by ID, by pattern and by the sessions that hold them. A session may leave 100,000 entries behind: these are dropped, which is
 * cheap and makes them invisible, and later cleared, which takes them out of the index.
 */
export class PatternBook<Entry extends PatternEntry> {
  readonly #index = new PatternIndex<Entry>();
  readonly #byId = new Map<Id, Entry>();
  readonly #bySession = new Map<RealmSession, Set<Entry>>();
  readonly #ids = new IdCounter();
  #dropped = 0; // entries that are not cleared yet

  /** How many entries there are. */
  get size(): number {
    return this.#byId.size - this.#dropped;
  }

  /** How many sessions hold one or more. */
  get holders(): number {
    return this.#bySession.size;
  }

  all(): Iterable<Entry> {
    return this.#dropped === 0 ? this.#byId.values() : standing(this.#byId.values());
  }

  byId(id: Id): Entry | undefined {
    const entry = this.#byId.get(id);
    return entry?.leftBy ? undefined : entry;
  }

  /** Whether an ID is in use, be it of an entry that is dropped and not cleared. */
  hasId(id: Id): boolean {
    return this.#byId.has(id);
  }

  /** The entry of exactly this pattern. Where there is none, the pattern is free. */
  lookup(uri: Uri, match: MatchPolicy): Entry | undefined {
    const entry = this.#index.get(uri, match);
    if (!entry?.leftBy) return entry;
    this.clear(entry);
    return undefined;
  }

  /** The entry that wins a URI. */
  best(uri: Uri): Entry | undefined {
    const entry = this.#index.best(uri);
    if (!entry?.leftBy) return entry;
    for (const each of this.#index.all(uri)) if (each.leftBy) this.clear(each);
    return this.#index.best(uri);
  }

  /** Every entry whose pattern matches a URI. */
  matching(uri: Uri): readonly Entry[] {
    const entries = this.#index.all(uri);
    return this.#dropped === 0 ? entries : [...standing(entries)];
  }

  /** The same from the one that wins to the one that wins where no other matches. */
  ranked(uri: Uri): readonly Entry[] {
    return [...this.matching(uri)].sort(byPreference);
  }

  nextId(): Id {
    return this.#ids.next();
  }

  add(entry: Entry): void {
    this.#index.set(entry.uri, entry.match, entry);
    this.#byId.set(entry.id, entry);
  }

  /** Makes an entry invisible, since who held it last has left. `clear` is still to come. */
  drop(entry: Entry, leftBy: object): void {
    entry.leftBy = leftBy;
    this.#dropped++;
  }

  /** Takes a dropped entry out of the index, unless that is done. */
  clear(entry: Entry): void {
    if (this.#byId.get(entry.id) !== entry) return; // or another one that has its ID again
    this.#byId.delete(entry.id);
    this.#index.delete(entry.uri, entry.match);
    this.#dropped--;
  }

  /** How many entries a session holds. */
  countOf(session: RealmSession): number {
    return this.#bySession.get(session)?.size ?? 0;
  }

  holds(session: RealmSession, entry: Entry): boolean {
    return this.#bySession.get(session)?.has(entry) === true;
  }

  heldBy(session: RealmSession): Iterable<Entry> {
    return this.#bySession.get(session) ?? [];
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
  releaseAll(session: RealmSession): ReadonlySet<Entry> {
    const held = this.#bySession.get(session);
    this.#bySession.delete(session);
    return held ?? new Set();
  }
}

/** An exact URI before a prefix, a long prefix before a short one, any prefix before a wildcard, literals before wildcards from the left. */
function byPreference(one: PatternEntry, other: PatternEntry): number {
  if (one.match !== other.match) return RANKS[one.match] - RANKS[other.match];
  if (one.match !== "wildcard") return other.uri.length - one.uri.length;
  const others = other.uri.split(".");
  for (const [index, component] of one.uri.split(".").entries()) {
    if ((component === "") !== (others[index] === "")) return component === "" ? 1 : -1;
  }
  return 0;
}

const RANKS: Readonly<Record<MatchPolicy, number>> = { exact: 0, prefix: 1, wildcard: 2 };

function* standing<Entry extends PatternEntry>(entries: Iterable<Entry>): Iterable<Entry> {
  for (const entry of entries) if (!entry.leftBy) yield entry;
}
