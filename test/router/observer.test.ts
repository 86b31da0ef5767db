/** The events that a router reports to observers, meters and diagnostics channels. */
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, type TestContext, test } from "vitest";
import { createRouter, type RealmMeter, type RouterConfig, type RouterEvent, type RouterMeter } from "wampact/router";
import { WebSocket } from "ws";
import { createFakeClock } from "../../src/testing/clock.js";
import { FrameClient, listBytes, SERIALIZERS } from "../support/frames.js";
import { connectPeer, Inbox } from "../support/peers.js";
import { CLIENT_DETAILS, REALM, startRouter } from "../support/raw.js";

const [JSON_SERIALIZER] = SERIALIZERS as [(typeof SERIALIZERS)[0]];

type Left = Extract<RouterEvent, { type: "left" }>;

/** A listening router whose events are awaited one by one. */
async function listening(t: TestContext, config: Partial<RouterConfig> = {}) {
  const events = new Inbox<RouterEvent>();
  const router = createRouter({ realms: [{ name: REALM }], observer: events.push, ...config });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const next = async <Type extends RouterEvent["type"]>(type: Type) => {
    for (;;) {
      const event = await events.next();
      if (event.type === type) return event as Extract<RouterEvent, { type: Type }>;
    }
  };
  return { router, url, events, next };
}

test("a session that leaves is told with who it was, from where, how long, and what it has sent and received", async (t) => {
  const clock = createFakeClock();
  const { url, next } = await listening(t, { clock });
  const client = await FrameClient.open(t, url, JSON_SERIALIZER);
  let sentBytes = 0;
  client.ws.on("message", (data: Buffer) => {
    sentBytes += data.length;
  });
  const lists = [
    [1, REALM, CLIENT_DETAILS],
    [32, 1, {}, "com.example.topic"],
    [16, 2, { exclude_me: false }, "com.example.topic", ["x".repeat(1_000)]],
  ];
  for (const list of lists) client.sendList(list);
  for (const type of ["WELCOME", "SUBSCRIBED", "EVENT"] as const) await client.receive(type);
  await clock.advance(5_000);
  client.ws.terminate();
  const joined = await next("joined");
  const left: Left = await next("left");
  expect(left).toMatchObject({
    session: joined.session,
    authid: joined.authid,
    authrole: "anonymous",
    endedBy: "transport",
    info: { kind: "websocket", remoteAddress: "127.0.0.1" },
    durationMs: 5_000,
  });
  const receivedBytes = lists.reduce((sum, list) => sum + listBytes(JSON_SERIALIZER, list).length, 0);
  expect(left.traffic).toEqual({ receivedMessages: 3, receivedBytes, sentMessages: 3, sentBytes });
});

test("traffic counts for the session that it belongs to, where one transport has several", async (t) => {
  const left: Left[] = [];
  const { open } = startRouter(t, { observer: (event) => void (event.type === "left" && left.push(event)) });
  const client = open();
  for (const subscriptions of [3, 1]) {
    await client.hello(REALM);
    for (let each = 0; each < subscriptions; each++) await client.subscribe(`com.example.${each}`);
    client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
    await client.receive("GOODBYE");
  }
  expect(left.map(({ traffic }) => traffic.receivedMessages)).toEqual([5, 3]); // HELLO and GOODBYE, too
});

test("a violation of the protocol is told with its words", async (t) => {
  const { url, next } = await listening(t);
  const client = await FrameClient.join(t, url, JSON_SERIALIZER);
  client.sendList([48, 1, { progress: true }, "com.example.procedure"]);
  await client.receive("ABORT");
  expect(await next("left")).toMatchObject({
    endedBy: "violation",
    reason: "wamp.error.protocol_violation",
    message: expect.stringContaining("progressive_call_invocations"),
  });
});

test("a client that goes before it has a session is told as abandoned, one that was refused only as refused", async (t) => {
  const { url, next, events } = await listening(t);
  const client = await FrameClient.open(t, url, JSON_SERIALIZER);
  client.ws.terminate();
  expect(await next("abandoned")).toMatchObject({ info: { remoteAddress: "127.0.0.1" }, why: expect.any(String) });
  const refused = await FrameClient.open(t, url, JSON_SERIALIZER);
  refused.sendList([1, "com.nowhere", CLIENT_DETAILS]);
  await refused.end();
  expect(await next("refused")).toMatchObject({ reason: "wamp.error.no_such_realm" });
  await FrameClient.join(t, url, JSON_SERIALIZER); // a known event behind it
  expect(await events.next()).toMatchObject({ type: "joined" });
});

