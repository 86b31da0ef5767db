/** Facts about what the specification leaves open, or says twice: what we do, as `docs/protocol-decisions.md` tells users. */
import { expect, test } from "vitest";
import { FULL_DETAILS } from "../support/advanced.js";
import { type RawClient, REALM, startRouter } from "../support/raw.js";

const PROCEDURE = "com.example.work";

/** A client whose callee role announces features under the names given. */
function announcing(...features: readonly string[]) {
  const callee = { features: Object.fromEntries(features.map((name) => [name, true])) };
  return { roles: { ...FULL_DETAILS.roles, callee } };
}

/** A CALL under way at a callee. */
async function calling(caller: RawClient, callee: RawClient): Promise<{ request: number; invocation: number }> {
  await callee.register(PROCEDURE);
  const request = caller.call(PROCEDURE);
  return { request, invocation: (await callee.receive("INVOCATION")).request };
}

test("fact 55: CANCEL without a mode is killnowait, and the callee is told the mode", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const { request, invocation } = await calling(caller, callee);
  caller.send({ type: "CANCEL", request, options: {} });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  expect(await callee.receive("INTERRUPT")).toEqual({
    type: "INTERRUPT",
    request: invocation,
    options: { mode: "killnowait" },
  });
});

test("fact 55: CANCEL of a call that never was, or is over, is answered by nothing", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const { request, invocation } = await calling(caller, callee);
  callee.send({ type: "YIELD", request: invocation, options: {} });
  await caller.receive("RESULT");
  for (const each of [request, 77]) caller.send({ type: "CANCEL", request: each, options: { mode: "kill" } });
  await caller.settle();
  await callee.settle();
  expect([caller.unread(), callee.unread()]).toEqual([[], []]);
});

test("fact 55: after CANCEL kill only killnowait supersedes; kill and skip again change nothing", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const { request } = await calling(caller, callee);
  for (const mode of ["kill", "kill", "skip"]) caller.send({ type: "CANCEL", request, options: { mode } });
  await caller.settle();
  expect(caller.unread()).toEqual([]);
  expect((await callee.receive("INTERRUPT")).options).toEqual({ mode: "kill" });
  caller.send({ type: "CANCEL", request, options: { mode: "killnowait" } });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  await callee.settle();
  expect(callee.unread()).toEqual([]); // it was interrupted already
});

test.for([
  ["call_canceling", true],
  ["call_cancelling", true],
  ["call_cancellation", false],
] as const)("fact 57: a callee that announces %s can be interrupted: %s", async ([feature, interrupted], t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join(announcing(feature))];
  const { request } = await calling(caller, callee);
  caller.send({ type: "CANCEL", request, options: {} });
  await caller.receive("ERROR");
  await callee.settle();
  expect(callee.unread().map(({ type }) => type)).toEqual(interrupted ? ["INTERRUPT"] : []);
});

test.for([
  "progressive_call_invocations",
  "progressive_calls",
])("fact 57: a callee that announces %s is given progressive calls", async (feature, t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(FULL_DETAILS), await router.join(announcing(feature, "call_canceling"))];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE, { progress: true });
  expect((await callee.receive("INVOCATION")).details).toEqual({ progress: true });
});

test("fact 57: WELCOME announces one spelling of each feature", async (t) => {
  const { roles } = (await startRouter(t).open().hello(REALM)).details;
  const announced = [...Object.keys(roles.broker.features), ...Object.keys(roles.dealer.features)];
  expect(announced).toEqual(
    expect.arrayContaining(["call_canceling", "sharded_subscription", "progressive_call_invocations"]),
  );
  for (const other of ["call_cancelling", "shareded_subscriptions", "sharded_subscriptions", "progressive_calls"]) {
    expect(announced).not.toContain(other);
  }
});

test.for([
  "",
  "w",
  "wamp.",
  "wamp.subscription.on_",
])("fact 58: a prefix subscription to %j hears meta events", async (topic, t) => {
  const router = startRouter(t);
  const [watcher, other] = [await router.join(), await router.join()];
  await watcher.subscribe(topic, { match: "prefix" });
  await watcher.settle();
  (watcher.unread() as unknown[]).length = 0; // what its own SUBSCRIBE has set off
  await other.subscribe("com.example.news");
  await watcher.settle();
  expect(watcher.unread().map(({ details }) => details.topic)).toEqual([
    "wamp.subscription.on_create",
    "wamp.subscription.on_subscribe",
  ]);
});

test("fact 59: the empty URI under exact is refused, for procedures as for topics", async (t) => {
  const client = await startRouter(t).join();
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: "" });
  expect((await client.receive("ERROR")).error).toBe("wamp.error.invalid_uri");
  client.send({ type: "REGISTER", request: client.next(), options: { match: "exact" }, procedure: "" });
  expect((await client.receive("ERROR")).error).toBe("wamp.error.invalid_uri");
});

test("fact 59: an empty prefix is called by every URI, an empty wildcard by those of one component", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const wildcard = await callee.register("", { match: "wildcard" });
  caller.call("com");
  expect(await callee.receive("INVOCATION")).toMatchObject({ registration: wildcard, details: { procedure: "com" } });
  caller.call("com.example");
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
  const prefix = await callee.register("", { match: "prefix" });
  caller.call("com.example");
  expect((await callee.receive("INVOCATION")).registration).toBe(prefix);
});

test("fact 61: when the callee of a shared call dies, the caller is told and no other callee is tried", async (t) => {
  const router = startRouter(t);
  const [caller, first, second] = [
    await router.join(),
    await router.join(FULL_DETAILS),
    await router.join(FULL_DETAILS),
  ];
  for (const callee of [first, second]) await callee.register(PROCEDURE, { invoke: "first" });
  caller.call(PROCEDURE);
  await first.receive("INVOCATION");
  first.close();
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  await second.settle();
  expect(second.unread()).toEqual([]);
});

test("fact 62: a request on the way behind HELLO, which no router can tell from a later one, is carried out", async (t) => {
  const client = startRouter(t).open();
  client.send({ type: "HELLO", realm: REALM, details: FULL_DETAILS });
  client.send({ type: "SUBSCRIBE", request: 1, options: {}, topic: "com.example.news" });
  await client.receive("WELCOME");
  expect((await client.receive("SUBSCRIBED")).request).toBe(1);
});

test("fact 63: a session is described by its five keys and the kind of its transport, and by no address", async (t) => {
  const router = startRouter(t);
  const [watcher, asking] = [await router.join(), await router.join()];
  await watcher.subscribe("wamp.session.on_join");
  const other = await router.join();
  const [joined] = (await watcher.receive("EVENT")).args;
  asking.call("wamp.session.get", {}, [other.session]);
  const [described] = (await asking.receive("RESULT")).args;
  expect(described).toEqual(joined);
  expect(joined).toEqual({
    session: other.session,
    authid: expect.any(String),
    authrole: "anonymous",
    authmethod: "anonymous",
    authprovider: "static",
    transport: { type: "memory" },
  });
});

test("fact 64: a session reached through several subscriptions gets the event once for each, under one publication", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  const ids = [
    await subscriber.subscribe("com.example.news"),
    await subscriber.subscribe("com.example.", { match: "prefix" }),
    await subscriber.subscribe("com..news", { match: "wildcard" }),
  ];
  const publication = await publisher.publish("com.example.news", { eligible: [subscriber.session] });
  await subscriber.settle();
  expect(subscriber.unread().map((event) => [event.type, event.publication, event.subscription])).toEqual(
    ids.map((id) => ["EVENT", publication, id]),
  );
});
