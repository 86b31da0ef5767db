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

/**
 * Where a realm keeps events: the last of each topic (retention), and those of chosen subscriptions (history). What a method
 * has returned from is kept: an acknowledged publication is in the store before its PUBLISHED goes out.
 */
export interface EventStore {
  /** Keeps an event as the most recent of its topic. */
  retain(event: StoredEvent): void;
  /** The retained events of one topic, newest first, down to the newest that anybody may get. */
  retained(topic: Uri): readonly StoredEvent[];
  /** Topics that have a retained event and start with a text. */
  retainedTopics(prefix: string): Iterable<Uri>;
  /** Adds an event to a history; the oldest beyond `limit` are dropped. */
  append(key: HistoryKey, event: StoredEvent, limit: number): void;
  /** A history in the order the broker got it. */
  history(key: HistoryKey): readonly StoredEvent[];
  close(): void;
}
