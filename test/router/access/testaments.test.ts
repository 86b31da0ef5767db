/** The authorization of testaments: when they are created, at each refresh, and when they are published. */
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import {
  type Authorizer,
  createRouter,
  type EventStore,
  memoryStore,
  type RealmConfig,
  type RouterConfig,
  type RouterEvent,
} from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { createGate } from "../../support/peers.js";
import { RawClient, REALM, type Received, startRouter } from "../../support/raw.js";

const DENIED = "wamp.error.not_authorized";
const FAILED = "wamp.error.authorization_failed";
const AUTHORIZE = "com.app.authorize";
const ADD = "wamp.session.add_testament";

/** A router, and a client that hears all that is left behind, and who leaves. */
async function start(t: TestContext, realm: Partial<RealmConfig>, config: Partial<RouterConfig> = {}) {
  const denied: string[] = [];
  const observer = (event: RouterEvent) => void (event.type === "denied" && denied.push(event.why));
  const started = startRouter(t, { realms: [{ name: REALM, ...realm }], onError: () => {}, observer, ...config });
  const heir = new RawClient(started.router.attach());
  await heir.hello(REALM);
  await heir.subscribe("com.left.", { match: "prefix" });
  await heir.subscribe("wamp.session.on_leave");
  const testators = () => started.router.stats(REALM).testators;
  const heard = async () => {
    await heir.settle();
    return (heir.unread() as Received[]).splice(0).map(({ details, args }) => details.topic ?? `left ${args.length}`);
  };
  return { ...started, denied, testators, heard };
}

async function add(client: RawClient, topic: string, kwargs: Readonly<Record<string, unknown>> = {}) {
  client.call(ADD, {}, [topic, [topic], {}], kwargs);
  await expect.poll(() => client.unread().length).toBe(1);
  const [answer] = (client.unread() as Received[]).splice(0);
  return answer?.type === "ERROR" ? answer.error : answer?.type;
}

test.for([
  ["at once", (allow: boolean) => allow],
  ["later", async (allow: boolean) => allow],
] as const)("refresh asks %s about testaments, and drops those that may not be published any more", async ([
  ,
  say,
], t) => {
  let lost = "";
  const asked: unknown[] = [];
  const authorize: Authorizer = (_who, action, uri, options) => {
    if (action === "publish") asked.push([uri, options]);
    return say(uri !== lost);
  };
  const { router, join, testators, heard } = await start(t, { authorize });
  const client = await join();
  for (const topic of ["com.left.one", "com.left.two", "com.left.three"])
    expect(await add(client, topic, { publish_options: { eligible_authrole: ["trusted"] } })).toBe("RESULT");
  lost = "com.left.two";
  asked.length = 0;
  await router.refresh(REALM);
  expect(asked).toEqual(
    ["com.left.one", "com.left.two", "com.left.three"].map((uri) => [uri, { eligible_authrole: ["trusted"] }]),
  );
  expect(testators()).toBe(1);
  lost = "";
  client.close();
  await expect.poll(() => testators()).toBe(0);
  expect((await heard()).filter((each) => each !== "left 3")).toEqual(["com.left.one", "com.left.three"]);
});

test("refresh drops what a role may not publish any more, and makes room for other testaments", async (t) => {
  const allow = (publish: string) => ({
    permissions: [
      { uri: "wamp.", match: "prefix" as const, allow: ["call"] as const },
      { uri: publish, allow: ["publish"] as const },
    ],
  });
  let anonymous = allow("com.left.one");
  const { router, join, testators, heard } = await start(t, {
    roles: () => ({ anonymous }),
    limits: { session: { maxTestaments: 1 } },
  });
  const client = await join();
  expect(await add(client, "com.left.one")).toBe("RESULT");
  anonymous = allow("com.left.two");
  await router.refresh(REALM);
  expect(testators()).toBe(0);
  expect(await add(client, "com.left.two")).toBe("RESULT");
  client.close();
  await expect.poll(() => router.stats(REALM).sessions).toBe(1);
  expect(await heard()).toEqual(["com.left.two", "left 3"]);
});

test("an authorizer is asked again when a testament is published, which waits for it", async (t) => {
  const gates = new Map<string, ReturnType<typeof createGate<boolean>>>();
  const authorize: Authorizer = (_who, action, uri) => {
    const gate = action === "publish" && leaving ? createGate<boolean>() : undefined;
    if (gate) gates.set(uri, gate);
    return gate?.promise ?? true;
  };
  let leaving = false;
  const { router, join, denied, testators, heard } = await start(t, { authorize });
  const client = await join();
  for (const topic of ["com.left.one", "com.left.two", "com.left.three"]) await add(client, topic);
  leaving = true;
  client.close();
  await expect.poll(() => router.stats(REALM).sessions).toBe(1);
  expect(await heard()).toEqual(["left 3"]);
  for (const [topic, allow] of [
    ["com.left.one", true],
    ["com.left.two", false],
    ["com.left.three", true],
  ] as const) {
    await expect.poll(() => [...gates.keys()].at(-1)).toBe(topic); // one after the other
    gates.get(topic)?.open(allow);
  }
  await expect.poll(() => testators()).toBe(0);
  expect(await heard()).toEqual(["com.left.one", "com.left.three"]);
  expect(denied).toEqual([`${DENIED}: this session is not allowed to publish "com.left.two"`]);
});

