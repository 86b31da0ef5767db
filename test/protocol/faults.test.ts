/** Regressions that WAMP implementations are prone to, each asserted the right way round. */
import { expect, test, vi } from "vitest";
import { connect, WampError } from "wampact/peer";
import type { RouterConfig } from "wampact/router";
import { FULL_DETAILS } from "../support/advanced.js";
import { connectToFake } from "../support/fake-router.js";
import { FrameClient, listen, SERIALIZERS } from "../support/frames.js";
import { failureOf, join, stopTimers } from "../support/peers.js";
import { CLIENT_DETAILS, type RawClient, REALM, type Received, startRouter, UNRESTRICTED } from "../support/raw.js";

type Test = Parameters<typeof startRouter>[0];

const PROCEDURE = "com.example.work";
const TOPIC = "com.example.news";

/** A router and so many clients that announce everything. */
async function start(t: Test, count: number, config: Partial<RouterConfig> = {}) {
  const router = startRouter(t, config);
  const clients: RawClient[] = [];
  while (clients.length < count) clients.push(await router.join(FULL_DETAILS));
  return { router: router.router, open: router.open, clients: clients as [RawClient, RawClient, RawClient, RawClient] };
}

/** Takes the received messages out of the inbox. */
async function taken(client: RawClient): Promise<readonly Received[]> {
  await client.settle();
  return (client.unread() as Received[]).splice(0);
}

async function ask(client: RawClient, procedure: string, ...args: readonly unknown[]): Promise<readonly unknown[]> {
  client.call(procedure, {}, args);
  return (await client.receive("RESULT")).args;
}

test("the meta procedure that counts subscribers is wamp.subscription.count_subscribers", async (t) => {
  const { clients } = await start(t, 2);
  const id = await clients[1].subscribe(TOPIC);
  expect(await ask(clients[0], "wamp.subscription.count_subscribers", id)).toEqual([1]);
});

test("the most specific wildcard wins a call, not the longest text, and always the same one", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  const specific = await callee.register("a.b.", { match: "wildcard" });
  await callee.register("a..cccccccccccccccccccc", { match: "wildcard" });
  for (let round = 0; round < 5; round++) {
    caller.call("a.b.cccccccccccccccccccc");
    expect((await callee.receive("INVOCATION")).registration).toBe(specific);
  }
});

test("each subscription has details of its own: neither topic nor publisher leaks into an exact one", async (t) => {
  const { clients } = await start(t, 2);
  const [publisher, subscriber] = clients;
  const ids = [
    await subscriber.subscribe("com.", { match: "prefix" }),
    await subscriber.subscribe(TOPIC),
    await subscriber.subscribe("com..news", { match: "wildcard" }),
  ];
  await publisher.publish(TOPIC);
  const events = (await taken(subscriber)).map(({ subscription, details }) => [subscription, details]);
  expect(new Map(events as [number, object][])).toEqual(
    new Map([
      [ids[0], { topic: TOPIC }],
      [ids[1], {}],
      [ids[2], { topic: TOPIC }],
    ]),
  );
});

test("a subscription whose history is kept outlives its last subscriber, and its events with it", async (t) => {
  const { clients } = await start(t, 2, { realms: [{ name: REALM, history: [{ topic: TOPIC }] }] });
  const [publisher, subscriber] = clients;
  const id = await subscriber.subscribe(TOPIC);
  await publisher.publish(TOPIC, {}, [1]);
  subscriber.close();
  await expect.poll(async () => (await ask(publisher, "wamp.subscription.count_subscribers", id))[0]).toBe(0);
  await publisher.publish(TOPIC, {}, [2]);
  const events = (await ask(publisher, "wamp.subscription.get_events", id)) as { args: unknown[] }[];
  expect(events.map(({ args }) => args[0])).toEqual([1, 2]);
});

