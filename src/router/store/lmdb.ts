import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { isWampError } from "../../wire/error.js";
import { checkSettings, flag, text } from "../../wire/settings.js";
import type { Uri } from "../../wire/uris.js";
import { BOUND_RULES, DEFAULT_MAX_BYTES, type StoreBounds } from "./bounds.js";
import { LmdbDatabases, type LmdbPlace } from "./lmdb-databases.js";
import { lmdbFileOf } from "./lmdb-names.js";
import type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";

/** The place, durability and limits of a store on disk. */
export interface LmdbStoreOptions extends StoreBounds {
  /** A directory, created if missing. Each realm gets a file in it. New directories and files are readable by their user only. Realms whose names differ only in case need two directories where the file system ignores case. */
  readonly path: string;
  /**
   * Whether an event is on the disk before its PUBLISHED is sent, so that it survives a power failure: some thousand events per
   * second. With `false`, the operating system has the event. It survives the death of the router, including kill -9, and writing
   * is many times as fast. A power failure may leave a store that cannot be opened. Default true.
   */
  readonly sync?: boolean;
  /**
   * The maximum number of topics with a retained event. Beyond it, the topic retained longest ago is dropped. Default 100,000. A
   * number above 0.
   */
  readonly maxRetainedTopics?: number;
}

/**
 * Creates durable event stores with the package `lmdb`, which the application installs. Acknowledged events survive the death of
 * the router. Throws `TypeError` for an unknown option or an invalid value. The returned function throws if `lmdb` is missing, if
 * the disk is full, and if the realm's file is damaged, holds something else, or is that of another realm.
 *
 * ```ts
 * createRouter({ realms: [{ name: "com.app", store: lmdbStore({ path: "./data" }), history: [{ topic: "com.app.news" }] }] });
 * ```
 */
export function lmdbStore(options: LmdbStoreOptions): (realm: string) => EventStore {
  checkSettings(options, { ...BOUND_RULES, path: text, sync: flag }, "lmdbStore");
  if (!options.path) throw new TypeError('lmdbStore.path: expected a directory, such as "./data", got none');
  const {
    path,
    sync = true,
    maxRetainedTopics = 100_000,
    maxRetainedBytes = DEFAULT_MAX_BYTES,
    maxHistoryBytes = DEFAULT_MAX_BYTES,
  } = options;
  return (realm) => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const bounds = { maxRetainedTopics, maxRetainedBytes, maxHistoryBytes };
    return new LmdbStore({ lmdb: requireLmdb(), file: lmdbFileOf(path, realm), sync, bounds });
  };
}

/** A file of events. After a transaction has failed, its environment is closed and never used again. The next use opens another. */
class LmdbStore implements EventStore {
  readonly #place: LmdbPlace;
  #open: LmdbDatabases | undefined;
  #closed = false;
  #dropped = 0; // by closed environments

  constructor(place: LmdbPlace) {
    this.#place = place;
    this.#open = new LmdbDatabases(place);
  }

  retain(event: StoredEvent): void {
    this.atomically(() => this.#databases.retain(event));
  }

  retained(topic: Uri): readonly StoredEvent[] {
    return this.#databases.retained(topic);
  }

  retainedTopics(prefix: string): Iterable<Uri> {
    return this.#databases.retainedTopics(prefix);
  }

  append(key: HistoryKey, event: StoredEvent, limit: number): void {
    this.atomically(() => this.#databases.append(key, event, limit));
  }

  history(key: HistoryKey, range?: HistoryRange): Iterable<StoredEvent> {
    return this.#databases.history(key, range);
  }

  atomically(write: () => void): void {
    const databases = this.#databases;
    if (databases.isWriting) return write(); // its exception ends the current transaction, and is handled there
    try {
      databases.atomically(write);
    } catch (error) {
      if (!isWampError(error)) this.#discard();
      throw error;
    }
  }

  stats(): EventStoreStats {
    const { dropped, ...kept } = this.#databases.stats();
    return { ...kept, dropped: this.#dropped + dropped };
  }

  close(): void {
    this.#closed = true;
    this.#discard();
  }

  get #databases(): LmdbDatabases {
    if (this.#closed) throw new Error(`the event store ${this.#place.file} is closed`);
    this.#open ??= new LmdbDatabases(this.#place);
    return this.#open;
  }

  #discard(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    this.#dropped += open.dropped;
    open.close();
  }
}

function requireLmdb(): typeof import("lmdb") {
  try {
    return createRequire(import.meta.url)("lmdb");
  } catch (error) {
    throw new Error('lmdbStore needs the package "lmdb": npm install lmdb', { cause: error });
  }
}
