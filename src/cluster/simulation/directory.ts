import { Conflict } from "../engine.js";

interface Entry {
  readonly value: string | undefined; // deleted
  readonly revision: number;
}

/** A change of the directory. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly revision: number;
}

/** The keys of a cluster with compare-and-set, as one server holds them. */
export class SimulatedDirectory {
  readonly #entries = new Map<string, Entry>(); // in the order of revisions
  readonly #watchers = new Set<(change: Change) => void>();
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  /** Returns the last change of each key after a revision, in order. */
  *changesAfter(revision: number): Iterable<Change> {
    for (const [key, entry] of this.#entries) if (entry.revision > revision) yield { key, ...entry };
  }

  /** Returns the existing keys with their values. */
  *values(): Iterable<readonly [key: string, value: string]> {
    for (const [key, { value }] of this.#entries) if (value !== undefined) yield [key, value];
  }

  /** Reports every change from now on. Returns a function that stops it. */
  watch(told: (change: Change) => void): () => void {
    this.#watchers.add(told);
    return () => this.#watchers.delete(told);
  }

  /** Writes a key. Throws `Conflict`. */
  write(key: string, value: string | undefined, revision: number): number {
    const entry = this.#entries.get(key);
    const held = entry?.value === undefined ? 0 : entry.revision;
    if (held !== revision) throw new Conflict(key);
    return this.#put(key, value);
  }

  /** Deletes all keys, as the restart of a store in memory does. */
  wipe(): void {
    for (const [key, { value }] of [...this.#entries]) if (value !== undefined) this.#put(key, undefined);
  }

  #put(key: string, value: string | undefined): number {
    const revision = ++this.#revision;
    this.#entries.delete(key);
    this.#entries.set(key, { value, revision });
    for (const tell of this.#watchers) tell({ key, value, revision });
    return revision;
  }
}