test("when a session dies, on_unsubscribe comes before on_delete", async (t) => {
  const { clients } = await start(t, 2);
  const [watcher, other] = clients;
  await watcher.subscribe("wamp.subscription.", { match: "prefix" });
  const id = await other.subscribe(TOPIC);
  await taken(watcher);
  other.close();
  for (const topic of ["on_unsubscribe", "on_delete"]) {
    const event = await watcher.receive("EVENT");
    expect([event.details.topic, event.args]).toEqual([`wamp.subscription.${topic}`, [other.session, id]]);
  }
});

test.for(["eligible", "eligible_authid", "eligible_authrole"])("an empty %s means nobody", async (list, t) => {
  const { clients } = await start(t, 2);
  const [publisher, subscriber] = clients;
  await subscriber.subscribe(TOPIC);
  await publisher.publish(TOPIC, { [list]: [] });
  expect(await taken(subscriber)).toEqual([]);
});

test("a session that registers a shared procedure twice has one share, and leaves no ghost", async (t) => {
  const { clients } = await start(t, 3);
  const [caller, twice, once] = clients;
  const id = await twice.register(PROCEDURE, { invoke: "roundrobin" });
  expect(await twice.register(PROCEDURE, { invoke: "roundrobin" })).toBe(id);
  await once.register(PROCEDURE, { invoke: "roundrobin" });
  for (let call = 0; call < 4; call++) caller.call(PROCEDURE);
  expect([(await taken(twice)).length, (await taken(once)).length]).toEqual([2, 2]);
  twice.send({ type: "UNREGISTER", request: twice.next(), registration: id });
  await twice.receive("UNREGISTERED");
  expect(await ask(caller, "wamp.registration.list_callees", id)).toEqual([[once.session]]);
});

test("an event reaches every matching subscription: exact, both prefixes and both wildcards", async (t) => {
  const { clients } = await start(t, 2);
  const [publisher, subscriber] = clients;
  const patterns = [
    [TOPIC, "exact"],
    ["com.", "prefix"],
    ["com.example", "prefix"],
    ["com..news", "wildcard"],
    ["..news", "wildcard"],
  ] as const;
  const ids = [];
  for (const [topic, match] of patterns) ids.push(await subscriber.subscribe(topic, { match }));
  await publisher.publish(TOPIC);
  expect((await taken(subscriber)).map(({ subscription }) => subscription).sort()).toEqual(ids.sort());
});

test("one URI under three match policies is three registrations and three subscriptions", async (t) => {
  const { clients } = await start(t, 1);
  const [client] = clients;
  const registrations = [];
  const subscriptions = [];
  for (const match of ["exact", "prefix", "wildcard"]) {
    registrations.push(await client.register("com.example", { match }));
    subscriptions.push(await client.subscribe("com.example", { match }));
  }
  expect([new Set(registrations).size, new Set(subscriptions).size]).toEqual([3, 3]);
});

test("a prefix subscriber that leaves takes the prefix from nobody else", async (t) => {
  const { clients } = await start(t, 3);
  const [publisher, leaving, staying] = clients;
  await leaving.subscribe("com.", { match: "prefix" });
  await staying.subscribe("com.", { match: "prefix" });
  leaving.close();
  await expect.poll(async () => (await ask(publisher, "wamp.session.count"))[0]).toBe(2);
  await publisher.publish(TOPIC);
  expect((await taken(staying)).map(({ type }) => type)).toEqual(["EVENT"]);
});

test("a callee that leaves fails the calls it was to answer", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  await callee.receive("INVOCATION");
  callee.close();
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
});

test("a callee that has unregistered is called no more", async (t) => {
  const { clients } = await start(t, 3);
  const [caller, leaving, staying] = clients;
  const id = await leaving.register(PROCEDURE, { invoke: "roundrobin" });
  await staying.register(PROCEDURE, { invoke: "roundrobin" });
  leaving.send({ type: "UNREGISTER", request: leaving.next(), registration: id });
  await leaving.receive("UNREGISTERED");
  for (let call = 0; call < 4; call++) caller.call(PROCEDURE);
  await caller.settle();
  expect([(await taken(leaving)).length, (await taken(staying)).length]).toEqual([0, 4]);
});

