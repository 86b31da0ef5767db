import { matchesPattern } from "../../../src/wire/uris.js";
import { groupBy, lifeAt, numberOf, stood } from "./history.js";
import type { Outcome } from "./run.js";
import type { EventSeen, PublicationSeen, SubscriptionSeen } from "./witness.js";

/** How long after it was expelled, or before, what a node has sent or was sent may be lost, in milliseconds. */
const LOST_WITHIN_MS = 15_000;
/** After so long a node that has joined again knows all that the others know, and they what it knows. */
const KNOWN_AFTER_MS = 6_000;
/** After so long a node that the directory says is in knows that, too. */
const JOINS_WITHIN_MS = 1_000;
/** Nodes that are silent for so long are suspect. */
const SUSPECT_AFTER_MS = 2_500;
/** The faults that make a node silent to others. */
const SILENT: ReadonlySet<string> = new Set(["freeze", "cut", "cutPair"]);

/** The rules for the events of every plan, including testaments. */
export function* eventInvariants(outcome: Outcome): Iterable<string> {
  yield* eventsKeepTheirOrder(outcome);
  yield* eventsArrive(outcome);
  yield* testamentsAreLeft(outcome);
}

/** The publications of one client reach each subscriber in order, over all topics, and once for each subscription. */
function* eventsKeepTheirOrder({ witness }: Outcome): Iterable<string> {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const { publication, subscriber, subscription } of witness.events) {
    if (witness.testaments.has(publication)) continue;
    if (!witness.publications.has(publication)) {
      yield `${subscriber.name} has got "${publication}", which nobody has published`;
      continue;
    }
    const once = `${publication} to ${subscriber.name} for ${subscription}`;
    if (seen.has(once)) yield `${once} came twice`;
    seen.add(once);
    const publisher = (witness.publications.get(publication) as PublicationSeen).publisher.name;
    const pair = `${publisher} to ${subscriber.name}`;
    const number = numberOf(publication);
    if (number < (last.get(pair) ?? 0)) yield `${publication} came to ${subscriber.name} after event ${last.get(pair)}`;
    last.set(pair, Math.max(number, last.get(pair) ?? 0));
  }
}

/** An acknowledged publication comes to everybody who had subscribed before, where neither node was expelled. */
function* eventsArrive(outcome: Outcome): Iterable<string> {
  const { witness } = outcome;
  const came = new Map<string, Set<string>>();
  for (const { publication, subscriber, subscription } of witness.events as readonly EventSeen[]) {
    const who = came.get(publication) ?? new Set();
    came.set(publication, who.add(`${subscriber.name} ${subscription}`));
  }
  for (const publication of witness.publications.values()) {
    if (publication.acknowledgedMs === undefined || publication.options.rkey !== undefined) continue;
    for (const subscription of witness.subscriptions) {
      if (!isDue(outcome, publication, subscription)) continue;
      const who = `${subscription.holder.name} ${subscription.id}`;
      if (!came.get(publication.key)?.has(who))
        yield `${publication.key} on ${publication.topic} from ${publication.publisher.name} never came to ${who} (${subscription.match} ${subscription.uri})`;
    }
  }
}

function isDue(
  outcome: Outcome,
  publication: Pick<PublicationSeen, "publisher" | "sentMs" | "topic" | "options">,
  subscription: SubscriptionSeen,
): boolean {
  const { holder, sinceMs, untilMs, uri, match } = subscription;
  const { publisher, sentMs, topic, options } = publication;
  if (sinceMs === undefined || sinceMs > sentMs) return false;
  if (!stood(untilMs, outcome) || !stood(holder.closedMs, outcome)) return false;
  if (!matchesPattern(topic, { uri, match })) return false;
  if (holder === publisher && options.exclude_me !== false) return false;
  if (options.exclude_authid?.includes(holder.authid)) return false;
  if (options.eligible_authid && !options.eligible_authid.includes(holder.authid)) return false;
  if (holder.node === publisher.node) return true;
  return isWhole(outcome, publisher.node, sinceMs, sentMs) && isWhole(outcome, holder.node, sinceMs, sentMs);
}

/** A testament is published when its session is gone, or its node was expelled, once for each time. */
function* testamentsAreLeft(outcome: Outcome): Iterable<string> {
  const { witness, lives } = outcome;
  for (const { key, session, topic, keptMs } of witness.testaments.values()) {
    const seen = witness.events.filter(({ publication }) => publication === key);
    const endings = lives
      .filter(({ node, untilMs }) => node === session.node && untilMs !== undefined)
      .map((life) => life.untilMs as number);
    const first = Math.min(
      session.closedMs ?? Infinity,
      session.leftMs ?? Infinity,
      ...endings.filter((endMs) => endMs > session.openedMs),
    );
    const tooEarly = seen.find(({ atMs }) => atMs < first);
    if (tooEarly) yield `${key} came to ${tooEarly.subscriber.name} while its session stood`;
    for (const [which, times] of groupBy(seen, ({ subscriber, subscription }) => `${subscriber.name} ${subscription}`))
      if (times.length > 1 + endings.length) yield `${key} came to ${which} ${times.length} times`;
    if (keptMs === undefined || session.closedMs === undefined) continue;
    const { closedMs, closedBy } = session;
    if (closedBy !== "client" || closedMs >= outcome.healedMs) continue;
    const left = { publisher: session, sentMs: closedMs, topic, options: {} };
    for (const subscription of witness.subscriptions) {
      if (subscription.holder === session || !isDue(outcome, left, subscription)) continue;
      const { holder, id, match, uri } = subscription;
      if (!seen.some((event) => event.subscriber === holder && event.subscription === id))
        yield `${key} on ${topic} never came to ${holder.name} ${id} (${match} ${uri})`;
    }
  }
}

/** Whether a node was in the cluster from one moment to a while after another, and knew what there was to know. */
function isWhole({ lives, troubles }: Outcome, node: string, sinceMs: number, sentMs: number): boolean {
  const life = lifeAt(lives, node, sentMs);
  if (!life) return false;
  if (life.untilMs !== undefined && life.untilMs < sentMs + LOST_WITHIN_MS) return false;
  if (life.fromMs + KNOWN_AFTER_MS > sentMs && life.fromMs + JOINS_WITHIN_MS > sinceMs) return false;
  // whoever subscribes does not wait for nodes that show no sign of life, and is told to nobody while its own is cut off
  return !troubles.some(
    ({ kind, nodes, fromMs, untilMs }) =>
      SILENT.has(kind) &&
      nodes.includes(node) &&
      untilMs - fromMs > SUSPECT_AFTER_MS &&
      fromMs < sentMs &&
      untilMs + KNOWN_AFTER_MS > sentMs &&
      untilMs > sinceMs,
  );
}
