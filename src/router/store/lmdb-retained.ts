import type { Database } from "lmdb";
import type { Uri } from "../../wire/uris.js";
import { checkFits } from "./bounds.js";
import { sizeOf } from "./event-size.js";
import { keyOf, keyPrefixOf, numberBytes, textOf } from "./lmdb-encoding.js";
import { DATABASE, type LmdbParts, MOST_DROPPED_AT_ONCE, roomToDrop } from "./lmdb-parts.js";
import { withNewest } from "./retained-events.js";
import type { EventStoreStats, StoredEvent } from "./store.js";
import { createEventCodec } from "./stored-event.js";

/** The numbers of kept events, and the newest turn. */
interface Counts {
  readonly lastTurn: number;
  readonly topics: number;
  readonly events: number;
  readonly bytes: number;
  readonly dropped: number;
}

const TURN_BYTES = 8; // stored before the events of a topic

/**
 * The retained events of an environment. A topic gets a new turn whenever it is retained. The topic with the lowest turn is dropped
 * first.
 */
export class LmdbRetained {
  readonly #parts: LmdbParts;
  readonly #topics: Database<Buffer, string>; // key of a topic → its turn and its events, newest first
  readonly #turns: Database<Buffer, number>; // turn → size and key of a topic
  readonly #codec = createEventCodec();
  #counts: Counts;

  constructor(parts: LmdbParts) {
    this.#parts = parts;
    this.#topics = parts.root.openDB({ name: DATABASE.retained, encoding: "binary" });
    this.#turns = parts.root.openDB({ name: DATABASE.turns, encoding: "binary" });
    this.#counts = this.#count();
  }

  get stats(): Pick<EventStoreStats, "retainedEvents" | "retainedBytes"> {
    return { retainedEvents: this.#counts.events, retainedBytes: this.#counts.bytes };
  }

  get dropped(): number {
    return this.#counts.dropped;
  }

  /** Returns a function that restores the counts when a transaction is undone. */
  snapshot(): () => void {
    const counts = this.#counts;
    return () => {
      this.#counts = counts;
    };
  }

  add(event: StoredEvent): void {
    const { bounds, makeRoom } = this.#parts;
    checkFits(sizeOf(event), bounds);
    const key = keyOf(event.topic);
    const before = this.#topics.get(key);
    const events = withNewest(before ? this.#eventsOf(before) : [], event, bounds.maxRetainedBytes);
    const turn = this.#counts.lastTurn + 1;
    const value = Buffer.concat([numberBytes(turn), this.#codec.write(events)]);
    makeRoom(value.length);

    if (before) this.#take(before.readDoubleBE(0));
    this.#topics.putSync(key, value);
    this.#turns.putSync(turn, turnValue({ bytes: value.length, events: events.length, key }));
    const { topics, events: all, bytes } = this.#counts;
    this.#counts = {
      ...this.#counts,
      lastTurn: turn,
      topics: topics + 1,
      events: all + events.length,
      bytes: bytes + value.length,
    };
    this.#trim();
  }

  find(topic: Uri): readonly StoredEvent[] {
    const value = this.#topics.get(keyOf(topic));
    return value ? this.#eventsOf(value) : [];
  }

  *topics(prefix: string): Iterable<Uri> {
    const start = keyPrefixOf(prefix);
    for (const key of this.#topics.getKeys({ start })) {
      if (!key.startsWith(start)) return;
      const topic = textOf(key) ?? this.#topicAt(key);
      if (topic?.startsWith(prefix)) yield topic;
    }
  }

  #topicAt(key: string): Uri | undefined {
    const value = this.#topics.get(key);
    return value && this.#eventsOf(value)[0]?.topic;
  }

  #eventsOf(value: Buffer): readonly StoredEvent[] {
    return this.#codec.read(value.subarray(TURN_BYTES));
  }

  #trim(): void {
    const { maxRetainedTopics, maxRetainedBytes } = this.#parts.bounds;
    for (let count = 0; count < MOST_DROPPED_AT_ONCE; count++) {
      if (this.#counts.topics <= maxRetainedTopics && this.#counts.bytes <= maxRetainedBytes) return;
      const [oldest] = [...this.#turns.getKeys({ limit: 1 })];
      if (oldest === undefined) return;
      const { key, events, bytes } = this.#take(oldest);
      this.#parts.makeRoom(roomToDrop(bytes));
      this.#topics.removeSync(key);
      this.#counts = { ...this.#counts, dropped: this.#counts.dropped + events };
    }
  }

  /** Removes a turn, and updates the counts. */
  #take(turn: number): Turn {
    const value = this.#turns.get(turn);
    if (!value) throw new Error(`the store has a topic of turn ${turn}, and no such turn`);
    const taken = readTurn(value);
    this.#turns.removeSync(turn);
    const { topics, events, bytes } = this.#counts;
    this.#counts = {
      ...this.#counts,
      topics: topics - 1,
      events: events - taken.events,
      bytes: bytes - taken.bytes,
    };
    return taken;
  }

  #count(): Counts {
    let [lastTurn, topics, events, bytes] = [0, 0, 0, 0];
    for (const { key, value } of this.#turns.getRange()) {
      const turn = readTurn(value);
      lastTurn = key;
      topics++;
      events += turn.events;
      bytes += turn.bytes;
    }
    return { lastTurn, topics, events, bytes, dropped: 0 };
  }
}

interface Turn {
  readonly bytes: number;
  readonly events: number;
  readonly key: string;
}

function turnValue({ bytes, events, key }: Turn): Buffer {
  return Buffer.concat([numberBytes(bytes), numberBytes(events), Buffer.from(key)]);
}

function readTurn(value: Buffer): Turn {
  return { bytes: value.readDoubleBE(0), events: value.readDoubleBE(8), key: value.toString("utf8", 16) };
}