test("every part of a progressive call, the last too, is one invocation of one callee", async (t) => {
  const { clients } = await start(t, 4);
  const [caller, ...callees] = clients;
  for (const callee of callees) await callee.register(PROCEDURE, { invoke: "random" });
  const request = caller.call(PROCEDURE, { progress: true }, [1]);
  for (const [part, options] of [
    [2, { progress: true }],
    [3, {}],
  ] as const) {
    caller.send({ type: "CALL", request, options, procedure: PROCEDURE, args: [part] });
  }
  await caller.settle();
  const got = (await Promise.all(callees.map(taken))).filter((each) => each.length > 0);
  expect(got).toHaveLength(1);
  expect(got[0]?.map((message) => [message.request, message.args[0]])).toEqual([1, 2, 3].map((part) => [1, part]));
});

test("UNSUBSCRIBE and UNREGISTER of an ID the session does not hold are answered", async (t) => {
  const { clients } = await start(t, 2);
  const [one, other] = clients;
  const foreign = { subscription: await other.subscribe(TOPIC), registration: await other.register(PROCEDURE) };
  await one.subscribe("com.example.own");
  await one.register("com.example.own");
  for (const id of [foreign.subscription, 4_711]) {
    one.send({ type: "UNSUBSCRIBE", request: one.next(), subscription: id });
    expect((await one.receive("ERROR")).error).toBe("wamp.error.no_such_subscription");
  }
  for (const id of [foreign.registration, 4_711]) {
    one.send({ type: "UNREGISTER", request: one.next(), registration: id });
    expect((await one.receive("ERROR")).error).toBe("wamp.error.no_such_registration");
  }
});

test("invocations are numbered from 1 for each callee", async (t) => {
  const { clients } = await start(t, 3);
  const [caller, first, second] = clients;
  await first.register("com.example.first");
  await second.register("com.example.second");
  for (let round = 1; round <= 2; round++) {
    caller.call("com.example.first");
    caller.call("com.example.second");
    expect((await first.receive("INVOCATION")).request).toBe(round);
    expect((await second.receive("INVOCATION")).request).toBe(round);
  }
});

test.for(["RESULT", "ERROR"] as const)("CANCEL kill shows the callee's own %s", async (outcome, t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  const request = caller.call(PROCEDURE);
  const { request: invocation } = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request, options: { mode: "kill" } });
  await callee.receive("INTERRUPT");
  if (outcome === "RESULT") callee.send({ type: "YIELD", request: invocation, options: {}, args: [7] });
  else {
    const error = { type: "ERROR", requestType: "INVOCATION", request: invocation, details: {} } as const;
    callee.send({ ...error, error: "com.example.error.stopped", args: [7] });
  }
  expect(await caller.receive(outcome)).toMatchObject({
    request,
    args: [7],
    ...(outcome === "ERROR" && { error: "com.example.error.stopped" }),
  });
  expect(await taken(caller)).toEqual([]); // and nothing after it
});

test("progress after CANCEL kill does not complete the call", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  const request = caller.call(PROCEDURE, { receive_progress: true });
  const { request: invocation } = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request, options: { mode: "kill" } });
  await callee.receive("INTERRUPT");
  callee.send({ type: "YIELD", request: invocation, options: { progress: true }, args: ["more"] });
  callee.send({ type: "YIELD", request: invocation, options: {}, args: ["last"] });
  expect(await caller.receive("RESULT")).toMatchObject({ details: {}, args: ["last"] });
});

