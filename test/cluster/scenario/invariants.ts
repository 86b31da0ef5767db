import { matchesPattern } from "../../../src/wire/uris.js";
import type { LifeSeen, Outcome } from "./run.js";
import type { EventSeen, PublicationSeen, RegistrationSeen, SubscriptionSeen } from "./witness.js";

/** How long after it was expelled, or before, what a node has sent or was sent may be lost, in milliseconds. */
const LOST_WITHIN_MS = 15_000;
/** After so long a node that has joined again knows all that the others know, and they what it knows. */
const KNOWN_AFTER_MS = 6_000;
/** After so long a node that the directory says is in knows that, too. */
const JOINS_WITHIN_MS = 1_000;
/** A message takes no longer to a client that reads. */
const DELIVERED_WITHIN_MS = 3;
/** Nodes that are silent for so long are suspect. */
const SUSPECT_AFTER_MS = 2_500;
/** What makes a node silent to others. */
const SILENT: ReadonlySet<string> = new Set(["freeze", "cut", "cutPair"]);

/** Holds what has come of a plan against what must hold for every plan. Returns what does not, in words. */
export function brokenInvariants(outcome: Outcome): readonly string[] {
  return [
    ...outcome.witness.wrongs,
    ...callsSettleOnce(outcome),
    ...callsAreMadeOnce(outcome),
    ...callsKeepTheirOrder(outcome),
    ...eventsKeepTheirOrder(outcome),
    ...eventsArrive(outcome),
    ...testamentsAreLeft(outcome),
    ...sessionsAreTold(outcome),
    ...singlesHaveOneHolder(outcome),
    ...registrationsAreNotRefusedWrongly(outcome),
    ...tablesAreEqual(outcome),
    ...tablesHoldWhatClientsHold(outcome),
    ...nothingIsLeft(outcome),
  ];
}

/**
 * Every call is answered exactly once, unless its caller is gone; progress comes before, and in order for each callee that has had it. Further parts of a
 * call that was refused are refused, too.
 */
function* callsSettleOnce(outcome: Outcome): Iterable<string> {
  for (const { key, caller, parts, answers, invocations } of outcome.witness.calls.values()) {
    const finals = answers.filter(({ isFinal }) => isFinal);
    if (finals.length === 0 && stood(caller.closedMs, outcome)) yield `${key} was never answered`;
    const isRefused = parts > 1 && finals[0]?.error !== undefined;
    if (finals.length > (isRefused ? parts : 1)) yield `${key} was answered ${finals.length} times`;
    const progress = answers.filter(({ isFinal }) => !isFinal).map(({ text }) => Number(text.split(" ").at(-1)));
    const starts = progress.filter((number) => number === 1).length;
    const isInOrder = progress.every((number, at) => number === 1 || number === (progress[at - 1] ?? 0) + 1);
    if (!isInOrder || starts > invocations.length) yield `${key} has had its progress as ${progress}`;
    for (const { text, error } of answers)
      if (error === undefined && !text.startsWith(`${key} `)) yield `${key} was answered with "${text}"`;
  }
}

/**
 * A call that was not said to be repeatable has been given to one callee, but for those that said that they were not available. Its parts come in order,
 * from the first that was not refused.
 */
function* callsAreMadeOnce({ witness }: Outcome): Iterable<string> {
  for (const { key, options, invocations, refusals, answers } of witness.calls.values()) {
    const made = groupBy(invocations, ({ callee, request }) => `${callee.name} ${request}`);
    const refused = answers.filter(({ error }) => error !== undefined).length;
    if (options._idempotent !== true && made.size > 1 + refusals + Math.max(0, refused - 1))
      yield `${key} was made ${made.size} times: ${[...made.keys()]}`;
    for (const [which, parts] of made)
      if (parts.some(({ part }, at) => part !== at + (parts[0]?.part ?? 0)))
        yield `${key} came to ${which} as parts ${parts.map((each) => each.part)}`;
  }
}

/**
 * What one session calls comes to one other in order. A call that had gone to another callee before, which has refused it or was gone, may come
 * later; and so may one that was about to go to a node that was expelled.
 */