test("testaments that wait for their authorizer count for the realm's limit, and wait for ten seconds at most", async (t) => {
  const clock = createFakeClock();
  let leaving = false;
  const authorize: Authorizer = (_who, action) =>
    leaving && action === "publish" ? createGate<boolean>().promise : true;
  const limits = { realm: { maxTestamentBytes: 150 } };
  const { router, join, denied, testators, heard } = await start(t, { authorize, limits }, { clock });
  const first = await join();
  expect(await add(first, "com.left.one")).toBe("RESULT");
  expect(await add(first, "com.left.two")).toBe("RESULT");
  leaving = true;
  first.close();
  await expect.poll(() => router.stats(REALM).sessions).toBe(1);
  leaving = false;
  const second = await join();
  expect(await add(second, "com.left.three", { publish_options: { eligible_authid: ["x".repeat(60)] } })).toBe(
    "wampact.error.limit_exceeded",
  );
  leaving = true;
  await clock.advance(10_000);
  await expect.poll(() => denied.length).toBe(1);
  await clock.advance(10_000);
  await expect.poll(() => testators()).toBe(0);
  expect(await heard()).toEqual(["left 3"]);
  expect(denied).toEqual(Array(2).fill(`${FAILED}: the authorizer failed`));
});

test("a decision that holds is not asked for again when a testament is published", async (t) => {
  const asked: string[] = [];
  const authorize: Authorizer = (_who, _action, uri) => ({ allow: asked.push(uri) > 0, validMs: 60_000 });
  const { join, router, heard } = await start(t, { authorize });
  const client = await join();
  await add(client, "com.left.one");
  client.close();
  await expect.poll(() => router.stats(REALM).sessions).toBe(1);
  expect(await heard()).toEqual(["com.left.one", "left 3"]);
  expect(asked).toEqual([ADD, "com.left.one"]);
});

test("a procedure that decides is asked about the testament of a session that has left; one that is gone lets nothing out", async (t) => {
  const { router, join, denied, testators, heard } = await start(t, { authorize: AUTHORIZE });
  const service = new RawClient(router.attach());
  await service.hello(REALM);
  await service.register(AUTHORIZE);
  const answer = async (allow: boolean) => {
    const { request, args } = await service.receive("INVOCATION");
    service.send({ type: "YIELD", request, options: {}, args: [allow] });
    return args;
  };
  const testator = async () => {
    const client = await join();
    const added = add(client, "com.left.one");
    for (const action of ["call", "publish"]) expect((await answer(true))[2]).toBe(action);
    expect(await added).toBe("RESULT");
    return client;
  };
  const gone = async (events: readonly string[]) => {
    await expect.poll(() => testators()).toBe(0);
    expect((await heard()).filter((each) => each !== "left 3")).toEqual(events);
  };
  for (const allow of [true, false]) {
    const client = await testator();
    client.close();
    const [who, uri, action] = await answer(allow);
    expect([who.session, uri, action]).toEqual([client.session, "com.left.one", "publish"]);
    await gone(allow ? ["com.left.one"] : []);
  }
  const last = await testator();
  service.close();
  last.close();
  await gone([]);
  expect(denied).toEqual([
    `${DENIED}: this session is not allowed to publish "com.left.one"`,
    `${FAILED}: the authorizer failed`,
  ]);
});

test("who serves the authorizer is not asked about, when it leaves either", async (t) => {
  const roles = {
    authorizer: {
      permissions: [{ uri: "", match: "prefix" as const, allow: ["call", "publish", "register"] as const }],
    },
  };
  const { router, testators, heard } = await start(t, { authorize: AUTHORIZE, roles });
  const service = new RawClient(router.attach({ authrole: "authorizer" }));
  await service.hello(REALM);
  await service.register(AUTHORIZE);
  expect(await add(service, "com.left.down")).toBe("RESULT");
  service.close();
  await expect.poll(() => testators()).toBe(0);
  expect(await heard()).toEqual(["com.left.down", "left 3"]);
});

test("who is killed with all others leaves nothing, and who is killed alone does", async (t) => {
  const { router, join, testators, heard } = await start(t, { authorize: () => true });
  const admin = new RawClient(router.attach());
  await admin.hello(REALM);
  await add(await join(), "com.left.one");
  admin.call("wamp.session.kill_by_authrole", {}, ["anonymous"]);
  await expect.poll(() => testators()).toBe(0);
  expect(await heard()).toEqual(["com.left.one", "left 3"]);
  await add(await join(), "com.left.two");
  admin.call("wamp.session.kill_all");
  await expect.poll(() => testators()).toBe(0);
});

test("a router that goes down in order keeps the testaments that wait for their authorizer", async () => {
  const gate = createGate<boolean>();
  let leaving = false;
  const authorize: Authorizer = (_who, action) => (leaving && action === "publish" ? gate.promise : true);
  const kept: string[] = [];
  const own = memoryStore();
  const store: EventStore = {
    ...own,
    retain: ({ topic }) => void kept.push(topic),
    close: () => void kept.push("closed"),
  };
  const router = createRouter({ realms: [{ name: REALM, authorize, store }] });
  const client = await connect({ transport: router.attach({ authrole: "user" }), realm: REALM });
  await client.call(ADD, ["com.left.one", [], {}], { publish_options: { retain: true } });
  leaving = true;
  const closed = router.close({ drainMs: 1_000 });
  await expect.poll(() => router.stats(REALM).sessions).toBe(0);
  expect(kept).toEqual([]);
  gate.open(true);
  await closed;
  expect(kept).toEqual(["com.left.one", "closed"]);
});
