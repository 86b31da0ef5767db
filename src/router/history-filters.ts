import { WampError } from "../wire/error.js";
import type { Dict } from "../wire/fields.js";
import { isId } from "../wire/ids.js";
import { INVALID_ARGUMENT, type Uri } from "../wire/uris.js";
import type { HistoryRange } from "./store/store.js";

/** The filters of a history request, combined with AND. Spec: "Event History". */
export interface HistoryFilters extends HistoryRange {
  readonly limit?: number;
  readonly topic?: Uri;
}

/**
 * Reads the keyword arguments of `wamp.subscription.get_events`. Throws `wamp.error.invalid_argument` with the name of the
 * key.
 */
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

/** Reads one value; `undefined` if it is invalid. */
interface Reader {
  readonly expected: string;
  read(value: unknown): unknown;
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const flag: Reader = { expected: "true or false", read: (value) => (typeof value === "boolean" ? value : undefined) };
const count: Reader = {
  expected: "a positive integer",
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
  from_time: { name: "fromMs", reader: time },
  after_time: { name: "afterMs", reader: time },
  before_time: { name: "beforeMs", reader: time },
  until_time: { name: "untilMs", reader: time },
  topic: { name: "topic", reader: uri },
  from_publication: { name: "fromPublication", reader: publication },
  after_publication: { name: "afterPublication", reader: publication },
  before_publication: { name: "beforePublication", reader: publication },
  until_publication: { name: "untilPublication", reader: publication },
};
