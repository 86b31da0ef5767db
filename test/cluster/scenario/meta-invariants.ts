import { stood } from "./history.js";
import type { Outcome } from "./run.js";
import type { MetaNews, Told } from "./watcher.js";

/** The rules for the meta events of every plan. */
export function* metaInvariants(outcome: Outcome): Iterable<string> {
  for (const news of outcome.news) {
    if (!isCalm(outcome, news.node)) continue;
    yield* sessionsAreTold(outcome, news);
    yield* registrationsAreTold(outcome, news);
    yield* subscriptionsAreTold(outcome, news);
  }
}

/** Whether a node was in the cluster all the time, without trouble. */
function isCalm({ lives, troubles, healedMs }: Outcome, node: string): boolean {
  return (
    lives.filter((life) => life.node === node && life.fromMs < healedMs).length === 1 &&
    !troubles.some(({ nodes, kind }) => nodes.includes(node) && kind !== "slow")
  );
}

/**
 * Who is at a node that was in the cluster all the time hears once that a session of another such node joins, and once that it leaves. Of other sessions
 * it hears in turn that they are there and that they are not: who has to tell may have been among those that were expelled.
 */
function* sessionsAreTold(outcome: Outcome, { node, about }: MetaNews): Iterable<string> {
  const { witness, troubles } = outcome;
  for (const session of witness.sessions) {
    // where one of two nodes does not hear the other, those that tell do not know the same
    if (troubles.some(({ nodes, kind }) => kind === "cutPair" && nodes.includes(session.node))) continue;
    const told = about.get(`session ${session.id}`) ?? [];
    const words = `of ${session.name} at ${session.node}, ${node} has told "${wordsOf(told)}"`;
    const expected = stood(session.closedMs, outcome) ? "begins" : "begins,ends";
    if (isCalm(outcome, session.node) && wordsOf(told) !== expected) yield words;
    if (isDoubled(told)) yield words;
  }
}

/** Meta events about registrations and callees alternate, and agree with the tables at the end. */
function* registrationsAreTold({ tables }: Outcome, { node, about }: MetaNews): Iterable<string> {
  const registrations = tables.find((table) => table.node === node)?.registrations;
  if (!registrations) return;
  const standing = new Set<string>();
  for (const [id, { callees }] of registrations) {
    standing.add(`registration ${id}`);
    for (const callee of callees) standing.add(`callee ${id} ${callee}`);
  }
  for (const key of new Set([...standing, ...about.keys()]))
    if (/^(registration|callee) /.test(key))
      yield* isRight(node, key, { told: about.get(key), stands: standing.has(key) });
}

/** The same of subscriptions and subscribers: those of the watchers aside, who have subscribed at the same time. */
function* subscriptionsAreTold({ tables, witness }: Outcome, { node, about }: MetaNews): Iterable<string> {
  const subscriptions = tables.find((table) => table.node === node)?.subscriptions;
  if (!subscriptions) return;
  const clients = new Set(witness.sessions.map(({ id }) => String(id)));
  const isOfClients = (id: number) => witness.subscriptions.some((each) => each.id === id);
  const standing = new Set<string>();
  for (const [id, { subscribers }] of subscriptions) {
    standing.add(`subscription ${id}`);
    for (const subscriber of subscribers) standing.add(`subscriber ${id} ${subscriber}`);
  }
  for (const key of new Set([...standing, ...about.keys()])) {
    const [kind, id, subscriber = ""] = key.split(" ");
    const isTheirs =
      kind === "subscription" ? isOfClients(Number(id)) : kind === "subscriber" && clients.has(subscriber);
    if (isTheirs) yield* isRight(node, key, { told: about.get(key), stands: standing.has(key) });
  }
}

function* isRight(
  node: string,
  key: string,
  { told = [], stands }: { readonly told: readonly Told[] | undefined; readonly stands: boolean },
): Iterable<string> {
  const words = `of ${key}, which ${stands ? "stands" : "is over"}, ${node} has told "${wordsOf(told)}" at ${told.map(({ atMs }) => atMs % 1_000_000)}`;
  if (isDoubled(told) || (told.at(-1)?.isOver ?? true) === stands) yield words;
}

/** Whether something was told to be there that was, or to be over that was. */
function isDoubled(told: readonly Told[]): boolean {
  return told.some(({ isOver }, at) => isOver === (told[at - 1]?.isOver ?? true));
}

function wordsOf(told: readonly Told[]): string {
  return told.map(({ isOver }) => (isOver ? "ends" : "begins")).join();
}
