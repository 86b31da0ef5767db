import type { Uri } from "../../wire/uris.js";
import type { EventStore, HistoryKey, StoredEvent } from "./store.js";

/** Bounds of a store in memory. */
export interface MemoryStoreOptions {
  /** Topics that may have a retained event; beyond it, the topic retained longest ago is forgotten. Default 10,000. */
  readonly maxRetainedTopics?: number;
}

/** A bounded store in this process's memory: what it keeps is gone with the process. */
export function memoryStore({ maxRetainedTopics = 10_000 }: MemoryStoreOptions = {}): EventStore {
  const retained = new Map<Uri, readonly StoredEvent[]>(); // in the order they were retained last
  const histories = new Map<string, StoredEvent[]>();
  return {
    retain(event) {
      const events = withNewest(retained.get(event.topic) ?? [], event);
      retained.delete(event.topic);
      retained.set(event.topic, events);
      if (retained.size > maxRetainedTopics) retained.delete(retained.keys().next().value as Uri);
    },
    retained: (topic) => retained.get(topic) ?? [],
    *retainedTopics(prefix) {
      for (const topic of retained.keys()) if (topic.startsWith(prefix)) yield topic;
    },
    append(key, event, limit) {
      const events = histories.get(textOf(key)) ?? [];
      events.push(event);
      if (events.length > limit) events.splice(0, events.length - limit);
      histories.set(textOf(key), events);
    },
    history: (key) => histories.get(textOf(key)) ?? [],
    close() {
      retained.clear();
      histories.clear();
    },
  };
}

/** Events for some above the newest for all, which hides what is below it. */
const MOST_RESTRICTED = 16;

/** The retained events of a topic with one more. */
export function withNewest(events: readonly StoredEvent[], event: StoredEvent): readonly StoredEvent[] {
  return Object.keys(event.lists).length === 0 ? [event] : [event, ...events].slice(0, MOST_RESTRICTED);
}

function textOf({ topic, match }: HistoryKey): string {
  return `${match} ${topic}`;
}