function* callsKeepTheirOrder({ witness, frames, lives }: Outcome): Iterable<string> {
  const last = new Map<string, { readonly key: string; readonly request: number }>();
  for (const { key, caller, invocations, refusals, options, sentMs } of witness.calls.values()) {
    const [first] = invocations;
    if (!first || refusals > 0 || options._idempotent) continue;
    if (lives.some(({ untilMs = 0 }) => sentMs < untilMs && untilMs <= first.atMs)) continue;
    if ([...(frames.callees.get(key) ?? [])].some((callee) => callee !== first.callee.id)) continue;
    const pair = `${caller.name} to ${first.callee.name}`;
    const before = last.get(pair);
    if (before && first.request < before.request) yield `${key} from ${pair} came before ${before.key}`;
    last.set(pair, { key, request: first.request });
  }
}

/** What one client publishes comes to each subscriber in order, over all topics, and once for each subscription. */
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

/**
 * Who is at a node that was in the cluster all the time hears once that a session of another such node joins, and once that it leaves. Of other sessions
 * it hears in turn that they are there and that they are not: who has to tell may have been among those that were expelled.
 */
function* sessionsAreTold(outcome: Outcome): Iterable<string> {
  const { witness, lives, news, troubles } = outcome;
  const isCalm = (node: string) =>
    lives.filter((life) => life.node === node && life.fromMs < outcome.healedMs).length === 1 &&
    !troubles.some(({ nodes, kind }) => nodes.includes(node) && kind !== "slow");
  for (const { node, bySession } of news) {
    if (!isCalm(node)) continue;
    for (const session of witness.sessions) {
      // where one of two nodes does not hear the other, those that tell do not know the same
      if (troubles.some(({ nodes, kind }) => kind === "cutPair" && nodes.includes(session.node))) continue;
      const told = bySession.get(session.id) ?? [];
      const words = `of ${session.name} at ${session.node}, ${node} has told "${told}"`;
      const expected = stood(session.closedMs, outcome) ? "joined" : "joined,left";
      if (isCalm(session.node) && told.join() !== expected) yield words;
      if (told.some((what, at) => what === "joined" && what === told[at - 1])) yield words;
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

/** At no time have two sessions of nodes that live the same single registration. */
function* singlesHaveOneHolder(outcome: Outcome): Iterable<string> {
  const { witness } = outcome;
  // a node that stood still may tell late what was true before it was expelled, and takes it back when it learns of that
  const isTold = ({ holder, sinceMs = 0 }: RegistrationSeen) =>
    lifeAt(outcome.lives, holder.node, sinceMs - DELIVERED_WITHIN_MS) !== undefined;
  const held = witness.registrations.filter(
    (each) => each.invoke === "single" && each.sinceMs !== undefined && isTold(each),
  );
  const byPattern = groupBy(held, ({ uri, match }) => `${match} ${uri}`);
  for (const [pattern, holders] of byPattern) {
    for (const one of holders)
      for (const other of holders) {
        if (one.holder === other.holder || (one.sinceMs as number) > (other.sinceMs as number)) continue;
        if (endOf(outcome, one) > (other.sinceMs as number))
          yield `${pattern} was held by ${one.holder.name} and ${other.holder.name} at once`;
      }
  }
}

/** When a share was given up at the latest: by its client, or because its node was expelled. */
function endOf({ lives }: Outcome, { holder, sinceMs, untilMs }: RegistrationSeen): number {
  const life = lifeAt(lives, holder.node, sinceMs as number);
  return Math.min(
    untilMs ?? Infinity,
    holder.closedMs ?? Infinity,
    holder.leftMs ?? Infinity,
    life?.untilMs ?? Infinity,
  );
}

function lifeAt(lives: readonly LifeSeen[], node: string, atMs: number): LifeSeen | undefined {
  return lives.find((life) => life.node === node && life.fromMs <= atMs && (life.untilMs ?? Infinity) > atMs);
}

/** Nobody is refused a pattern that nobody else had or was about to have. */
function* registrationsAreNotRefusedWrongly({ witness }: Outcome): Iterable<string> {
  for (const refused of witness.registrations) {
    if (refused.refused !== "wamp.error.procedure_already_exists") continue;
    const { uri, match, askedMs, refusedMs, holder } = refused;
    const others = witness.registrations.filter(
      (each) =>
        each !== refused &&
        each.uri === uri &&
        each.match === match &&
        (each.refused !== refused.refused || (each.refusedMs as number) > (refusedMs as number)) &&
        each.askedMs <= (refusedMs as number) &&
        goneMs(each) >= askedMs,
    );
    if (others.length === 0) yield `${holder.name} was refused ${match} ${uri}, which nobody has`;
  }
}

/** When nobody can take a share for one that is there any more. A router may learn late that a client has gone, but not that it is dead itself. */
function goneMs({ untilMs, refusedMs, holder }: RegistrationSeen): number {
  if (refusedMs !== undefined) return refusedMs; // it may have been in the way until then
  if (holder.closedBy === "loss") return holder.closedMs as number;
  return untilMs === undefined ? Infinity : untilMs + 20_000;
}

/** All nodes say the same of the realm. */
function* tablesAreEqual({ tables }: Outcome): Iterable<string> {
  const [first, ...others] = tables;
  for (const { node, unanswered } of tables) for (const what of unanswered) yield `${node} has not answered ${what}`;
  if (!first) return;
  for (const other of others) {
    const names = `${first.node} and ${other.node}`;
    const [one, two] = [first.sessions.join(), other.sessions.join()];
    if (one !== two) yield `${names} know different sessions: ${one}; ${two}`;
    yield* differences(`registrations of ${names}`, first.registrations, other.registrations);
    yield* differences(`subscriptions of ${names}`, first.subscriptions, other.subscriptions);
  }
}

function* differences(
  what: string,
  one: ReadonlyMap<number, object>,
  other: ReadonlyMap<number, object>,
): Iterable<string> {
  for (const id of new Set([...one.keys(), ...other.keys()])) {
    const [first, second] = [JSON.stringify(one.get(id)), JSON.stringify(other.get(id))];
    if (first !== second) yield `${what} differ in ${id}: ${first} and ${second}`;
  }
}

/** What clients have been told that they hold, they hold, and nobody else does; and no other sessions are there than theirs. */
function* tablesHoldWhatClientsHold(outcome: Outcome): Iterable<string> {
  const { witness, tables } = outcome;
  const live = witness.sessions.filter(({ closedMs }) => stood(closedMs, outcome));
  const stands = (held: RegistrationSeen | SubscriptionSeen) =>
    held.sinceMs !== undefined && live.includes(held.holder) && stood(held.untilMs, outcome);
  const registered = witness.registrations.filter(stands);
  const subscribed = witness.subscriptions.filter(stands);
  for (const { node, sessions, registrations, subscriptions } of tables) {
    const missing = live.filter(({ id }) => !sessions.includes(id));
    if (missing.length > 0) yield `${node} does not know the sessions ${missing.map(({ name }) => name)}`;
    const isLive = (id: number) => live.some((session) => session.id === id);
    yield* lost(node, registered, (id) => registrations.get(id)?.callees);
    yield* lost(node, subscribed, (id) => subscriptions.get(id)?.subscribers);
    for (const [id, { callees }] of registrations)
      for (const callee of callees)
        if (!isLive(callee)) yield `${node} has ${callee}, which is gone, in registration ${id}`;
  }
}

function* lost(
  node: string,
  held: readonly (RegistrationSeen | SubscriptionSeen)[],
  holdersOf: (id: number) => readonly number[] | undefined,
): Iterable<string> {
  for (const { holder, id = 0, uri, match } of held)
    if (!holdersOf(id)?.includes(holder.id)) yield `${node} has lost ${match} ${uri} (${id}) of ${holder.name}`;
}

/** When all have gone, nothing is left of them. */
function* nothingIsLeft({ rest, restKeys }: Outcome): Iterable<string> {
  for (const { node, stats } of rest) {
    const left = Object.entries(stats).filter(([, count]) => count !== 0);
    if (left.length > 0) yield `${node} has ${left.map(([what, count]) => `${count} ${what}`).join(", ")} left`;
  }
  if (restKeys.length > 0) yield `the directory has ${restKeys.length} registrations left`;
}

function numberOf(key: string): number {
  return Number(key.split(" ").at(-1));
}

/** Whether something stood when all had calmed down, just before all clients went. */
function stood(endedMs: number | undefined, { healedMs }: Outcome): boolean {
  return endedMs === undefined || endedMs >= healedMs;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
