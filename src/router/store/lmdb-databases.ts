import { closeSync, existsSync, openSync } from "node:fs";
import type { RootDatabase } from "lmdb";
import type { Uri } from "../../wire/uris.js";
import type { StoreBounds } from "./bounds.js";
import { checkRoomBeside, DiskRoom } from "./disk-room.js";
import { checkLmdbFile } from "./lmdb-file.js";
import { LmdbHistories } from "./lmdb-histories.js";
import { DATABASE, type LmdbParts } from "./lmdb-parts.js";
import { LmdbRetained } from "./lmdb-retained.js";
import type { EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";

/** The place and options of an environment. */
export interface LmdbPlace {
  readonly lmdb: typeof import("lmdb");
  readonly file: string;
  readonly sync: boolean;
  readonly bounds: Required<StoreBounds>;
}

const FORMAT = "2";
const FORMAT_KEY = "wampact event store";
/** More than the overhead of one transaction: the tree pages that it changes, and the list of those it frees, in bytes. */
const ROOM_BYTES = 1024 * 1024;

/** The permissions of a new file. */
const OWNER_ONLY = 0o600;

/** One opened environment. It is not used again after a failed transaction, because LMDB's memory may then be damaged. */
export class LmdbDatabases {
  readonly #root: RootDatabase<Buffer>;
  readonly #room: DiskRoom;
  readonly #retained: LmdbRetained;
  readonly #histories: LmdbHistories;
  #writing: { readonly usedBytes: number; valueBytes: number } | undefined; // the current transaction

  /** Opens a file. Throws if that fails or the file holds something else. */
  constructor({ lmdb, file, sync, bounds }: LmdbPlace) {
    checkLmdbFile(file);
    // LMDB maps the lock file and writes to it: on a full disk that would end the process.
    if (!existsSync(file) || !existsSync(`${file}-lock`)) checkRoomBeside(file, ROOM_BYTES);
    if (!existsSync(file)) closeSync(openSync(file, "a", OWNER_ONLY)); // LMDB's own file could be read by other users
    const root = lmdb.open({
      path: file,
      noSubdir: true,
      encoding: "binary",
      noSync: !sync,
      overlappingSync: false, // each commit is on the disk when it returns, and no thread writes after it
      maxDbs: 4,
    });
    try {
      this.#root = root;
      this.#room = new DiskRoom(file);
      checkFormat(root, file);
      this.#prepare();
      const parts: LmdbParts = { root, bounds, makeRoom: (bytes) => this.#makeRoom(bytes) };
      this.#retained = new LmdbRetained(parts);
      this.#histories = new LmdbHistories(parts);
    } catch (error) {
      void root.close();
      throw error;
    }
  }

  get dropped(): number {
    return this.#retained.dropped + this.#histories.dropped;
  }

  retain(event: StoredEvent): void {
    this.#retained.add(event);
  }

  retained(topic: Uri): readonly StoredEvent[] {
    return this.#retained.find(topic);
  }

  retainedTopics(prefix: string): Iterable<Uri> {
    return this.#retained.topics(prefix);
  }

  append(key: HistoryKey, event: StoredEvent, limit: number): void {
    this.#histories.add(key, event, limit);
  }

  history(key: HistoryKey, range?: HistoryRange): Iterable<StoredEvent> {
    return this.#histories.read(key, range);
  }

  /** Whether a transaction is in progress. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  /** Runs writes in one transaction. If `write` throws or the transaction fails, none of them is kept. */
  atomically(write: () => void): void {
    this.#writing = { usedBytes: usedBytesOf(this.#root), valueBytes: 0 };
    const undo = [this.#retained.snapshot(), this.#histories.snapshot()];
    try {
      this.#root.transactionSync(write);
    } catch (error) {
      for (const restore of undo) restore();
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }

  stats(): EventStoreStats {
    return { ...this.#retained.stats, ...this.#histories.stats, dropped: this.dropped };
  }

  close(): void {
    void this.#root.close(); // closed when this returns, because nothing is written in the background
  }

  /** Marks a new file, and reserves space for its databases, which are created next. Any of them may already exist. */
  #prepare(): void {
    const present = new Set<unknown>(this.#root.getKeys());
    if ([FORMAT_KEY, ...Object.values(DATABASE)].every((name) => present.has(name))) return;
    this.#room.extendTo(usedBytesOf(this.#root) + ROOM_BYTES);
    this.#root.putSync(FORMAT_KEY, Buffer.from(FORMAT));
  }

  #makeRoom(bytes: number): void {
    if (!this.#writing) throw new Error("no transaction is under way");
    this.#writing.valueBytes += bytes;
    this.#room.extendTo(this.#writing.usedBytes + ROOM_BYTES + 2 * this.#writing.valueBytes);
  }
}

/** Throws if a file holds something other than events in this format. */
function checkFormat(root: RootDatabase<Buffer>, file: string): void {
  const format = root.get(FORMAT_KEY)?.toString();
  if (format === FORMAT) return;
  const isEmpty = [...root.getKeys({ limit: 1 })].length === 0;
  if (format === undefined && isEmpty) return;
  const why =
    format === undefined ? "it holds something else" : `its format is ${format}, and this version reads ${FORMAT}`;
  throw new Error(
    `${file} is not an event store of this version of wampact: ${why}; move it away to start with an empty store`,
  );
}

function usedBytesOf(root: RootDatabase<Buffer>): number {
  const { lastPageNumber, pageSize } = root.getStats() as { lastPageNumber: number; pageSize: number };
  return (lastPageNumber + 1) * pageSize;
}
