import { type Id, IdCounter } from "../wire/ids.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import type { RealmSession } from "./realm-session.js";

/** A registration or subscription: the sessions under one URI and match policy. */
export interface PatternEntry {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: MatchPolicy;
  /** The last session or router that has left the entry; `undefined` while the entry exists. */
  leftBy: object | undefined;
}

/**
 * Entries by ID, by pattern and by session. A leaving session may have 100,000 entries. These are first dropped, which is cheap
 * and makes them invisible, and later cleared, which removes them from the index.
 */
export class PatternBook<Entry extends PatternEntry> {
  readonly #index = new PatternIndex<Entry>();
  readonly #byId = new Map<Id, Entry>();
  readonly #bySession = new Map<RealmSession, Set<Entry>>();
  readonly #ids = new IdCounter();
  #dropped = 0; // dropped entries that are not cleared yet

  /** The number of entries. */
  get size(): number {
    return this.#byId.size - this.#dropped;
  }

  /** The number of sessions with at least one entry. */
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

  /** Returns whether an ID is in use, including by dropped entries. */
  hasId(id: Id): boolean {
    return this.#byId.has(id);
  }

  /** Returns the entry of exactly this pattern. If there is none, the pattern is free afterwards. */
  lookup(uri: Uri, match: MatchPolicy): Entry | undefined {
    const entry = this.#index.get(uri, match);
    if (!entry?.leftBy) return entry;
    this.clear(entry);
    return undefined;
  }

  /** Returns the best-matching entry of a URI. */
  best(uri: Uri): Entry | undefined {
    const entry = this.#index.best(uri);
    if (!entry?.leftBy) return entry;
    for (const each of this.#index.all(uri)) if (each.leftBy) this.clear(each);
    return this.#index.best(uri);
  }

  /** Returns all entries whose pattern matches a URI. */
  matching(uri: Uri): readonly Entry[] {
    const entries = this.#index.all(uri);
    return this.#dropped === 0 ? entries : [...standing(entries)];
  }

  /** Returns the matching entries of a URI, best first. */
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

  /** Makes an entry invisible, because its last session has left. `clear` must follow. */
  drop(entry: Entry, leftBy: object): void {
    entry.leftBy = leftBy;
    this.#dropped++;
  }

  /** Removes a dropped entry from the index, unless that is already done. */
  clear(entry: Entry): void {
    if (this.#byId.get(entry.id) !== entry) return; // or another entry has the ID now
    this.#byId.delete(entry.id);
    this.#index.delete(entry.uri, entry.match);
    this.#dropped--;
  }

  /** Returns the number of entries of a session. */
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

  /** Removes the session from all entries and returns them. */
  releaseAll(session: RealmSession): ReadonlySet<Entry> {
    const held = this.#bySession.get(session);
    this.#bySession.delete(session);
    return held ?? new Set();
  }
}

/**
 * The order of preference: exact, longer prefix, shorter prefix, wildcard; between wildcards, literals before wildcards from
 * the left.
 */
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
