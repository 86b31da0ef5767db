/** A session may leave much behind. It is gone at once for everybody; what is left to be done is done bit by bit. */
import { expect, test } from "vitest";
import { REALM_LIMITS, SESSION_LIMITS } from "../../src/router/limits.js";
import type { MetaEvent, RealmSession, Surroundings } from "../../src/router/realm-session.js";
import { Registrations } from "../../src/router/registrations.js";
import { Slices } from "../../src/router/slices.js";
import { Subscriptions } from "../../src/router/subscriptions.js";
import type { MatchPolicy } from "../../src/wire/uris.js";
import { CLIENT_DETAILS, type RawClient, REALM, startRouter, UNRESTRICTED } from "../support/raw.js";

const MANY = 3_000; // more than is done at once
const uri = (index: number) => `com.example.n${index}`;
const [HELD, LAST] = [uri(0), uri(MANY - 1)];
const MATCHES: readonly MatchPolicy[] = ["exact", "prefix", "wildcard"];

const session = (id: number) => ({ id, grants: { limits: SESSION_LIMITS } }) as RealmSession;

/** Surroundings whose later turns come when the test says so. */
function surroundings() {
  const turns: (() => void)[] = [];
  const events: (readonly [topic: string, args: readonly unknown[]])[] = [];
  const slices = new Slices<MetaEvent>(
    ([topic, args]) => events.push([topic, args]) && 1,
    (run) => turns.push(run),
  );
  const given = {
    clock: { now: () => 0 },
    limits: REALM_LIMITS,
    isSilent: () => false,
    emit: (...event: MetaEvent) => slices.push(event),
    emitEach: (each: Iterable<MetaEvent>) => slices.pushEach(each),
  } as unknown as Surroundings;
  return {
    given,
    events,
    flush: () => slices.flush(),
    finish() {
      slices.flush();
      while (turns.length > 0) turns.shift()?.();
    },
  };
}

/** Registrations and subscriptions, seen alike. */
const KINDS = [
  [
    "registration",
    (given: Surroundings) => {
      const all = new Registrations(given);
      const add = (holder: RealmSession, procedure: string, match: MatchPolicy) =>
        all.add({
          procedure,
          match,
          invoke: "roundrobin",
          callee: { session: holder, discloseCaller: false, forwardTimeout: false },
        });
      return { all, add, events: ["on_unregister", "on_delete", "on_create", "on_register"] };
    },
  ],
  [
    "subscription",
    (given: Surroundings) => {
      const all = new Subscriptions(given);
      const add = (holder: RealmSession, topic: string, match: MatchPolicy) =>
        all.add(holder, { topic, match, nodeKey: undefined });
      return { all, add, events: ["on_unsubscribe", "on_delete", "on_create", "on_subscribe"] };
    },
  ],
] as const;

function start(make: (typeof KINDS)[number][1], match: MatchPolicy) {
  const around = surroundings();
  const { all, add, events: names } = make(around.given);
  const [holder, other] = [session(1), session(2)];
  const held = Array.from({ length: MANY }, (_, index) => add(holder, uri(index), match));
  around.finish();
  around.events.length = 0;
  return { ...around, all, add, names, holder, other, held };
}

const CASES = KINDS.flatMap(([kind, make]) => MATCHES.map((match) => [kind, match, make] as const));

test.each(CASES)("a %s, %s, is gone with the session that held it", (_kind, match, make) => {
  const { all, holder, held, events, flush } = start(make, match);
  all.leave(holder);
  flush();
  expect(events.length).toBeLessThan(2 * MANY);
  const { book } = all;
  expect(Object.values(all.stats)).toEqual([0, 0]);
  expect([...book.all()]).toEqual([]);
  for (const [index, { id }] of held.entries()) {
    expect([book.byId(id), book.lookup(uri(index), match)]).toEqual([undefined, undefined]);
  }
  expect(book.matching(LAST)).toEqual([]);
});