test("a call's timeout is in milliseconds, told as wamp.error.timeout to any caller, and announced", async (t) => {
  const router = startRouter(t);
  const bare = router.open();
  const welcome = await bare.hello(REALM, { roles: { caller: {} } }); // announces no cancelling
  expect(welcome.details.roles.dealer.features.call_timeout).toBe(true);
  const callee = await router.join(CLIENT_DETAILS);
  await callee.register(PROCEDURE);
  stopTimers(t);
  bare.call(PROCEDURE, { timeout: 20 });
  await callee.receive("INVOCATION");
  vi.advanceTimersByTime(19);
  await bare.settle();
  expect(bare.unread()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect((await bare.receive("ERROR")).error).toBe("wamp.error.timeout");
});

test.for([
  "json",
  "msgpack",
  "cbor",
])("over %s a malformed message, and a second HELLO, are answered by ABORT before the socket closes", async (id, t) => {
  const { url } = await listen(t);
  const serializer = SERIALIZERS.find((each) => each.id === id) ?? expect.unreachable();
  const spoilt = await FrameClient.join(t, url, serializer);
  spoilt.sendList([48, "no request"]);
  expect((await spoilt.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  await spoilt.end();
  const greeting = await FrameClient.join(t, url, serializer);
  greeting.sendList([1, REALM, CLIENT_DETAILS]);
  expect((await greeting.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  await greeting.end();
});

test("on_leave tells session, authid and authrole", async (t) => {
  const { router, clients } = await start(t, 2);
  const [watcher, leaving] = clients;
  const authid = router.sessions(REALM).find(({ id }) => id === leaving.session)?.authid;
  await watcher.subscribe("wamp.session.on_leave");
  leaving.close();
  expect((await watcher.receive("EVENT")).args).toEqual([leaving.session, authid, "anonymous"]);
});

test("kill_all is there, kill_by_authrole gives a count, and nobody kills itself", async (t) => {
  const { clients } = await start(t, 3, { realms: [UNRESTRICTED] });
  const [killer, ...others] = clients;
  killer.call("wamp.session.kill", {}, [killer.session]);
  expect((await killer.receive("ERROR")).error).toBe("wamp.error.no_such_session");
  expect(await ask(killer, "wamp.session.kill_by_authrole", "anonymous")).toEqual([2]);
  for (const other of others) expect((await other.receive("GOODBYE")).reason).toBe("wamp.close.killed");
  expect(await ask(killer, "wamp.session.kill_all")).toEqual([0]);
  expect(await ask(killer, "wamp.session.count")).toEqual([1]);
});

test("a pattern subscription gets the retained event of each topic it matches", async (t) => {
  const { clients } = await start(t, 2);
  const [publisher, late] = clients;
  for (const n of [1, 2]) await publisher.publish(`com.example.${n}`, { retain: true }, [n]);
  await late.subscribe("com.example.", { match: "prefix", get_retained: true });
  const events = await taken(late);
  expect(events.map(({ details, args }) => [details, args])).toEqual(
    [1, 2].map((n) => [{ topic: `com.example.${n}`, retained: true }, [n]]),
  );
});

test("the testament procedures give nothing", async (t) => {
  const { clients } = await start(t, 1);
  expect(await ask(clients[0], "wamp.session.add_testament", TOPIC, [], {})).toEqual([]);
  expect(await ask(clients[0], "wamp.session.flush_testaments")).toEqual([]);
});

test("payload passthru has the specification's form, on every message that may carry it", async (t) => {
  const { clients } = await start(t, 2);
  const [one, other] = clients;
  const keys = { ppt_scheme: "wamp", ppt_serializer: "cbor", ppt_cipher: "aes256gcm", ppt_keyid: "k" };
  const bytes = [Uint8Array.of(1, 2, 3)];
  await other.register(PROCEDURE);
  await other.subscribe(TOPIC);
  one.call(PROCEDURE, keys, bytes);
  const invocation = await other.receive("INVOCATION");
  expect([invocation.details, invocation.args]).toEqual([keys, bytes]);
  other.send({ type: "YIELD", request: invocation.request, options: keys, args: bytes });
  const result = await one.receive("RESULT");
  expect([result.details, result.args]).toEqual([keys, bytes]);
  await one.publish(TOPIC, keys, bytes);
  const event = await other.receive("EVENT");
  expect([event.details, event.args]).toEqual([keys, bytes]);
});

test("when a caller dies its callee is interrupted", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  const { request } = await callee.receive("INVOCATION");
  caller.close();
  expect(await callee.receive("INTERRUPT")).toMatchObject({ request, options: { mode: "killnowait" } });
});

test("a callee that lacks a feature is told apart from one that is not available", async (t) => {
  const { clients, open } = await start(t, 1);
  const callee = open();
  await callee.hello(REALM, { roles: { callee: {} } });
  await callee.register(PROCEDURE);
  clients[0].call(PROCEDURE, { progress: true });
  expect((await clients[0].receive("ERROR")).error).toBe("wamp.error.feature_not_supported");
});

test.for([
  ["exclude_authid", (own: string) => [own], 0],
  ["eligible_authid", (own: string) => [own], 1],
  ["eligible_authid", () => ["somebody else"], 0],
  ["exclude_authrole", () => ["anonymous"], 0],
  ["eligible_authrole", () => ["anonymous"], 1],
  ["eligible_authrole", (own: string) => [own], 0], // an authid is no authrole
  ["excluded_authid", (own: string) => [own], 1], // no key of the specification
  ["excluded_authrole", () => ["anonymous"], 1],
] as const)("%s %o is heeded by its own name and meaning: %i events", async ([list, values, count], t) => {
  const { router, clients } = await start(t, 2);
  const [publisher, subscriber] = clients;
  await subscriber.subscribe(TOPIC);
  const { authid = "" } = router.sessions(REALM).find(({ id }) => id === subscriber.session) ?? {};
  await publisher.publish(TOPIC, { [list]: values(authid) });
  expect(await taken(subscriber)).toHaveLength(count);
});

test("authid and authrole lists rule publications", async (t) => {
  const { clients } = await start(t, 2);
  await clients[1].subscribe(TOPIC);
  await clients[0].publish(TOPIC, { exclude_authrole: ["anonymous"] });
  expect(await taken(clients[1])).toEqual([]);
});

test("GOODBYE is answered with wamp.close.goodbye_and_out", async (t) => {
  const { clients } = await start(t, 1);
  clients[0].send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  expect((await clients[0].receive("GOODBYE")).reason).toBe("wamp.close.goodbye_and_out");
});

test("a callee's error reaches the caller whole, and CANCEL is heeded", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  const { request } = await callee.receive("INVOCATION");
  const error = {
    type: "ERROR",
    requestType: "INVOCATION",
    request,
    details: {},
    error: "com.example.error.own",
  } as const;
  callee.send({ ...error, args: [1, null], kwargs: { why: "so" } });
  expect(await caller.receive("ERROR")).toMatchObject({ error: error.error, args: [1, null], kwargs: { why: "so" } });
  const second = caller.call(PROCEDURE);
  await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request: second, options: {} });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
});

test("our peer heeds INTERRUPT, names no exception it was not given to name, and reads binary in JSON", async (t) => {
  const { peer, router } = await connectToFake(t, { onError: () => {} });
  const registering = peer.register(PROCEDURE, async ({ args, signal }) => {
    if (args[0] === "throw") throw new Error("the password is 1234");
    if (args[0] instanceof Uint8Array) return [...args[0]];
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 7);
  await registering;
  router.send("INVOCATION", 1, 7, {}, ["wait"]);
  router.send("INTERRUPT", 1, { mode: "kill" });
  expect(await router.receive("ERROR")).toEqual([68, 1, {}, "wamp.error.canceled", ["canceled by the caller"]]);
  router.send("INVOCATION", 2, 7, {}, ["throw"]);
  const told = await router.receive("ERROR");
  expect(told.slice(0, 4)).toEqual([68, 2, {}, "wamp.error.runtime_error"]);
  expect(JSON.stringify(told)).not.toContain("password");
  router.send("INVOCATION", 3, 7, {}, ["\0AQID"]);
  expect(await router.receive("YIELD")).toEqual([3, {}, [[1, 2, 3]]]);
});

test("our peer announces the progressive calls and results that it can do, on both sides", async (t) => {
  const router = startRouter(t);
  const peer = await join(t, router.router);
  const callee = await router.join(FULL_DETAILS);
  await callee.register("com.example.sum");
  async function* chunks() {
    yield { args: [1] };
  }
  const call = peer.call("com.example.sum", [], {}, { chunks: chunks() }); // a caller that announces nothing is aborted
  expect((await callee.receive("INVOCATION")).details).toEqual({ progress: true });
  call.cancel();
  await failureOf(call);
  await peer.register(PROCEDURE, () => {});
  const caller = await router.join(FULL_DETAILS);
  caller.call(PROCEDURE, { progress: true }); // a callee that announces nothing is refused
  expect((await caller.receive("RESULT")).args).toEqual([]);
});

test("two callers with the same request IDs get each their own result of one callee", async (t) => {
  const { clients } = await start(t, 3);
  const [one, two, callee] = clients;
  await callee.register(PROCEDURE);
  expect(one.call(PROCEDURE, {}, ["one"])).toBe(two.call(PROCEDURE, {}, ["two"]));
  for (let index = 0; index < 2; index++) {
    const { request, args } = await callee.receive("INVOCATION");
    callee.send({ type: "YIELD", request, options: {}, args });
  }
  expect([(await one.receive("RESULT")).args, (await two.receive("RESULT")).args]).toEqual([["one"], ["two"]]);
});

test.for([
  ["GOODBYE", (client: RawClient) => client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" })],
  ["ABORT", (client: RawClient) => client.send({ type: "ABORT", details: {}, reason: "wamp.close.close_realm" })],
  [
    "its kick",
    (client: RawClient, router: { endSession(realm: string, id: number): boolean }) =>
      router.endSession(REALM, client.session),
  ],
] as const)("a callee that goes by %s leaves its procedure free", async ([, leave], t) => {
  const { router, clients } = await start(t, 2);
  const [staying, leaving] = clients;
  await leaving.register(PROCEDURE);
  leave(leaving, router);
  await expect.poll(() => router.stats(REALM).registrations).toBe(0);
  staying.call(PROCEDURE);
  expect((await staying.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
  await staying.register(PROCEDURE);
});

test.for([
  "json",
  "msgpack",
  "cbor",
])("over %s negative numbers, floats and binary travel in payloads", async (id, t) => {
  const { url } = await listen(t);
  const serializer = SERIALIZERS.find((each) => each.id === id) ?? expect.unreachable();
  const peer = await connect({ url, realm: REALM, serializers: [serializer] });
  t.onTestFinished(() => peer.close());
  await peer.register(PROCEDURE, ({ args }) => args);
  const values = [-1, -(2 ** 40), 0.5, -1e300, Uint8Array.of(0, 128, 255), true, null, { a: [-7] }];
  expect((await peer.call(PROCEDURE, values)).args).toEqual([values]);
});

test("after CANCEL kill the caller gets one answer, whatever the callee sends", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  const request = caller.call(PROCEDURE);
  const { request: invocation } = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request, options: { mode: "kill" } });
  callee.send({ type: "YIELD", request: invocation, options: {} });
  callee.send({
    type: "ERROR",
    requestType: "INVOCATION",
    request: invocation,
    details: {},
    error: "wamp.error.canceled",
  });
  await callee.receive("INTERRUPT");
  expect((await taken(caller)).map(({ type }) => type)).toEqual(["RESULT"]);
});

test("what a callee yields for one call does not lengthen the time of another", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  stopTimers(t);
  const slow = caller.call(PROCEDURE, { timeout: 100, receive_progress: true });
  caller.call(PROCEDURE, { timeout: 100, receive_progress: true });
  await callee.receive("INVOCATION");
  const { request: busy } = await callee.receive("INVOCATION");
  vi.advanceTimersByTime(60);
  callee.send({ type: "YIELD", request: busy, options: { progress: true } });
  await caller.receive("RESULT");
  vi.advanceTimersByTime(60);
  expect(await caller.receive("ERROR")).toMatchObject({ request: slow, error: "wamp.error.timeout" });
});

test.for([
  ["wamp.error.invalid_argument", [], { field: "a" }],
  ["wamp.error.no_such_procedure", ["mine"], {}],
  ["com.example.error.empty", [], {}],
] as const)("an ERROR %s keeps its args %j and kwargs %j", async ([error, args, kwargs], t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  const { request } = await callee.receive("INVOCATION");
  callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error, args, kwargs });
  expect(await caller.receive("ERROR")).toMatchObject({ error, args, kwargs });
});