test("a request that a listener refuses is told with the status of its answer", async (t) => {
  const { url, next } = await listening(t);
  await new Promise((resolve) => new WebSocket(url.replace("/ws", "/other"), ["wamp.2.json"]).once("error", resolve));
  expect(await next("refused")).toMatchObject({ reason: "http_404", why: expect.stringContaining("/ws") });
});

test("a connection that is cut is told with the cause", async (t) => {
  const events = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => void (event.type === "left" && events.push(event));
  const router = createRouter({ realms: [{ name: REALM }], observer });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ maxUnsentBytes: 100_000 });
  const slow = await FrameClient.join(t, url, JSON_SERIALIZER);
  slow.sendList([32, 1, {}, "com.example.topic"]);
  await slow.receive("SUBSCRIBED");
  slow.ws.pause();
  const peer = await connectPeer(t, { url });
  while (router.totals(REALM).cut === 0)
    await peer.publish("com.example.topic", ["x".repeat(50_000)], {}, { acknowledge: true });
  expect(await events.next()).toMatchObject({ endedBy: "cut", cut: "slow" });
});

test("a router that closes tells so when it begins and when it is done", async (t) => {
  const types: string[] = [];
  const { open, router } = startRouter(t, { observer: ({ type }) => types.push(type) });
  const client = open();
  await client.hello(REALM);
  await router.close({ drainMs: 0 });
  expect(types).toEqual(["joined", "draining", "left", "closed"]);
});

test("several observers are all told, whatever one of them throws", (t) => {
  const told: string[] = [];
  const faults: unknown[] = [];
  const broken = () => {
    throw new Error("broken");
  };
  const observer = [broken, ({ type }: RouterEvent) => told.push(type)];
  const { router } = startRouter(t, { observer, onError: (error) => faults.push(error) });
  void router.close({ drainMs: 0 });
  expect(told).toEqual(["draining"]);
  expect(faults.map(String)).toEqual(["Error: broken"]);
});

test("status says what the router as a whole holds", async (t) => {
  const { router, url, next } = await listening(t);
  expect(router.status()).toEqual({
    listening: 1,
    draining: false,
    connections: 0,
    waitingHandshakes: 0,
    unsentBytes: 0,
    unfinishedBytes: 0,
  });
  const client = await FrameClient.open(t, url, JSON_SERIALIZER);
  client.sendList([1, REALM, CLIENT_DETAILS]);
  await next("joined");
  expect(router.status().connections).toBe(1);
  expect(router.realms).toEqual([REALM]);
  await router.close({ drainMs: 0 });
  expect(router.status()).toMatchObject({ listening: 0, draining: true, connections: 0 });
});

/** Notes what a meter is told of one realm. */
function noteCalls() {
  const called: unknown[] = [];
  const published: number[] = [];
  const counts = new Map<string, number>();
  const count = (what: string, amount = 1) => void counts.set(what, (counts.get(what) ?? 0) + amount);
  const realm: RealmMeter = {
    called: (procedure, outcome, durationMs) => called.push([procedure, outcome, Number.isFinite(durationMs)]),
    refused: (outcome) => called.push(["refused", outcome]),
    published: (receivers) => published.push(receivers),
  };
  const meter: RouterMeter = {
    observe: () => {},
    received: (type, bytes) => {
      count(`received ${type}`);
      count("received bytes", bytes);
    },
    sent: (type, bytes) => {
      count(`sent ${type}`);
      count("sent bytes", bytes);
    },
    realm: () => realm,
  };
  return { meter, called, published, counts };
}

test("a meter is told of each call once, however it ends, under what its callee has registered", async (t) => {
  const { meter, called } = noteCalls();
  const { join } = startRouter(t, { meter });
  const [caller, callee] = [await join(), await join()];
  await callee.register("com.example.exact");
  await callee.register("com.example.tree.", { match: "prefix" });

  caller.call("com.example.exact");
  callee.send({ type: "YIELD", request: (await callee.receive("INVOCATION")).request, options: {} });
  await caller.receive("RESULT");

  caller.call("com.example.tree.leaf");
  const { request } = await callee.receive("INVOCATION");
  callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "com.example.error.own" });
  await caller.receive("ERROR");

  caller.send({ type: "CANCEL", request: caller.call("com.example.exact"), options: { mode: "skip" } });
  await caller.receive("ERROR");
  await callee.receive("INVOCATION");

  caller.call("com.example.nothing");
  await caller.receive("ERROR");
  caller.call("wamp.session.count");
  await caller.receive("RESULT");

  caller.call("com.example.exact");
  await callee.receive("INVOCATION");
  callee.close();
  await caller.receive("ERROR");

  expect(called).toEqual([
    ["com.example.exact", undefined, true],
    ["com.example.tree.", "com.example.error.own", true],
    ["com.example.exact", "wamp.error.canceled", true],
    ["refused", "wamp.error.no_such_procedure"],
    ["wamp.", undefined, true],
    ["com.example.exact", "wamp.error.canceled", true],
  ]);
});

