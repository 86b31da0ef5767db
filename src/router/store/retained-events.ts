import { sizeOf } from "./event-size.js";
import type { StoredEvent } from "./store.js";

/** The maximum number of events of one topic: those for some receivers above the newest for all, which hides everything below it. */
const MOST_OF_ONE_TOPIC = 16;

/** Adds an event to a topic's retained events, newest first. Drops the oldest if there are too many or they are too large together. */
export function withNewest(
  events: readonly StoredEvent[],
  event: StoredEvent,
  maxBytes: number,
): readonly StoredEvent[] {
  const kept = [event];
  if (Object.keys(event.lists).length === 0) return kept;
  let bytes = sizeOf(event);
  for (const older of events) {
    bytes += sizeOf(older);
    if (kept.length === MOST_OF_ONE_TOPIC || bytes > maxBytes) break;
    kept.push(older);
  }
  return kept;
}