test("the lookup of wildcards backtracks, any prefix beats them, and prefixes match parts of a component", async (t) => {
  const { clients } = await start(t, 2);
  const [caller, callee] = clients;
  await callee.register("a.b.x", { match: "wildcard" });
  const backtracked = await callee.register("a..c", { match: "wildcard" });
  caller.call("a.b.c");
  expect((await callee.receive("INVOCATION")).registration).toBe(backtracked);
  const prefix = await callee.register("a.b", { match: "prefix" });
  caller.call("a.b.c");
  expect((await callee.receive("INVOCATION")).registration).toBe(prefix);
  caller.call("a.bc");
  expect((await callee.receive("INVOCATION")).registration).toBe(prefix);
});

test("a callee is told nothing of a caller that did not agree, and never an address", async (t) => {
  const { url, router } = await listen(t);
  const serializer = SERIALIZERS[0] ?? expect.unreachable();
  const [caller, callee] = [await FrameClient.join(t, url, serializer), await FrameClient.join(t, url, serializer)];
  callee.sendList([64, 1, {}, PROCEDURE]);
  await callee.receive("REGISTERED");
  caller.sendList([48, 1, {}, PROCEDURE]);
  expect((await callee.receive("INVOCATION")).details).toEqual({});
  caller.sendList([48, 2, { disclose_me: true }, PROCEDURE]);
  const { details } = await callee.receive("INVOCATION");
  expect(Object.keys(details).sort()).toEqual(["caller", "caller_authid", "caller_authrole"]);
  expect(JSON.stringify([details, router.sessions(REALM)])).not.toMatch(/127\.0\.0\.1|::1/);
});

