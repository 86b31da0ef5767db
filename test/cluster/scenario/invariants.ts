import { callInvariants } from "./call-invariants.js";
import { eventInvariants } from "./event-invariants.js";
import { groupBy, lifeAt, stood } from "./history.js";
import { metaInvariants } from "./meta-invariants.js";
import type { Outcome } from "./run.js";
import type { RegistrationSeen, SubscriptionSeen } from "./witness.js";

/** A message takes no longer to a client that reads. */
const DELIVERED_WITHIN_MS = 3;

/** Holds what has come of a plan against what must hold for every plan. Returns what does not, in words. */
export function brokenInvariants(outcome: Outcome): readonly string[] {
  return [
    ...outcome.witness.wrongs,
    ...callInvariants(outcome),
    ...eventInvariants(outcome),
    ...metaInvariants(outcome),
    ...singlesHaveOneHolder(outcome),
    ...registrationsAreNotRefusedWrongly(outcome),
    ...tablesAreEqual(outcome),
    ...tablesHoldWhatClientsHold(outcome),
    ...nothingIsLeft(outcome),
  ];
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

/** A pattern is refused only if another client had it or was about to have it. */
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

/** The tables hold what clients were told that they hold, for nobody else, and no other sessions than theirs. */
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
