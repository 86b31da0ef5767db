/** Calls and publications that are made while the connection is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { createClient, procedure, topic } from "wampact";
import type { ConnectOptions } from "wampact/peer";
import { createFakeClock } from "wampact/testing";
import * as z from "zod";
import { reported } from "../../src/peer/reported-promise.js";
import { type FakeRouter, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, failureOf, Inbox, watchStates } from "../support/peers.js";

const A = "com.example.a";
const contract = {
  buy: procedure("com.example.buy", { input: z.object({ id: z.int() }), output: z.int() }),
  fetch: procedure("com.example.fetch", { output: z.int(), idempotent: true }),
  news: topic("com.example.news", { event: z.object({ id: z.int() }) }),
};

async function welcomed(server: FakeRouter, session: number) {
  const router = await server.accept();
  await router.welcome(session);
  return router;
}

/** A peer whose connection is lost, and which comes back when `back` is called. */
async function startAway(t: TestContext, options: Partial<ConnectOptions> = {}) {
  const clock = createFakeClock();
  const server = await startFakeRouter(t);
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(error);
  const connecting = connectPeer(t, { url: server.url, clock, onError, reconnect: { minMs: 1_000 }, ...options });
  const router = await welcomed(server, 1);
  const peer = await connecting;
  const watch = watchStates(peer);
  router.cut();
  await watch.until("waiting");
  const back = async () => {
    await clock.advance(2_000); // twice minMs, for a session that was lost so soon
    return welcomed(server, 2);
  };
  return { clock, server, peer, watch, told, back };
}

test("limits of undefined are the defaults", async (t) => {
  const offline = { wait: { maxMs: undefined } } as unknown as ConnectOptions["offline"] & object;
  const { peer, back } = await startAway(t, { offline });
  const called = peer.call(A);
  const router = await back();
  await router.receive("CALL");
  router.send("RESULT", 1, {}, [5]);
  expect((await called).args).toEqual([5]);
});

test("with offline: wait, calls and publications are sent in the order they were made in, once the peer is ready", async (t) => {
  const { peer, back } = await startAway(t, { offline: "wait" });
  const published = peer.publish(A, [1]);
  const called = peer.call(A, [2]);
  const acknowledged = peer.publish(A, [3], {}, { acknowledge: true });
  const last = peer.call(A, [4]);
  const router = await back();
  expect(await router.receive("PUBLISH")).toEqual([1, {}, A, [1]]);
  expect(await router.receive("CALL")).toEqual([2, {}, A, [2]]);
  expect(await router.receive("PUBLISH")).toEqual([3, { acknowledge: true }, A, [3]]);
  expect(await router.receive("CALL")).toEqual([4, {}, A, [4]]);
  router.send("RESULT", 2, {}, ["two"]);
  router.send("PUBLISHED", 3, 33);
  router.send("RESULT", 4, {}, ["four"]);
  expect([await published, await acknowledged]).toEqual([{ publication: undefined }, { publication: 33 }]);
  expect([(await called).args, (await last).args]).toEqual([["two"], ["four"]]);
});

test("what waits goes before what a listener of the state sends", async (t) => {
  const { peer, back } = await startAway(t, { offline: "wait" });
  peer.on("state", (state) => {
    if (state === "ready") void peer.publish(A, ["listener"]);
  });
  void peer.publish(A, ["waited"]);
  const router = await back();
  expect((await router.receive("PUBLISH"))[3]).toEqual(["waited"]);
  expect((await router.receive("PUBLISH"))[3]).toEqual(["listener"]);
});

test("what waits is sent as it was when it was made", async (t) => {
  const { peer, back } = await startAway(t, { offline: "wait" });
  const list = [1];
  void peer.publish(A, [list]);
  const call = peer.call(A, [list]).safe();
  list.push(2);
  const router = await back();
  expect((await router.receive("PUBLISH"))[3]).toEqual([[1]]);
  expect((await router.receive("CALL"))[3]).toEqual([[1]]);
  router.send("RESULT", 2, {});
  await call;
});

test("the choice of a call or a publication comes before its client's, and that before the peer's", async (t) => {
  const { peer, back } = await startAway(t, { offline: "fail" });
  const waiting = createClient(peer, contract, { offline: "wait" });
  const failing = createClient(peer, contract);
  const waits = waiting.buy({ id: 1 }).safe();
  void waiting.news.publish({ id: 2 });
  const own = failing.buy({ id: 3 }, { offline: "wait" }).safe();
  void failing.news.publish({ id: 4 }, { offline: "wait" });
  const disconnected = { error: { code: "disconnected" } };
  expect(await waiting.buy({ id: 5 }, { offline: "fail" }).safe()).toMatchObject(disconnected);
  expect(await failing.buy({ id: 6 }).safe()).toMatchObject(disconnected);
  expect(await failing.fetch().safe()).toMatchObject(disconnected); // though it is idempotent
  expect(await failureOf(waiting.news.publish({ id: 7 }, { offline: "fail" }))).toMatchObject({
    uri: "wampact.error.disconnected",
  });
  const router = await back();
  for (const [type, id] of [
    ["CALL", 1],
    ["PUBLISH", 2],
    ["CALL", 3],
    ["PUBLISH", 4],
  ] as const) {
    const [request, , , , kwargs] = await router.receive(type);
    expect(kwargs).toEqual({ id });
    if (type === "CALL") router.send("RESULT", request, {}, [id]);
  }
  expect([await waits, await own]).toMatchObject([{ value: 1 }, { value: 3 }]);
});

