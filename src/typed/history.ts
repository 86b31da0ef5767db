import type { ParamValues } from "../contract/template-params.js";
import { publisherOf } from "../peer/identity.js";
import type { Peer, WampEvent } from "../peer/types.js";
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
import { invalidTo, readEvent, requirePattern, type TopicPlan } from "./topic-plan.js";
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

/** Which history is read. */
export interface HistoryQuery {
  readonly plan: TopicPlan;
  readonly params: ParamValues;
  readonly limits: HistoryOptions;
}

/** An event as `wamp.subscription.get_events` gives it. */
interface HistoryEntry {
  readonly timestamp: string;
  readonly publication: number;
  readonly details: WampEvent["details"];
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/**
 * Events of the past, asked for page by page. Throws `TypeError` for limits that cannot be.
 * Spec: Advanced Profile, "Event History".
 */
export function readHistory(peer: Peer, query: HistoryQuery): AsyncIterable<HistoricEvent<ParamValues, unknown>> {
  checkSettings(query.limits, OPTIONS);
  const { signal } = query.limits;
  return { [Symbol.asyncIterator]: () => endableLoop((own) => readPages(peer, query, own), signal) };
}

async function* readPages(
  peer: Peer,
  { plan, params, limits }: HistoryQuery,
  signal: AbortSignal,
): AsyncGenerator<HistoricEvent<ParamValues, unknown>, void, void> {
  const { uri, match } = requirePattern(plan, params);
  const { reverse = false, limit = Number.POSITIVE_INFINITY, pageSize = 100 } = limits;
  const subscription = await requireSubscription(peer, { uri, match, signal });
  const invalid = invalidTo(plan, peer);
  let bounds = boundsOf(limits);
  for (let left = limit; left > 0; ) {
    const size = Math.min(pageSize, left);
    const asked = { ...bounds, reverse, limit: size };
    const { args } = await peer.call("wamp.subscription.get_events", [subscription], asked, { signal });
    const records = args.filter(isRecord);
    for (const record of records) {
      const event = eventOf(record, uri);
      const found = await readEvent(plan, event);
      if (found.ok) yield { ...found.value, at: new Date(record.timestamp) };
      else invalid(found.issues, event);
    }
    left -= records.length;
    const last = records.at(-1)?.publication;
    if (last === undefined || records.length < size) return;
    bounds = { ...bounds, [reverse ? "before_publication" : "after_publication"]: last };
  }
}

async function requireSubscription(
  peer: Peer,
  { uri, match, signal }: { readonly uri: string; readonly match: string; readonly signal: AbortSignal },
): Promise<number> {
  const { args } = await peer.call("wamp.subscription.lookup", [uri, { match }], {}, { signal });
  if (typeof args[0] === "number") return args[0];
  throw new WampError(NO_SUCH_SUBSCRIPTION, {
    args: [`the realm keeps no history of "${uri}" (match "${match}"); its configuration names what it keeps`],
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