test.each(CASES)("a %s, %s, is free at once for others, and stays theirs when all is done", (kind, match, make) => {
  const { all, add, names, holder, other, held, events, flush, finish } = start(make, match);
  all.leave(holder);
  flush();
  const taken = add(other, LAST, match);
  finish();
  expect(all.book.lookup(LAST, match)).toBe(taken);
  expect(all.book.matching(LAST)).toContain(taken);
  expect(all.book.byId(taken.id)).toBe(taken);
  expect(Object.values(all.stats)).toEqual([1, 1]);

  const [gone, deleted, created, got] = names.map((name) => `wamp.${kind}.${name}`);
  const left = held.flatMap(({ id }) => [
    [gone, [1, id]],
    [deleted, [1, id]],
  ]);
  expect(events.slice(0, -2)).toEqual(left);
  expect(events.slice(-2)).toEqual([
    [created, [2, expect.objectContaining({ id: taken.id })]],
    [got, [2, taken.id]],
  ]);
});

test.each(
  CASES,
)("a %s, %s, that several sessions leave is deleted once, with the last of them", (kind, match, make) => {
  const { all, add, names, holder, other, held, events, flush, finish } = start(make, match);
  add(other, LAST, match);
  finish();
  events.length = 0;
  all.leave(holder);
  flush();
  expect(all.book.lookup(LAST, match)).toBe(held.at(-1));
  all.leave(other);
  expect(all.book.lookup(LAST, match)).toBeUndefined();
  finish();
  const [gone, deleted] = names.map((name) => `wamp.${kind}.${name}`);
  const { id } = held.at(-1) as { id: number };
  expect(events.filter(([, args]) => args[1] === id)).toEqual([
    [gone, [1, id]],
    [gone, [2, id]],
    [deleted, [2, id]],
  ]);
});

test("the registration that wins a call is one that stands, whatever others have left", () => {
  const { given, flush } = surroundings();
  const { all, add } = KINDS[0][1](given);
  const [holder, other] = [session(1), session(2)];
  for (let index = 0; index < MANY; index++) add(holder, uri(index), "exact");
  for (let length = 1; length <= HELD.length; length++) add(holder, HELD.slice(0, length), "prefix");
  add(holder, "com..n0", "wildcard");
  const standing = add(other, "com.example.", "wildcard");
  all.leave(holder);
  flush();
  expect((all as Registrations).book.best(HELD)).toBe(standing);
});

test("kill_all undoes what it leaves, without meta events", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [killer, holder] = [await router.join(CLIENT_DETAILS), await router.join(CLIENT_DETAILS)];
  for (let index = 0; index < MANY; index++) {
    holder.send({ type: "SUBSCRIBE", request: holder.next(), options: {}, topic: uri(index) });
  }
  await holder.settle();
  await killer.subscribe("wamp.", { match: "prefix" });
  for (const _own of ["on_create", "on_subscribe"]) await killer.receive("EVENT");
  killer.call("wamp.session.kill_all");
  await killer.receive("RESULT");
  expect(router.router.stats(REALM)).toMatchObject({ subscriptions: 1, subscribers: 1 });
  for (let round = 0; round < 10; round++) await killer.settle();
  expect(killer.unread()).toEqual([]);
});

test.for([
  ["wamp.session.kill_all", 0],
  ["wamp.session.kill_by_authrole", 200],
] as const)("%s ends 200 sessions at once, though the last are told later", async ([kill, leaveEvents], t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const killer = await router.join();
  const victims = await Promise.all(Array.from({ length: 200 }, () => router.join()));
  const last = victims.at(-1) as RawClient;
  await last.register("com.example.echo");
  await killer.subscribe("com.example.late");
  await killer.subscribe("wamp.session.on_leave");
  const call = killer.call(kill, {}, ["anonymous"]);
  last.send({ type: "PUBLISH", request: last.next(), options: {}, topic: "com.example.late" }); // it was not told yet
  await killer.settle();
  expect(router.router.stats(REALM).sessions).toBe(1);
  for (const victim of victims) expect(await victim.receive("GOODBYE")).toMatchObject({ reason: "wamp.close.killed" });
  await killer.settle();
  const [results, events] = ["RESULT", "EVENT"].map((type) => killer.unread().filter((each) => each.type === type));
  expect(results).toMatchObject([{ request: call, args: [200] }]);
  const told = leaveEvents ? victims.map(({ session }) => [session, expect.any(String), "anonymous"]) : [];
  expect(events?.map(({ args }) => args)).toEqual(told);
  expect(router.router.stats(REALM)).toMatchObject({ sessions: 1, registrations: 0, callees: 0, pendingCalls: 0 });
});

