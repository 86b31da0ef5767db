import type { Id } from "../../wire/ids.js";
import type { EventDetails } from "../../wire/options.js";
import type { Payload } from "../../wire/payload.js";
import type { MatchPolicy, Uri } from "../../wire/uris.js";
import type { LastingLists } from "../receivers.js";

/** An event that is kept, and for whom. */
export interface StoredEvent {
  readonly publication: Id;
  readonly topic: Uri;
  /** When the broker got it, in milliseconds since 1970. */
  readonly atMs: number;
  /** Publisher, trust level and payload passthru; never the topic, which depends on who asks. */
  readonly details: EventDetails;
  /** Of its own: no view of a network buffer. */
  readonly payload: Payload;
  readonly lists: LastingLists;
}

/** A topic or pattern whose history is kept. */
export interface HistoryKey {
  readonly topic: Uri;
  readonly match: MatchPolicy;
}

/** A part of a history. All bounds that are given must hold. */
export interface HistoryRange {
  /** Newest first. Default false: in the order the broker got the events. */
  readonly reverse?: boolean;
  /** Publications that bound the range. One that the history does not hold makes the range empty. */
  readonly fromPublication?: Id;
  readonly afterPublication?: Id;
  readonly beforePublication?: Id;
  readonly untilPublication?: Id;
  /** Bounds of `atMs`, in milliseconds since 1970. `from` and `until` are inclusive, `after` and `before` are not. */
  readonly fromMs?: number;
  readonly afterMs?: number;
  readonly beforeMs?: number;
  readonly untilMs?: number;
}

/** How much a store keeps now. Bytes are as the store counts them: payloads, and an allowance for what is around them. */
export interface EventStoreStats {
  readonly retainedEvents: number;
  readonly retainedBytes: number;
  readonly historyEvents: number;
  readonly historyBytes: number;
  /** Events that were dropped, since the store was opened, to stay within its bounds. */
  readonly dropped: number;
}

/** What a store is made for, and what it can use. */
export interface StorePlace {
  /** The histories of the realm. */
  readonly history: readonly (HistoryKey & { readonly limit: number })[];
  /** The router's place in its cluster; `undefined` where it is in none. */
  readonly member: object | undefined;
  /** Tells the operator of what is wrong in the background, as `onError` is told of faults. */
  readonly report: (error: unknown) => void;
}

/** Makes the event store of a realm. What it throws, `createRouter` throws. */
export interface EventStoreMaker {
  (realm: string, place: StorePlace): EventStore;
  /** Settings of the store, as a text that must be the same at all routers of a cluster. Default: none. */
  readonly agreed?: string;
}

/**
 * Where a realm keeps events: the last of each topic (retention), and those of chosen subscriptions (history). An event is kept once the
 * method has returned, or once the promise that it returned has resolved. Only then the event is delivered, and its publisher gets
 * PUBLISHED. What the same session publishes meanwhile waits behind it; what others publish does not.
 *
 * A write that throws `WampError`, or rejects with one, refuses that one event, and its publisher gets that error. Any other exception means
 * that the store has failed, which the router reports. After an exception it tries no further write for a while. A promise that rejects, or
 * takes longer than 10 s, is answered with `wamp.error.unavailable`, and the next write is tried at once.
 */
export interface EventStore {
  /** Whether all routers of a cluster keep the same events in it. Default `false`: each router keeps those that were published there. */
  readonly shared?: boolean;
  /** Keeps an event as the most recent of its topic. */
  retain(event: StoredEvent): Promise<void> | void;
  /** Returns the retained events of one topic, newest first, down to the newest that anybody may get. */
  retained(topic: Uri): readonly StoredEvent[];
  /** Yields the topics that have a retained event and start with a text. */
  retainedTopics(prefix: string): Iterable<Uri>;
  /** Adds an event to a history. The oldest events beyond `limit` are dropped. */
  append(key: HistoryKey, event: StoredEvent, limit: number): Promise<void> | void;
  /** Yields a part of a history. Reads no more of it than is asked for. */
  history(key: HistoryKey, range?: HistoryRange): Iterable<StoredEvent>;
  /**
   * Resolves when reading shows all that was kept before this call, at whatever router: of a history, or of the retained events where none is
   * named. Awaited before retained events are sent to a new subscriber, and before a history is read. `undefined`, or no such method: reading
   * shows it already. Rejects where that cannot be known; a promise that takes longer than 10 s counts as rejected.
   */
  settled?(history?: HistoryKey): Promise<void> | undefined;
  /**
   * Runs writes of which either all are kept or, when `write` throws, none. Without it each is kept for itself. The writes of a store that has it
   * are done when they return.
   */
  atomically?(write: () => void): void;
  /** Counts what is kept. */
  stats?(): EventStoreStats;
  close(): void;
}
