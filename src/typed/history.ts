import type { ParamValues } from "../contract/uri-params.js";
import { publisherOf } from "../peer/identity.js";
import type { CallerPeer, WampEvent, WampResult } from "../peer/types.js";
import { WampError } from "../wire/error.js";
import { isDict } from "../wire/fields.js";
import {
  checkSettings,
  flag,
  natural,
  object,
  positive,
  type SettingRule,
  type SettingRules,
} from "../wire/settings.js";
import { NO_SUCH_SUBSCRIPTION } from "../wire/uris.js";
import { endableLoop } from "./endable-loop.js";
import { invalidTo, type ReadEvent, readEvent, requirePattern, type TopicPlan } from "./topic-plan.js";
import type { HistoricEvent, HistoryOptions } from "./types.js";

const moment: SettingRule = {
  expected: "a valid Date",
  accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
};
const OPTIONS: SettingRules<HistoryOptions> = {
  reverse: flag,
  limit: natural,
  from: moment,
  until: moment,
  afterPublication: natural,
  beforePublication: natural,
  pageSize: positive,
  signal: object,
};

/** The history to read. */
export interface HistoryQuery {
  readonly plan: TopicPlan;
  readonly params: ParamValues;
  readonly limits: HistoryOptions;
}

/** An event as `wamp.subscription.get_events` returns it. */
interface HistoryEntry {
  readonly timestamp: string;
  readonly publication: number;
  readonly details: WampEvent["details"];
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/** The limits of a page, by the keyword arguments of `wamp.subscription.get_events`. */
type Bounds = Readonly<Record<string, unknown>>;

/** The start of a page, by direction: at a publication that the router names, or after the last one that was received. */
const FORWARD = { at: "from_publication", past: "after_publication" } as const;
const REVERSE = { at: "until_publication", past: "before_publication" } as const;

const TOO_LARGE: ReadEvent = {
  ok: false,
  issues: [
    {
      path: [],
      code: "custom",
      message: "the router omitted the payload because the event is larger than this peer's maxMessageBytes",
    },
  ],
};

/** Reads past events page by page. Throws `TypeError` for invalid limits. Spec: Advanced Profile, "Event History". */
export function readHistory(peer: CallerPeer, query: HistoryQuery): AsyncIterable<HistoricEvent<ParamValues, unknown>> {
  checkSettings(query.limits, OPTIONS, "history");
  const { signal } = query.limits;
  return { [Symbol.asyncIterator]: () => endableLoop((own) => readPages(peer, query, own), signal) };
}

async function* readPages(
  peer: CallerPeer,
  { plan, params, limits }: HistoryQuery,
  signal: AbortSignal,
): AsyncGenerator<HistoricEvent<ParamValues, unknown>, void, void> {
  const { uri, match } = requirePattern(plan, params);
  const { reverse = false, limit = Number.POSITIVE_INFINITY, pageSize = 100 } = limits;
  const subscription = await requireSubscription(peer, { uri, match, signal });
  const invalid = invalidTo(plan, peer);
  let left = limit;
  for (let bounds: Bounds | undefined = boundsOf(limits); bounds && left > 0; ) {
    const asked: PageRequest = { ...bounds, reverse, limit: Math.min(pageSize, left) };
    const answer: WampResult = await peer.call("wamp.subscription.get_events", [subscription], asked, { signal });
    const records = answer.args.filter(isRecord);
    if (isRepeated(records, bounds)) return;
    bounds = nextBounds(bounds, asked, answer);
    for (const record of records) {
      const event = eventOf(record, uri);
      const found = record.details.payload_limit_exceeded === true ? TOO_LARGE : await readEvent(plan, event);
      if (!found.ok) {
        invalid(found.issues, event);
        continue;
      }
      yield { ...found.value, at: new Date(record.timestamp) };
      if (--left === 0) return;
    }
  }
}

interface PageRequest extends Bounds {
  readonly reverse: boolean;
  readonly limit: number;
}

/** Returns whether a router repeated the previous page because it does not support these limits. */
function isRepeated(records: readonly HistoryEntry[], { after_publication, before_publication }: Bounds): boolean {
  const last = records.at(-1)?.publication;
  return last !== undefined && (last === after_publication || last === before_publication);
}

/** Returns the limits of the next page; `undefined` at the end of the history. */
function nextBounds(bounds: Bounds, { reverse, limit }: PageRequest, { args, kwargs }: WampResult): Bounds | undefined {
  const { at, past } = reverse ? REVERSE : FORWARD;
  if (kwargs.more === true && kwargs.next !== undefined) {
    const { [past]: _, ...others } = bounds; // it is outside the remaining range, and may have been dropped
    return { ...others, [at]: kwargs.next };
  }
  const isContinued = bounds[at] !== undefined;
  if (isContinued) return args.length === 0 && kwargs.more === undefined ? withoutDropped(bounds, reverse) : undefined;
  const last = args.filter(isRecord).at(-1)?.publication; // a router that pages by `limit` only does not send `more`
  return last === undefined || args.length < limit ? undefined : { ...bounds, [past]: last };
}

/**
 * Returns limits without a publication that the history has dropped since the previous page. The oldest events are dropped first,
 * so all remaining ones are newer and none is repeated. In reverse, a page whose first event was dropped is past the end.
 */
function withoutDropped(bounds: Bounds, reverse: boolean): Bounds | undefined {
  const { from_publication: _, after_publication, ...others } = bounds;
  return reverse && after_publication === undefined ? undefined : others;
}

async function requireSubscription(
  peer: CallerPeer,
  { uri, match, signal }: { readonly uri: string; readonly match: string; readonly signal: AbortSignal },
): Promise<number> {
  const { args } = await peer.call("wamp.subscription.lookup", [uri, { match }], {}, { signal });
  if (typeof args[0] === "number") return args[0];
  throw new WampError(NO_SUCH_SUBSCRIPTION, {
    args: [`the realm stores no history of "${uri}" (match "${match}"); enable it in the router's configuration`],
  });
}

function boundsOf({ from, until, afterPublication, beforePublication }: HistoryOptions): Record<string, unknown> {
  return {
    ...(from && { from_time: from.toISOString() }),
    ...(until && { until_time: until.toISOString() }),
    ...(afterPublication !== undefined && { after_publication: afterPublication }),
    ...(beforePublication !== undefined && { before_publication: beforePublication }),
  };
}

function isRecord(value: unknown): value is HistoryEntry {
  return (
    isDict(value) &&
    typeof value.timestamp === "string" &&
    typeof value.publication === "number" &&
    isDict(value.details)
  );
}

function eventOf({ publication, details, args = [], kwargs = {} }: HistoryEntry, topic: string): WampEvent {
  const publisher = publisherOf(details);
  return { topic: details.topic ?? topic, publication, args, kwargs, details, ...(publisher && { publisher }) };
}
