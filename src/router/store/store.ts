import type { Id } from "../../wire/ids.js";
import type { EventDetails } from "../../wire/options.js";
import type { Payload } from "../../wire/payload.js";
import type { MatchPolicy, Uri } from "../../wire/uris.js";
import type { LastingLists } from "../receivers.js";

/** A kept event, and its receivers. */
export interface StoredEvent {
  readonly publication: Id;
  readonly topic: Uri;
  /** The time at which the broker received it, in milliseconds since 1970. */
  readonly atMs: number;
  /** Publisher, trust level and payload passthru. Never the topic, which depends on the receiver. */
  readonly details: EventDetails;
  /** A payload with its own bytes, not a view of a network buffer. */
  readonly payload: Payload;
  readonly lists: LastingLists;
}

/** A topic or pattern whose history is kept. */
export interface HistoryKey {
  readonly topic: Uri;
  readonly match: MatchPolicy;
}

/** A part of a history. All given limits must hold. */
export interface HistoryRange {
  /** Newest first. Default false: in the order in which the broker received the events. */
  readonly reverse?: boolean;
  /** Publications that limit the range. A publication that the history does not hold makes the range empty. */
  readonly fromPublication?: Id;
  readonly afterPublication?: Id;
  readonly beforePublication?: Id;
  readonly untilPublication?: Id;
  /** Limits of `atMs`, in milliseconds since 1970. `from` and `until` are inclusive, `after` and `before` are not. */
  readonly fromMs?: number;
  readonly afterMs?: number;
  readonly beforeMs?: number;
  readonly untilMs?: number;
}

/** The current numbers of a store. Bytes are as the store counts them: payloads, and an allowance for their overhead. */
export interface EventStoreStats {
  readonly retainedEvents: number;
  readonly retainedBytes: number;
  readonly historyEvents: number;
  readonly historyBytes: number;
  /** The number of events dropped since the store was opened to stay within its limits. */
  readonly dropped: number;
}

/** The realm that a store is created for, and the services that it can use. */
export interface StorePlace {
  /** The histories of the realm. */
  readonly history: readonly (HistoryKey & { readonly limit: number })[];
  /** The router's place in its cluster, or `undefined` if it has none. */
  readonly member: object | undefined;
  /** Reports a background error to the operator, as `onError` does. */
  readonly report: (error: unknown) => void;
}

/** Creates the event store of a realm. `createRouter` throws its exceptions. */
export interface EventStoreMaker {
  (realm: string, place: StorePlace): EventStore;
  /** Settings of the store as a text that must be the same on all routers of a cluster. Default: none. */
  readonly agreed?: string;
}

/**
 * A realm's event store. It keeps the last event of each topic (retention), and those of chosen subscriptions (history). An event
 * is kept once the method has returned, or once the promise that it returned has resolved. Only then is the event delivered, and
 * its publisher receives PUBLISHED. Later publications of the same session wait behind it; those of other sessions do not.
 *
 * A write that throws `WampError`, or rejects with one, refuses that one event, and its publisher receives that error. Any other
 * exception means that the store has failed, which the router reports. After an exception, the router tries no further write for a
 * while. A promise that rejects with anything else, or takes longer than 10 s, is answered with `wamp.error.unavailable`, and the
 * next write is tried at once.
 */
export interface EventStore {
  /** Whether all routers of a cluster share its events. Default `false`: each router keeps those that were published there. */
  readonly shared?: boolean;
  /** Keeps an event as the most recent of its topic. */
  retain(event: StoredEvent): Promise<void> | void;
  /** Returns the retained events of one topic, newest first, down to the newest without restrictions on receivers. */
  retained(topic: Uri): readonly StoredEvent[];
  /** Yields the topics that have a retained event and start with `prefix`. */
  retainedTopics(prefix: string): Iterable<Uri>;
  /** Adds an event to a history. The oldest events beyond `limit` are dropped. */
  append(key: HistoryKey, event: StoredEvent, limit: number): Promise<void> | void;
  /** Yields a part of a history. Reads no more of it than the caller consumes. */
  history(key: HistoryKey, range?: HistoryRange): Iterable<StoredEvent>;
  /**
   * Resolves when reads show everything that any router had kept before this call: in a history, or in the retained events if none
   * is named. Awaited before retained events are sent to a new subscriber, and before a history is read. `undefined`, or no such
   * method, means that reads are already current. Rejects if that is unknown. A promise that takes longer than 10 s counts as
   * rejected.
   */
  settled?(history?: HistoryKey): Promise<void> | undefined;
  /**
   * Runs writes of which all are kept or, if `write` throws, none. Without this method, each write is kept on its own. The writes
   * of a store that has it must be synchronous.
   */
  atomically?(write: () => void): void;
  /** Returns the numbers of kept events. */
  stats?(): EventStoreStats;
  close(): void;
}
