import type { Id } from "../../wire/ids.js";
import { checkSettings } from "../../wire/settings.js";
import type { Uri } from "../../wire/uris.js";
import { BOUND_RULES, checkFits, DEFAULT_MAX_BYTES, type StoreBounds } from "./bounds.js";
import { sizeOf } from "./event-size.js";
import { type HistoryLog, nextMark, readLog, type TimeMark } from "./history-log.js";
import { withNewest } from "./retained-events.js";
import type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";

/** The limits of a store in memory. */
export interface MemoryStoreOptions extends StoreBounds {
  /**
   * The maximum number of topics with a retained event. Beyond it, the topic retained longest ago is dropped. Default 10,000. A
   * number above 0.
   */
  readonly maxRetainedTopics?: number;
}

/**
 * Creates a bounded store in this process's memory, which is lost with the process. Throws `TypeError` for an unknown option or a
 * value that is not a number above 0.
 */
export function memoryStore(options: MemoryStoreOptions = {}): EventStore {
  checkSettings(options, BOUND_RULES, "memoryStore");
  const {
    maxRetainedTopics = 10_000,
    maxRetainedBytes = DEFAULT_MAX_BYTES,
    maxHistoryBytes = DEFAULT_MAX_BYTES,
  } = options;
  return new MemoryStore({ maxRetainedTopics, maxRetainedBytes, maxHistoryBytes });
}

class MemoryStore implements EventStore {
  readonly #bounds: Required<StoreBounds>;
  readonly #retained = new Map<Uri, RetainedTopic>(); // in the order of the last retention
  readonly #histories = new Map<string, MemoryHistory>();
  #retainedEvents = 0;
  #retainedBytes = 0;
  #dropped = 0;

  constructor(bounds: Required<StoreBounds>) {
    this.#bounds = bounds;
  }

  retain(event: StoredEvent): void {
    const size = sizeOf(event);
    checkFits(size, this.#bounds);
    const events = withNewest(this.#retained.get(event.topic)?.events ?? [], event, this.#bounds.maxRetainedBytes);
    this.#forget(event.topic);
    const bytes = events.reduce((sum, each) => sum + sizeOf(each), 0);
    this.#retained.set(event.topic, { events, bytes });
    this.#retainedEvents += events.length;
    this.#retainedBytes += bytes;
    while (this.#retained.size > this.#bounds.maxRetainedTopics || this.#retainedBytes > this.#bounds.maxRetainedBytes)
      this.#dropped += this.#forget(this.#retained.keys().next().value as Uri);
  }

  retained(topic: Uri): readonly StoredEvent[] {
    return this.#retained.get(topic)?.events ?? [];
  }

  *retainedTopics(prefix: string): Iterable<Uri> {
    for (const topic of this.#retained.keys()) if (topic.startsWith(prefix)) yield topic;
  }

  append(key: HistoryKey, event: StoredEvent, limit: number): void {
    const size = sizeOf(event);
    checkFits(size, this.#bounds);
    const text = `${key.match} ${key.topic}`;
    const history = this.#histories.get(text) ?? new MemoryHistory();
    this.#histories.set(text, history);
    history.add(event, size);
    this.#dropped += history.trim(limit, this.#bounds.maxHistoryBytes);
  }

  history({ match, topic }: HistoryKey, range?: HistoryRange): Iterable<StoredEvent> {
    const history = this.#histories.get(`${match} ${topic}`);
    return history ? readLog(history, range) : [];
  }

  stats(): EventStoreStats {
    let [historyEvents, historyBytes] = [0, 0];
    for (const history of this.#histories.values()) {
      historyEvents += history.end - history.first;
      historyBytes += history.bytes;
    }
    const [retainedEvents, retainedBytes] = [this.#retainedEvents, this.#retainedBytes];
    return { retainedEvents, retainedBytes, historyEvents, historyBytes, dropped: this.#dropped };
  }

  close(): void {
    this.#retained.clear();
    this.#histories.clear();
    [this.#retainedEvents, this.#retainedBytes] = [0, 0];
  }

  /** Removes a topic's events. Returns their number. */
  #forget(topic: Uri): number {
    const found = this.#retained.get(topic);
    if (!found) return 0;
    this.#retained.delete(topic);
    this.#retainedEvents -= found.events.length;
    this.#retainedBytes -= found.bytes;
    return found.events.length;
  }
}

interface RetainedTopic {
  readonly events: readonly StoredEvent[];
  readonly bytes: number;
}

interface Entry {
  readonly event: StoredEvent;
  readonly mark: TimeMark;
  readonly bytes: number;
}

/** A history in memory. */
class MemoryHistory implements HistoryLog {
  readonly #entries = new Map<number, Entry>(); // number → event
  readonly #numbers = new Map<Id, number>(); // publication → number
  first = 1;
  end = 1;
  bytes = 0;

  add(event: StoredEvent, bytes: number): void {
    const mark = nextMark(this.#entries.get(this.end - 1)?.mark, this.end, event.atMs);
    this.#entries.set(this.end, { event, mark, bytes });
    this.#numbers.set(event.publication, this.end);
    this.end++;
    this.bytes += bytes;
  }

  /** Drops the oldest events until both limits hold. Returns the number of dropped events. */
  trim(limit: number, maxBytes: number): number {
    const before = this.first;
    while (this.end - this.first > limit || this.bytes > maxBytes) {
      const { event, bytes } = this.#entry(this.first);
      this.#entries.delete(this.first);
      if (this.#numbers.get(event.publication) === this.first) this.#numbers.delete(event.publication);
      this.bytes -= bytes;
      this.first++;
    }
    return this.first - before;
  }

  event(number: number): StoredEvent {
    return this.#entry(number).event;
  }

  mark(number: number): TimeMark {
    return this.#entry(number).mark;
  }

  find(publication: Id): number | undefined {
    return this.#numbers.get(publication);
  }

  #entry(number: number): Entry {
    const entry = this.#entries.get(number);
    if (!entry) throw new RangeError(`a history from ${this.first} to ${this.end} has no event ${number}`);
    return entry;
  }
}