test("what crosses our peer's own GOODBYE is no violation", async (t) => {
  const { peer, router } = await connectToFake(t);
  const subscribing = peer.subscribe(TOPIC, () => {});
  await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", 1, 7);
  await subscribing;
  router.answersGoodbye = false;
  const leaving = peer.leave();
  await router.receive("GOODBYE");
  router.send("EVENT", 7, 1, {});
  router.send("INVOCATION", 1, 99, {});
  router.send("GOODBYE", {}, "wamp.close.goodbye_and_out");
  await leaving;
  expect(router.unread()).toEqual([]); // neither ABORT nor an answer
  router.answersGoodbye = true;
});

test("blanks around an offered sub-protocol, and a pong nobody asked for, end nothing", async (t) => {
  const { url } = await listen(t);
  const serializer = SERIALIZERS[0] ?? expect.unreachable();
  const client = await FrameClient.join(t, url, serializer); // the trimming itself: "fact 48" in websocket.test.ts
  client.ws.pong("unasked");
  client.sendList([48, 1, {}, "wamp.session.count"]);
  expect((await client.receive("RESULT")).payload.args).toEqual([1]);
});

test("a call that is cancelled or out of time is not made again", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router.router), await join(t, router.router)];
  let calls = 0;
  await callee.register(PROCEDURE, ({ args }) => {
    calls++;
    throw new WampError(String(args[0]));
  });
  for (const uri of ["wamp.error.canceled", "wamp.error.timeout"]) {
    expect(await failureOf(caller.call(PROCEDURE, [uri]))).toMatchObject({ uri });
  }
  expect(calls).toBe(2);
});

test("under mode kill a handler that obeys INTERRUPT answers, so that the call settles", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router.router), await join(t, router.router)];
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  await callee.register(PROCEDURE, ({ signal }) => {
    started();
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const call = caller.call(PROCEDURE, [], {}, { cancelTimeoutMs: 2 ** 30 });
  await running;
  call.cancel("kill");
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
});
