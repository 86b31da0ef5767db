import type { Database } from "lmdb";
import type { Id } from "../../wire/ids.js";
import { checkFits } from "./bounds.js";
import { sizeOf } from "./event-size.js";
import { type HistoryLog, nextMark, readLog, type TimeMark } from "./history-log.js";
import { keyOf, numberBytes } from "./lmdb-encoding.js";
import { DATABASE, type LmdbParts, MOST_DROPPED_AT_ONCE, roomToDrop } from "./lmdb-parts.js";
import type { EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";
import { createEventCodec } from "./stored-event.js";

/** The first and last numbers of a history, and the sums that its next event needs. */
interface Extent {
  first: number;
  end: number;
  /** The number of bytes of all dropped events. */
  bytesBefore: number;
  /** The number of bytes of all events, including dropped ones. */
  bytesThrough: number;
  mark: TimeMark | undefined;
}

/** The data stored before an event. */
interface Head {
  readonly mark: TimeMark;
  readonly bytesThrough: number;
  readonly publication: Id;
}

const HEAD_BYTES = 32;

/** The histories of an environment. */
export class LmdbHistories {
  readonly #parts: LmdbParts;
  readonly #events: Database<Buffer, [history: string, number: number]>; // number of an event → its head and the event
  readonly #numbers: Database<Buffer, [history: string, publication: number]>; // publication → number of its event
  readonly #extents = new Map<string, Extent>(); // history → its extent, once requested
  readonly #codec = createEventCodec();
  #dropped = 0;

  constructor(parts: LmdbParts) {
    this.#parts = parts;
    this.#events = parts.root.openDB({ name: DATABASE.histories, encoding: "binary" });
    this.#numbers = parts.root.openDB({ name: DATABASE.publications, encoding: "binary" });
  }

  get dropped(): number {
    return this.#dropped;
  }

  get stats(): Pick<EventStoreStats, "historyEvents" | "historyBytes"> {
    let [historyEvents, historyBytes] = [0, 0];
    for (const history of this.#all()) {
      const { first, end, bytesBefore, bytesThrough } = this.#extentOf(history);
      historyEvents += end - first;
      historyBytes += bytesThrough - bytesBefore;
    }
    return { historyEvents, historyBytes };
  }

  /** Returns a function that restores the counts when a transaction is undone. */
  snapshot(): () => void {
    const dropped = this.#dropped;
    return () => {
      this.#dropped = dropped;
      this.#extents.clear(); // they are read again
    };
  }

  add(key: HistoryKey, event: StoredEvent, limit: number): void {
    const { bounds, makeRoom } = this.#parts;
    checkFits(sizeOf(event), bounds);
    const history = historyOf(key);
    const extent = this.#extentOf(history);
    const number = extent.end;
    const encoded = this.#codec.write([event]);
    const mark = nextMark(extent.mark, number, event.atMs);
    const bytesThrough = extent.bytesThrough + HEAD_BYTES + encoded.length;
    makeRoom(HEAD_BYTES + encoded.length);

    const head = numberBytes(mark.peakMs, mark.lastBack, bytesThrough, event.publication);
    this.#events.putSync([history, number], Buffer.concat([head, encoded]));
    this.#numbers.putSync([history, event.publication], numberBytes(number));
    Object.assign(extent, { end: number + 1, bytesThrough, mark });
    this.#trim(history, { limit, maxBytes: bounds.maxHistoryBytes });
  }

  read(key: HistoryKey, range?: HistoryRange): Iterable<StoredEvent> {
    return readLog(this.#logOf(historyOf(key)), range);
  }

  #logOf(history: string): HistoryLog {
    const { first, end } = this.#extentOf(history);
    return {
      first,
      end,
      event: (number) => this.#codec.read(this.#valueOf(history, number).subarray(HEAD_BYTES))[0] as StoredEvent,
      mark: (number) => readHead(this.#valueOf(history, number)).mark,
      find: (publication) => this.#numbers.get([history, publication])?.readDoubleBE(0),
    };
  }

  #trim(history: string, { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number }): void {
    const extent = this.#extentOf(history);
    for (let count = 0; count < MOST_DROPPED_AT_ONCE; count++) {
      if (extent.end - extent.first <= limit && extent.bytesThrough - extent.bytesBefore <= maxBytes) return;
      const oldest = readHead(this.#valueOf(history, extent.first));
      this.#parts.makeRoom(roomToDrop(oldest.bytesThrough - extent.bytesBefore));
      this.#events.removeSync([history, extent.first]);
      this.#numbers.removeSync([history, oldest.publication]);
      extent.first++;
      extent.bytesBefore = oldest.bytesThrough;
      this.#dropped++;
    }
  }

  #extentOf(history: string): Extent {
    const known = this.#extents.get(history);
    if (known) return known;
    const all = { start: [history, 0], end: [history, Number.MAX_VALUE] } satisfies Record<string, [string, number]>;
    const [oldest] = [...this.#events.getRange({ ...all, limit: 1 })];
    const [newest] = [...this.#events.getRange({ start: all.end, end: all.start, reverse: true, limit: 1 })];
    const extent: Extent = { first: 1, end: 1, bytesBefore: 0, bytesThrough: 0, mark: undefined };
    if (oldest && newest) {
      const { mark, bytesThrough } = readHead(newest.value);
      extent.first = oldest.key[1];
      extent.end = newest.key[1] + 1;
      extent.bytesBefore = readHead(oldest.value).bytesThrough - oldest.value.length;
      Object.assign(extent, { mark, bytesThrough });
    }
    this.#extents.set(history, extent);
    return extent;
  }

  #valueOf(history: string, number: number): Buffer {
    const value = this.#events.get([history, number]);
    if (value) return value;
    throw new Error(`the history "${history}" has no event ${number}, though it has those around it`);
  }

  /** Yields the names of all histories. */
  *#all(): Iterable<string> {
    let [next] = [...this.#events.getKeys({ limit: 1 })];
    while (next) {
      yield next[0];
      [next] = [...this.#events.getKeys({ start: [next[0], Number.MAX_VALUE], limit: 1 })];
    }
  }
}

function historyOf({ match, topic }: HistoryKey): string {
  return keyOf(`${match} ${topic}`);
}

function readHead(value: Buffer): Head {
  return {
    mark: { peakMs: value.readDoubleBE(0), lastBack: value.readDoubleBE(8) },
    bytesThrough: value.readDoubleBE(16),
    publication: value.readDoubleBE(24),
  };
}
