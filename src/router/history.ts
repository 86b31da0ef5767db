import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import { largestEncodedBytes } from "./largest-encoded.js";
import { namesIn } from "./receivers.js";
import type { StoredEvent } from "./store/store.js";

/** An event as `wamp.subscription.get_events` gives it. */
export interface HistoryRecord {
  /** RFC 3339. */
  readonly timestamp: string;
  readonly subscription: Id;
  readonly publication: Id;
  readonly details: Readonly<Record<string, unknown>>;
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

/** As much of a history as one answer may hold. */
export interface HistoryPage {
  readonly records: readonly HistoryRecord[];
  /** The publication that the next page begins with; `undefined` where there is no more. */
  readonly next: Id | undefined;
  /** True where events were looked at and none of them passed: the page is empty, and not for want of its first publication. */
  readonly nonePassed?: boolean;
}

/** How a page is made. */
export interface PageOptions {
  readonly subscription: Id;
  /** Whether the subscription is a pattern, so that each record names its topic. */
  readonly pattern: boolean;
  /** Whether an event is asked for, and its receiver may get it. */
  readonly passes: (event: StoredEvent) => boolean;
  /** Most records of a page. Default: as many as its bytes allow. */
  readonly limit: number | undefined;
  /** The largest message that the receiver takes, in bytes; `undefined` for any. */
  readonly maxReceiveBytes: number | undefined;
}

/** Bytes of a page, unless its only record is larger. */
const PAGE_BYTES = 1024 * 1024;
/** Events that are looked at for one page, so that a filter which few events pass stalls nobody. */
const MOST_EXAMINED = 10_000;
/** So many names in the lists of an event count for one event more. */
const NAMES = 64;
/** What is around the records in a RESULT. */
const AROUND_BYTES = 256;

/**
 * Makes a page of the first events that pass, and reads no more of them than it takes and one. A page holds 1 MiB at most, or one
 * record, from at most 10,000 events, fewer where these name many receivers: it may be empty though there is more. A record that the receiver could not be given at all comes
 * without `args` and `kwargs`, and its details say `payload_limit_exceeded`.
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
    const isFull = records.length > 0 && bytes + event.payload.byteLength > Math.min(PAGE_BYTES, mostBytes);
    if (isFull || records.length >= limit) return { records, next: event.publication }; // it is not even decoded
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

/** The keyword results that go with a page. `more: false` says that an empty page is the last, and its first publication is still kept. */
export function pagingOf({ next, nonePassed }: HistoryPage): Dict {
  if (next !== undefined) return { more: true, next };
  return nonePassed ? { more: false } : {};
}

function recordOf(event: StoredEvent, { subscription, pattern }: PageOptions): HistoryRecord {
  const { args, kwargs } = event.payload.encodedIn === undefined ? event.payload : event.payload.copy(); // else the kept one holds its values, too, from now on
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