test("the meta events of a departure come before the one that tells of it", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [watcher, holder] = [await router.join(), await router.join()];
  for (let index = 0; index < MANY; index++) {
    holder.send({ type: "SUBSCRIBE", request: holder.next(), options: {}, topic: uri(index) });
  }
  await holder.settle();
  await watcher.subscribe("wamp.", { match: "prefix" });
  for (const _own of ["on_create", "on_subscribe"]) await watcher.receive("EVENT");
  holder.close();
  const topics: string[] = [];
  while (topics.at(-1) !== "wamp.session.on_leave") topics.push((await watcher.receive("EVENT")).details.topic);
  expect(topics).toHaveLength(2 * MANY + 1);
});

test("a call whose caller is gone is not answered, not routed again, and interrupted once", async (t) => {
  const router = startRouter(t);
  const features = { call_canceling: true, call_reroute: true };
  const details = { roles: { ...CLIENT_DETAILS.roles, callee: { features } } };
  const [caller, first, second] = [await router.join(), await router.join(details), await router.join(details)];
  for (const callee of [first, second]) await callee.register("com.example.work", { invoke: "first" });
  for (let count = 0; count < MANY; count++) caller.call("com.example.work");
  await caller.settle();
  const invocations: number[] = [];
  while (invocations.length < MANY) invocations.push((await first.receive("INVOCATION")).request);
  caller.close();
  const request = invocations.at(-1);
  first.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  await expect.poll(() => router.router.stats(REALM).pendingCalls).toBe(0);
  await first.settle();
  await second.settle();
  const interrupted = first.unread().map((message) => [message.type, message.request]);
  expect(interrupted).toEqual(invocations.map((each) => ["INTERRUPT", each]));
  expect(second.unread()).toEqual([]);
  expect(router.router.stats(REALM)).toMatchObject({ pendingCalls: 0, callParties: 1 });
});

test("of the calls of a callee that is gone, one that its caller cancels meanwhile is answered once", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.work");
  const calls = Array.from({ length: MANY }, () => caller.call("com.example.work"));
  await caller.settle();
  callee.close();
  caller.send({ type: "CANCEL", request: calls.at(-1), options: { mode: "kill" } });
  caller.send({ type: "CANCEL", request: calls.at(-2), options: { mode: "skip" } });
  await expect.poll(() => router.router.stats(REALM).pendingCalls).toBe(0);
  await caller.settle();
  const answers = caller.unread();
  expect(new Set(answers.map(({ request }) => request))).toEqual(new Set(calls));
  expect(answers).toHaveLength(MANY);
  expect(answers.every(({ type, error }) => type === "ERROR" && error === "wamp.error.canceled")).toBe(true);
  expect(router.router.stats(REALM)).toMatchObject({ pendingCalls: 0, callParties: 1 });
});

test("a repeatable call whose callee and then caller leave reaches no further callee after that", async (t) => {
  const router = startRouter(t);
  const features = { call_canceling: true };
  const details = { roles: { ...CLIENT_DETAILS.roles, callee: { features } } };
  const [caller, first, second] = [await router.join(), await router.join(), await router.join(details)];
  for (const callee of [first, second]) await callee.register("com.example.work", { invoke: "first" });
  for (let count = 0; count < MANY; count++) caller.call("com.example.work", { _idempotent: true });
  await caller.settle();
  first.close();
  caller.close();
  await expect.poll(() => router.router.stats(REALM).pendingCalls).toBe(0);
  await second.settle();
  const given = second.unread().map(({ type }) => type);
  const count = (wanted: string) => given.filter((type) => type === wanted).length;
  expect(count("INVOCATION")).toBeLessThan(MANY);
  expect(count("INTERRUPT")).toBe(count("INVOCATION"));
  expect(router.router.stats(REALM)).toMatchObject({ pendingCalls: 0, callParties: 1 });
});
