/** A policy, a store or an observer that throws: whoever asked gets ERROR with a correlation ID, the exception is reported, and nobody is blamed. */
import { expect, type TestContext, test, vi } from "vitest";
import { memoryStore, type RealmConfig, type RouterEvent } from "wampact/router";
import { type RawClient, REALM, startRouter, type TestRouter } from "../support/raw.js";

const PROCEDURE = "com.example.work";
const TOPIC = "com.example.topic";

function broken(): never {
  throw new Error("the policy is broken");
}

/** A router with one realm whose faults are kept, and not taken for a failure of the test. */
function faulty(
  t: TestContext,
  realm: Partial<RealmConfig>,
): TestRouter & { readonly faults: RouterEvent[]; readonly errors: unknown[] } {
  const faults: RouterEvent[] = [];
  const errors: unknown[] = [];
  const router = startRouter(t, {
    realms: [{ name: REALM, ...realm }],
    onError: (error) => errors.push(error),
    observer: (event) => event.type === "fault" && faults.push(event),
  });
  return { ...router, faults, errors };
}

const POLICIES: readonly (readonly [string, Partial<RealmConfig>])[] = [
  ["trustLevel", { trustLevel: broken }],
  ["disclosure", { disclosure: (_who, _uri, action) => (action === "register" ? "requested" : broken()) }],
];

const brokenLater = async (): Promise<never> => broken();

const REQUESTS: readonly (readonly [string, (client: RawClient) => void])[] = [
  ["CALL", (client) => void client.call(PROCEDURE)],
  [
    "PUBLISH",
    (client) => client.send({ type: "PUBLISH", request: client.next(), options: { acknowledge: true }, topic: TOPIC }),
  ],
];

test.for(
  POLICIES.flatMap(([policy, config]) => REQUESTS.map(([type, request]) => [policy, type, config, request] as const)),
)("a throwing %s answers %s with wamp.error.runtime_error and an ID that the report has, too", async ([
  ,
  ,
  config,
  request,
], t) => {
  const router = faulty(t, config);
  const [client, callee] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);
  request(client);
  const { error, kwargs } = await client.receive("ERROR");
  expect(error).toBe("wamp.error.runtime_error");
  expect(router.faults).toMatchObject([
    { error: new Error("the policy is broken"), correlationId: kwargs.correlation_id },
  ]);
  await client.settle();
  expect(router.router.sessions(REALM)).toHaveLength(2);
});

test("a throwing policy of a PUBLISH without acknowledgement is reported, and its session stands", async (t) => {
  const router = faulty(t, { trustLevel: broken });
  const client = await router.join();
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: TOPIC });
  await client.settle();
  expect(client.unread()).toEqual([]);
  expect(router.errors).toEqual([new Error("the policy is broken")]);
});

test("a policy that throws while a session joins refuses it as a fault of the router's", async (t) => {
  const router = faulty(t, { trustPayloads: broken });
  const client = router.open();
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect(await client.receive("ABORT")).toMatchObject({ reason: "wamp.error.runtime_error" });
  expect(router.errors).toHaveLength(1);
});

test.for([
  "retain",
  "retained",
  "append",
] as const)("a store whose %s throws ends neither sessions nor the process", async (method, t) => {
  const router = faulty(t, {
    store: Object.defineProperty(memoryStore(), method, { value: broken }),
    history: [{ topic: TOPIC }],
  });
  const [client, other] = [await router.join(), await router.join()];
  client.call("wamp.session.add_testament", {}, [TOPIC, ["gone"], {}], { publish_options: { retain: true } });
  await client.receive("RESULT");
  client.send({ type: "SUBSCRIBE", request: client.next(), options: { get_retained: true }, topic: TOPIC });
  client.send({ type: "PUBLISH", request: client.next(), options: { acknowledge: true, retain: true }, topic: TOPIC });
  await client.settle();
  client.close();
  await other.settle();
  await expect.poll(() => router.router.sessions(REALM).length).toBe(1);
  expect(router.errors.length).toBeGreaterThan(0);
});

const WRONG: readonly (readonly [string, object])[] = [
  ["trustLevel", { trustLevel: brokenLater }],
  ["trustLevel", { trustLevel: () => "high" }],
  ["disclosure", { disclosure: brokenLater }],
  ["disclosure", { disclosure: () => "sometimes" }],
];

test.for(WRONG)("a %s that returns something else is a fault, and not what it seems (%#)", async ([, config], t) => {
  const router = faulty(t, config);
  const client = await router.join();
  client.call(PROCEDURE);
  await client.receive("ERROR");
  client.send({ type: "PUBLISH", request: client.next(), options: { acknowledge: true }, topic: TOPIC });
  expect(await client.receive("ERROR")).toMatchObject({ error: "wamp.error.runtime_error" });
  expect(String(router.errors[0])).toMatch(/^TypeError: (trustLevel|disclosure): expected .*, got /);
});

test("a trustPayloads that returns a promise trusts nobody", async (t) => {
  const router = faulty(t, { trustPayloads: (async () => false) as never });
  const client = router.open();
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect(await client.receive("ABORT")).toMatchObject({ reason: "wamp.error.runtime_error" });
  expect(String(router.errors[0])).toBe("TypeError: trustPayloads: expected true or false, got a promise");
});

test("observers and onError that reject harm nothing", async (t) => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  t.onTestFinished(() => printed.mockRestore());
  const router = startRouter(t, { observer: brokenLater as never, onError: brokenLater as never });
  const client = await router.join();
  await client.settle();
  await expect.poll(() => printed.mock.calls.length).toBeGreaterThan(0);
});

test("observers and onError that throw harm nothing", async (t) => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  t.onTestFinished(() => printed.mockRestore());
  const router = startRouter(t, { observer: broken, onError: broken });
  const client = await router.join();
  await client.settle();
});

test("an observer is told who joins and leaves, how, and what was refused and dropped", async (t) => {
  const events: RouterEvent[] = [];
  const { router, join, open } = startRouter(t, {
    realms: [{ name: REALM, limits: { session: { maxSubscriptions: 1 } } }],
    observer: (event) => events.push(event),
  });
  const client = await join();
  await client.subscribe(TOPIC);
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: "com.example.other" });
  expect(await client.receive("ERROR")).toMatchObject({
    error: "wampact.error.limit_exceeded",
    kwargs: { limit: "session.maxSubscriptions" },
  });
  client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  await client.receive("GOODBYE");
  const offender = open();
  await offender.hello(REALM);
  offender.send({ type: "WELCOME", session: 1, details: {} });
  await offender.receive("ABORT");
  expect(
    events.map((event) => [event.type, "reason" in event && event.reason, "endedBy" in event && event.endedBy]),
  ).toEqual([
    ["joined", false, false],
    ["limited", false, false],
    ["left", "wamp.close.close_realm", "client"],
    ["joined", false, false],
    ["left", "wamp.error.protocol_violation", "violation"],
  ]);
  expect(router.totals(REALM)).toEqual({
    joined: 2,
    left: 2,
    cut: 0,
    frozen: 0,
    dropped: 0,
    limited: 1,
    denied: 0,
    limitedBy: { "session.maxSubscriptions": 1 },
  });
});
