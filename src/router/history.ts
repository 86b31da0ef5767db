import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import { payloadLength } from "../wire/payload-bytes.js";
import { largestEncodedBytes } from "./largest-encoded.js";
import { lentPayload } from "./lent-payload.js";
import { namesIn } from "./receivers.js";
import type { StoredEvent } from "./store/store.js";

/** An event in the result of `wamp.subscription.get_events`. */
export interface HistoryRecord {
  /** In RFC 3339 format. */
  readonly timestamp: string;
  readonly subscription: Id;
  readonly publication: Id;
  readonly details: Readonly<Record<string, unknown>>;
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

/** The part of a history that fits into one answer. */
export interface HistoryPage {
  readonly records: readonly HistoryRecord[];
  /** The first publication of the next page; `undefined` if this is the last page. */
  readonly next: Id | undefined;
  /** True if events were examined and none matched, so that the page is empty although its first publication exists. */
  readonly nonePassed?: boolean;
}

/** Options of a page. */
export interface PageOptions {
  readonly subscription: Id;
  /** Whether the subscription is a pattern, so that each record contains its topic. */
  readonly pattern: boolean;
  /** Returns whether an event matches the request and its receiver may get it. */
  readonly passes: (event: StoredEvent) => boolean;
  /** The maximum number of records. Default: limited by size only. */
  readonly limit: number | undefined;
  /** The largest message that the receiver accepts, in bytes; `undefined` for no limit. */
  readonly maxReceiveBytes: number | undefined;
}

/** The maximum size of a page, in bytes, unless its only record is larger. */
const PAGE_BYTES = 1024 * 1024;
/** The maximum number of events examined per page, so that a filter with few matches does not block the router. */
const MOST_EXAMINED = 10_000;
/** This many names in an event's receiver lists cost as much as one event. */
const NAMES = 64;
/** The size of a RESULT around the records, in bytes. */
const AROUND_BYTES = 256;

/**
 * Creates a page of the first matching events. It reads at most one more event than it needs. A page has at most 1 MiB, or one
 * record, from at most 10,000 examined events, or fewer if they list many receivers. So it may be empty although there are
 * further pages. A record that is too large for the receiver has no `args` and `kwargs`, and `payload_limit_exceeded` in its
 * details.
 */
export function pageOf(events: Iterable<StoredEvent>, options: PageOptions): HistoryPage {
  const { limit = Infinity, maxReceiveBytes = Infinity } = options;
  const mostBytes = maxReceiveBytes - AROUND_BYTES;
  const records: HistoryRecord[] = [];
  let [bytes, examined] = [0, 0];
  for (const event of events) {
    if (examined >= MOST_EXAMINED) return { records, next: event.publication };
    examined += 1 + namesIn(event.lists) / NAMES;
    if (!options.passes(event)) continue;
    const isFull = records.length > 0 && bytes + payloadLength(event.payload) > Math.min(PAGE_BYTES, mostBytes);
    if (isFull || records.length >= limit) return { records, next: event.publication }; // without decoding the event
    let record = recordOf(event, options);
    let size = largestEncodedBytes(record);
    if (size > mostBytes) {
      record = withoutPayload(record);
      size = largestEncodedBytes(record);
    }
    bytes += size;
    if (records.length > 0 && bytes > Math.min(PAGE_BYTES, mostBytes)) return { records, next: event.publication };
    records.push(record);
  }
  return { records, next: undefined, ...(records.length === 0 && examined > 0 && { nonePassed: true }) };
}

/**
 * Returns the keyword results of a page. `more: false` means that an empty page is the last one, and its first publication
 * still exists.
 */
export function pagingOf({ next, nonePassed }: HistoryPage): Dict {
  if (next !== undefined) return { more: true, next };
  return nonePassed ? { more: false } : {};
}

function recordOf(event: StoredEvent, { subscription, pattern }: PageOptions): HistoryRecord {
  const { args, kwargs } = lentPayload(event.payload);
  return {
    timestamp: new Date(event.atMs).toISOString(),
    subscription,
    publication: event.publication,
    details: pattern ? { ...event.details, topic: event.topic } : { ...event.details },
    ...(args.length > 0 && { args }),
    ...(Object.keys(kwargs).length > 0 && { kwargs }),
  };
}

function withoutPayload({ args: _, kwargs: __, ...record }: HistoryRecord): HistoryRecord {
  return { ...record, details: { ...record.details, payload_limit_exceeded: true } };
}
