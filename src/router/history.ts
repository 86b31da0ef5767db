import { WampError } from "../wire/error.js";
import type { Dict } from "../wire/fields.js";
import { type Id, isId } from "../wire/ids.js";
import { INVALID_ARGUMENT, type Uri } from "../wire/uris.js";
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

/** What of a history is asked for; all conditions are ANDed. Spec: "Event History". */
export interface HistoryFilters {
  readonly reverse?: boolean;
  readonly limit?: number;
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly after?: number;
  readonly before?: number;
  readonly until?: number;
  readonly topic?: Uri;
  readonly fromPublication?: Id;
  readonly afterPublication?: Id;
  readonly beforePublication?: Id;
  readonly untilPublication?: Id;
}

/** The keyword arguments of `wamp.subscription.get_events`, read. Throws `wamp.error.invalid_argument`, which names the key. */
export function readFilters(kwargs: Dict): HistoryFilters {
  const found: Record<string, unknown> = {};
  for (const [key, { name, reader }] of Object.entries(KEYS)) {
    const value = kwargs[key];
    if (value === undefined || value === null) continue;
    const made = reader.read(value);
    if (made === undefined) throw new WampError(INVALID_ARGUMENT, { args: [`${key}: expected ${reader.expected}`] });
    found[name] = made;
  }
  return found;
}

/** The events that pass, in the order asked for. */
export function matchesFilters(events: readonly StoredEvent[], filters: HistoryFilters): readonly StoredEvent[] {
  const passing = between(events, filters).filter(({ atMs, topic }) => {
    const { from = -Infinity, after = -Infinity, before = Infinity, until = Infinity } = filters;
    return (
      atMs >= from &&
      atMs > after &&
      atMs < before &&
      atMs <= until &&
      (filters.topic === undefined || topic === filters.topic)
    );
  });
  if (filters.reverse) passing.reverse();
  return filters.limit === undefined ? passing : passing.slice(0, filters.limit);
}

export function recordOf(
  event: StoredEvent,
  { subscription, pattern }: { readonly subscription: Id; readonly pattern: boolean },
): HistoryRecord {
  const { args, kwargs } = event.payload;
  return {
    timestamp: new Date(event.atMs).toISOString(),
    subscription,
    publication: event.publication,
    details: pattern ? { ...event.details, topic: event.topic } : { ...event.details },
    ...(args.length > 0 && { args }),
    ...(Object.keys(kwargs).length > 0 && { kwargs }),
  };
}

/** Publication IDs are not ordered, but events are kept in order: a named one marks a place. One that is not there bounds nothing to nothing. */
function between(events: readonly StoredEvent[], filters: HistoryFilters): StoredEvent[] {
  const { fromPublication, afterPublication, beforePublication, untilPublication } = filters;
  let start = 0;
  let end = events.length;
  const place = (publication: Id) => events.findIndex((event) => event.publication === publication);
  for (const [publication, offset] of [
    [fromPublication, 0],
    [afterPublication, 1],
  ] as const) {
    if (publication === undefined) continue;
    const at = place(publication);
    if (at === -1) return [];
    start = Math.max(start, at + offset);
  }
  for (const [publication, offset] of [
    [beforePublication, 0],
    [untilPublication, 1],
  ] as const) {
    if (publication === undefined) continue;
    const at = place(publication);
    if (at === -1) return [];
    end = Math.min(end, at + offset);
  }
  return events.slice(start, end);
}

/** Reads one value, `undefined` where it is none. */
interface Reader {
  readonly expected: string;
  read(value: unknown): unknown;
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const flag: Reader = { expected: "true or false", read: (value) => (typeof value === "boolean" ? value : undefined) };
const count: Reader = {
  expected: "an integer from 1",
  read: (value) => (Number.isInteger(value) && Number(value) >= 1 ? value : undefined),
};
const uri: Reader = { expected: "a URI", read: (value) => (typeof value === "string" ? value : undefined) };
const publication: Reader = { expected: "a publication ID", read: (value) => (isId(value) ? value : undefined) };
const time: Reader = {
  expected: "an RFC 3339 timestamp such as 2026-01-31T12:00:00.000Z",
  read(value) {
    const ms = typeof value === "string" && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms;
  },
};

const KEYS: Readonly<Record<string, { readonly name: keyof HistoryFilters; readonly reader: Reader }>> = {
  reverse: { name: "reverse", reader: flag },
  limit: { name: "limit", reader: count },
  from_time: { name: "from", reader: time },
  after_time: { name: "after", reader: time },
  before_time: { name: "before", reader: time },
  until_time: { name: "until", reader: time },
  topic: { name: "topic", reader: uri },
  from_publication: { name: "fromPublication", reader: publication },
  after_publication: { name: "afterPublication", reader: publication },
  before_publication: { name: "beforePublication", reader: publication },
  until_publication: { name: "untilPublication", reader: publication },
};