test.for([
  ["maxCount", { maxCount: 2 }, "no connection, and 2 requests or 1048576 bytes already wait"],
  ["maxBytes", { maxBytes: 50 }, "no connection, and 1000 requests or 50 bytes already wait"],
] as const)("beyond %s a request fails at once", async ([, wait, message], t) => {
  const { peer, back } = await startAway(t, { offline: { wait } });
  const texts = ["a".repeat(18), "b".repeat(18), "c".repeat(18)];
  const [first, second, third] = texts.map((text) => peer.publish(A, [text]));
  expect(await failureOf(third as Promise<unknown>)).toMatchObject({
    uri: "wampact.error.disconnected",
    args: [message],
  });
  await back();
  await Promise.all([first, second]);
  await peer.publish(A, ["d".repeat(200)]); // the bounds are those of what waits
});

test("a request that waits keeps to its own time limit and to maxMs, and can be given up", async (t) => {
  const { clock, peer, back } = await startAway(t, { offline: { wait: { maxMs: 5 } } });
  const controller = new AbortController();
  const outcomes = [
    failureOf(peer.call(A, [], {}, { timeoutMs: 2 })),
    failureOf(peer.publish(A, [], {}, { timeoutMs: 2 })),
    failureOf(peer.call(A)),
    failureOf(peer.publish(A)),
    failureOf(peer.call(A, [], {}, { signal: controller.signal })),
    failureOf(peer.publish(A, [], {}, { signal: controller.signal })),
  ];
  controller.abort();
  await clock.advance(2);
  await clock.advance(3);
  const late = { uri: "wampact.error.disconnected", args: ["no connection within 5 ms"] };
  expect(await Promise.all(outcomes)).toMatchObject([
    { uri: "wamp.error.timeout" },
    { uri: "wamp.error.timeout" },
    late,
    late,
    { uri: "wamp.error.canceled" },
    { uri: "wamp.error.canceled" },
  ]);
  const router = await back();
  const marker = peer.call("com.example.marker");
  expect((await router.receive("CALL"))[2]).toBe("com.example.marker"); // nothing else was sent
  router.send("RESULT", 1, {});
  await marker;
});

test("the time that a call waits counts to its limit", async (t) => {
  const { clock, peer, back } = await startAway(t, { offline: "wait" });
  const call = failureOf(peer.call(A, [], {}, { timeoutMs: 5_000 }));
  const router = await back();
  const [, options] = await router.receive("CALL");
  expect((options as { timeout: number }).timeout).toBeLessThan(5_000);
  await clock.advance(5_000 - clock.now());
  expect(await call).toMatchObject({ uri: "wamp.error.timeout" });
});

test("what waits fails when the peer is closed, and nothing waits in a peer that has left or is closed", async (t) => {
  const { peer } = await startAway(t, { offline: "wait" });
  const waiting = [failureOf(peer.call(A)), failureOf(peer.publish(A))];
  await peer.close();
  waiting.push(failureOf(peer.call(A)), failureOf(peer.publish(A)));
  for (const failure of waiting) expect(await failure).toMatchObject({ uri: "wampact.error.disconnected" });
});

test("a value that cannot travel is refused when the request is made", async (t) => {
  const { peer } = await startAway(t, { offline: "wait" });
  expect(() => peer.call(A, [() => {}])).toThrow(TypeError);
  await expect(peer.publish(A, [() => {}])).rejects.toThrow(TypeError);
});

test.for([
  ["sometimes"],
  [{ wait: { maxCount: 0 } }],
  [{ wait: { most: 1 } }],
  [{ wait: 1 }],
  [3],
])("offline: %j is refused", async ([offline], t) => {
  const expected = 'offline: expected "fail", "wait" or { wait: { maxCount, maxBytes, maxMs } } with numbers above 0';
  const { peer } = await startAway(t);
  const options = { offline } as unknown as { offline: "wait" };
  expect(() => peer.call(A, [], {}, options)).toThrow(expected);
  await expect(peer.publish(A, [], {}, options)).rejects.toThrow(expected);
  expect(() => createClient(peer, contract, options)).toThrow(expected);
  await expect(connectPeer(t, { url: "ws://127.0.0.1:9", ...options })).rejects.toThrow(expected);
});

test("a publication that fails and that nobody awaits goes to onError", async (t) => {
  const { peer, told } = await startAway(t);
  const { news } = createClient(peer, contract);
  void peer.publish(A);
  void peer.publish(A, "no list" as unknown as unknown[]);
  void news.publish({ id: 1 });
  void news.publish({ id: "one" } as unknown as { id: number });
  const layered = createClient(peer, contract, { use: [(_, next) => next()] });
  void layered.news.publish({ id: 1 });
  await expect.poll(() => told.length).toBe(5);
  const uris = told.map((error) => (error as { uri?: string }).uri ?? (error as Error).name);
  expect(uris.sort()).toEqual([
    "TypeError",
    "wamp.error.invalid_argument",
    "wampact.error.disconnected",
    "wampact.error.disconnected",
    "wampact.error.disconnected",
  ]);
});

test.for<[string, (promise: Promise<unknown>) => Promise<unknown>]>([
  ["awaited", async (promise) => await promise],
  ["given a handler", (promise) => promise.catch((error) => Promise.reject(error))],
  ["returned from an async function", async (promise) => promise],
  ["one of several", (promise) => Promise.all([promise])],
])("a failure of a promise that is %s goes there alone", async ([, take]) => {
  const told = new Inbox<unknown>();
  const failure = new Error("refused");
  expect(await failureOf(take(reported(Promise.reject(failure), told.push)))).toBe(failure);
  await sleep(0);
  reported(Promise.reject(new Error("nobody's")), told.push);
  expect(await told.next()).toMatchObject({ message: "nobody's" });
});
