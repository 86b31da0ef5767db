import { sizeOf } from "./event-size.js";
import type { StoredEvent } from "./store.js";

/** Most events of one topic: those for some receivers above the newest for all, which hides what is below it. */
const MOST_OF_ONE_TOPIC = 16;

/** The retained events of a topic with one more, newest first. The oldest are left out where they would be too many, or too large together. */
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
