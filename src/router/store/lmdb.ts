import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Database, RootDatabase } from "lmdb";
import type { Uri } from "../../wire/uris.js";
import { withNewest } from "./memory.js";
import type { EventStore, HistoryKey, StoredEvent } from "./store.js";
import { createEventCodec } from "./stored-event.js";

/** Where a durable store is kept, and how surely. */
export interface LmdbStoreOptions {
  /** A directory, made if it is missing; each realm gets a file in it. */
  readonly path: string;
  /**
   * Whether an event is on the disk before its PUBLISHED goes out, so that it survives a power failure: some thousand events per
   * second. With false it is with the operating system: it survives the death of the router, a kill -9 too, many times as fast, and
   * a power failure may leave a store that cannot be opened. Default true.
   */
  readonly sync?: boolean;
  /** Topics that may have a retained event; beyond it, the topic retained longest ago is forgotten. Default 100,000. */
  readonly maxRetainedTopics?: number;
}

const FORMAT = "1";
/** LMDB's keys are short: of longer texts the beginning is kept, and a hash of the whole. */
const LONGEST_KEY = 500;
const TURN_BYTES = 8; // in front of the events of a retained topic

/**
 * A durable event store over the package `lmdb`, which the application installs. What is acknowledged is kept, whatever becomes of
 * the router. Throws when `lmdb` is missing, or the file holds something else.
 *
 * ```ts
 * createRouter({ realms: [{ name: "com.app", store: lmdbStore({ path: "./data" }), history: [{ topic: "com.app.news" }] }] });
 * ```
 */
export function lmdbStore({
  path,
  sync = true,
  maxRetainedTopics = 100_000,
}: LmdbStoreOptions): (realm: string) => EventStore {
  return (realm) => {
    mkdirSync(path, { recursive: true });
    const file = join(path, `${encodeURIComponent(realm)}.mdb`);
    const root = requireLmdb().open({ path: file, noSubdir: true, encoding: "binary", noSync: !sync, maxDbs: 4 });
    checkFormat(root, file);
    return new LmdbStore(root, maxRetainedTopics);
  };
}

class LmdbStore implements EventStore {
  readonly #root: RootDatabase<Buffer>;
  readonly #retained: Database<Buffer, string>; // key of a topic → its retained events, newest first
  readonly #turns: Database<Buffer, number>; // turn → key of the topic that was retained then, oldest first
  readonly #histories: Database<Buffer, [history: string, turn: number]>; // events in the order they came
  readonly #maxRetainedTopics: number;
  readonly #codec = createEventCodec();
  #closed = false;

  constructor(root: RootDatabase<Buffer>, maxRetainedTopics: number) {
    this.#root = root;
    this.#retained = root.openDB({ name: "retained", encoding: "binary" });
    this.#turns = root.openDB({ name: "turns", encoding: "binary" });
    this.#histories = root.openDB({ name: "histories", encoding: "binary" });
    this.#maxRetainedTopics = maxRetainedTopics;
  }

  retain(event: StoredEvent): void {
    const key = keyOf(event.topic);
    this.#root.transactionSync(() => {
      const before = this.#retained.get(key);
      if (before) this.#turns.removeSync(turnOf(before));
      const turn = (firstOf(this.#turns.getKeys({ reverse: true, limit: 1 })) ?? 0) + 1;
      const events = withNewest(before ? this.#eventsOf(before) : [], event);
      this.#retained.putSync(key, Buffer.concat([turnBytes(turn), this.#codec.write(events)]));
      this.#turns.putSync(turn, Buffer.from(key));
      if (this.#turns.getKeysCount() > this.#maxRetainedTopics) this.#forgetOldest();
    });
  }

  retained(topic: Uri): readonly StoredEvent[] {
    const value = this.#retained.get(keyOf(topic));
    return value ? this.#eventsOf(value) : [];
  }

  *retainedTopics(prefix: string): Iterable<Uri> {
    const start = prefix.slice(0, LONGEST_KEY);
    for (const { key, value } of this.#retained.getRange({ start })) {
      if (!key.startsWith(start)) return;
      const topic = this.#eventsOf(value)[0]?.topic;
      if (topic?.startsWith(prefix)) yield topic;
    }
  }

  append(key: HistoryKey, event: StoredEvent, limit: number): void {
    const history = keyOf(`${key.match} ${key.topic}`);
    const all = { start: [history, 0], end: [history, Number.MAX_VALUE] } as const;
    this.#root.transactionSync(() => {
      const newest = firstOf(
        this.#histories.getKeys({ start: [...all.end], end: [...all.start], reverse: true, limit: 1 }),
      );
      const turn = (newest?.[1] ?? 0) + 1;
      this.#histories.putSync([history, turn], this.#codec.write([event]));
      const tooOld = this.#histories.getKeys({ start: [...all.start], end: [history, turn - limit + 1] });
      for (const old of [...tooOld]) this.#histories.removeSync(old);
    });
  }

  history(key: HistoryKey): readonly StoredEvent[] {
    const history = keyOf(`${key.match} ${key.topic}`);
    const values = this.#histories.getRange({ start: [history, 0], end: [history, Number.MAX_VALUE] });
    const events: StoredEvent[] = [];
    for (const { value } of values) events.push(...this.#codec.read(value));
    return events;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#root.close();
  }

  #eventsOf(value: Buffer): readonly StoredEvent[] {
    return this.#codec.read(value.subarray(TURN_BYTES));
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#turns.getRange({ limit: 1 })];
    if (!oldest) return;
    this.#turns.removeSync(oldest.key);
    this.#retained.removeSync(oldest.value.toString());
  }
}

function turnBytes(turn: number): Buffer {
  const bytes = Buffer.alloc(TURN_BYTES);
  bytes.writeDoubleBE(turn);
  return bytes;
}

function turnOf(value: Buffer): number {
  return value.readDoubleBE(0);
}

function keyOf(text: string): string {
  if (text.length <= LONGEST_KEY) return text;
  return `${text.slice(0, LONGEST_KEY)} ${createHash("sha256").update(text).digest("hex")}`;
}

function firstOf<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}

/** A new file gets the mark of this format; one with another mark, or none, is somebody else's. */
function checkFormat(root: RootDatabase<Buffer>, file: string): void {
  const mark = root.get("wampact event store")?.toString();
  if (mark === FORMAT) return;
  const refusal =
    mark === undefined
      ? firstOf(root.getKeys({ limit: 1 })) !== undefined && "it holds something else"
      : `its format is ${mark}, and this version reads ${FORMAT}`;
  if (!refusal) return root.putSync("wampact event store", Buffer.from(FORMAT));
  void root.close();
  throw new Error(`${file} is no event store of this version of wampact: ${refusal}`);
}

function requireLmdb(): typeof import("lmdb") {
  try {
    return createRequire(import.meta.url)("lmdb");
  } catch (error) {
    throw new Error('lmdbStore needs the package "lmdb": npm install lmdb', { cause: error });
  }
}
