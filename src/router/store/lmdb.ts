import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isWampError } from "../../wire/error.js";
import { checkSettings, flag, text } from "../../wire/settings.js";
import type { Uri } from "../../wire/uris.js";
import { BOUND_RULES, DEFAULT_MAX_BYTES, type StoreBounds } from "./bounds.js";
import { LmdbDatabases, type LmdbPlace } from "./lmdb-databases.js";
import type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";

/** Where a durable store is kept, how surely, and how much of it. */
export interface LmdbStoreOptions extends StoreBounds {
  /** A directory, made if it is missing; each realm gets a file in it. */
  readonly path: string;
  /**
   * Whether an event is on the disk before its PUBLISHED goes out, so that it survives a power failure: some thousand events per
   * second. With false it is with the operating system: it survives the death of the router, a kill -9 too, many times as fast, and
   * a power failure may leave a store that cannot be opened. Default true.
   */
  readonly sync?: boolean;
  /** Topics that may have a retained event. Beyond it, the topic retained longest ago is dropped. Default 100,000. A number above 0. */
  readonly maxRetainedTopics?: number;
}

/**
 * Creates durable event stores over the package `lmdb`, which the application installs. What is acknowledged is kept, whatever
 * becomes of the router. Throws `TypeError` for an option that is unknown or cannot be. The function returned throws when `lmdb`
 * is missing, when the disk is full, and when the realm's file is damaged or holds something else.
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
    mkdirSync(path, { recursive: true });
    const file = join(path, `${encodeURIComponent(realm)}.mdb`);
    const bounds = { maxRetainedTopics, maxRetainedBytes, maxHistoryBytes };
    return new LmdbStore({ lmdb: requireLmdb(), file, sync, bounds });
  };
}

/** A file of events. After a transaction has failed, its environment is closed and never used again; the next use opens another. */
class LmdbStore implements EventStore {
  readonly #place: LmdbPlace;
  #open: LmdbDatabases | undefined;
  #closed = false;
  #dropped = 0; // by those that are closed

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
    if (databases.isWriting) return write(); // what it throws ends the transaction under way, and is handled there
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