test("a call that goes from one callee to another is one call", async (t) => {
  const { meter, called } = noteCalls();
  const { join } = startRouter(t, { meter });
  const rerouting = { roles: { callee: { features: { call_reroute: true } } } };
  const [caller, first, second] = [await join(), await join(rerouting), await join(rerouting)];
  for (const callee of [first, second]) await callee.register("com.example.shared", { invoke: "first" });
  caller.call("com.example.shared");
  const { request } = await first.receive("INVOCATION");
  first.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  second.send({ type: "YIELD", request: (await second.receive("INVOCATION")).request, options: {} });
  await caller.receive("RESULT");
  expect(called).toEqual([["com.example.shared", undefined, true]]);
});

test("a caller that leaves ends its calls, which are counted as canceled", async (t) => {
  const { meter, called } = noteCalls();
  const { join } = startRouter(t, { meter });
  const [caller, callee] = [await join(), await join()];
  await callee.register("com.example.exact");
  caller.call("com.example.exact");
  await callee.receive("INVOCATION");
  caller.close();
  await callee.receive("INTERRUPT");
  expect(called).toEqual([["com.example.exact", "wamp.error.canceled", true]]);
});

test("a meter counts messages by type, with their bytes, and events with how many get them", async (t) => {
  const { meter, counts, published } = noteCalls();
  const { url, next } = await listening(t, { meter });
  const [publisher, one, other] = (await Promise.all(
    [0, 1, 2].map(() => FrameClient.join(t, url, JSON_SERIALIZER)),
  )) as [FrameClient, FrameClient, FrameClient];
  for (const client of [one, other]) {
    client.sendList([32, 1, {}, "com.example.topic"]);
    await client.receive("SUBSCRIBED");
  }
  const before = published.length;
  const bytesBefore = counts.get("received bytes") ?? 0;
  const publication = [16, 1, { acknowledge: true }, "com.example.topic", ["x".repeat(500)]];
  publisher.sendList(publication);
  await Promise.all([publisher.receive("PUBLISHED"), one.receive("EVENT"), other.receive("EVENT")]);
  expect(published.slice(before)).toEqual([2]);
  expect((counts.get("received bytes") ?? 0) - bytesBefore).toBe(listBytes(JSON_SERIALIZER, publication).length);
  expect(Object.fromEntries(counts)).toMatchObject({
    "received HELLO": 3,
    "sent WELCOME": 3,
    "received SUBSCRIBE": 2,
    "received PUBLISH": 1,
    "sent EVENT": 2,
    "sent PUBLISHED": 1,
  });
  expect(counts.get("sent bytes")).toBeGreaterThan(1_000);
  await next("joined");
});

test("events are published on diagnostics channels, calls and publications too, to those who have subscribed", async (t) => {
  const told: { readonly type: string }[] = [];
  const hear = (event: unknown) => void told.push(event as { type: string });
  const names = ["joined", "called", "published"].map((type) => `wampact:router:${type}`);
  const { join } = startRouter(t);
  const before = await join(); // while nobody has subscribed
  for (const name of names) subscribe(name, hear);
  t.onTestFinished(() => {
    for (const name of names) unsubscribe(name, hear);
  });
  const callee = await join();
  await callee.register("com.example.tree.", { match: "prefix" });
  before.call("com.example.tree.leaf");
  callee.send({ type: "YIELD", request: (await callee.receive("INVOCATION")).request, options: {} });
  await before.receive("RESULT");
  const publication = await before.publish("com.example.topic");
  const own = told.filter((event) => !("topic" in event) || event.topic === "com.example.topic");
  expect(own).toMatchObject([
    { type: "joined", session: callee.session },
    {
      type: "called",
      realm: REALM,
      procedure: "com.example.tree.leaf",
      registered: "com.example.tree.",
      outcome: undefined,
      durationMs: expect.any(Number),
      caller: before.session,
      callee: callee.session,
    },
    { type: "published", topic: "com.example.topic", publication, publisher: before.session, receivers: 0 },
  ]);
  expect(channel("wampact:router:called").hasSubscribers).toBe(true);
});

test("a config names its meter and observers rightly, or is refused", () => {
  const config = { realms: [{ name: REALM }] };
  expect(() => createRouter({ ...config, meter: {} as never })).toThrow(
    "meter: expected a meter such as createMetrics()",
  );
  expect(() => createRouter({ ...config, observer: [5] as never })).toThrow("observer: expected a function, or a list");
});
