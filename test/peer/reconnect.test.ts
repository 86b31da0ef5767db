import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, type TestContext, test } from "vitest";
import { type ConnectOptions, connect, type LostEntry, type Peer } from "wampact/peer";
import { createFakeClock } from "wampact/testing";
import { backoffMs } from "../../src/peer/backoff.js";
import { Reconnection } from "../../src/peer/reconnection.js";
import { connectToFake, type FakeRouter, startFakeRouter } from "../support/fake-router.js";
import {
  connectPeer,
  createGate,
  failureOf,
  Inbox,
  join,
  type StateWatch,
  startServer,
  type TestServer,
  watchStates,
} from "../support/peers.js";
import { REALM } from "../support/raw.js";

const QUICK = { minMs: 1, maxMs: 10 };
const A = "com.example.a";
const B = "com.example.b";

interface Reconnecting {
  readonly peer: Peer;
  readonly watch: StateWatch;
  readonly told: readonly unknown[];
}

/** A peer that comes back quickly. What `onError` is told of attempts that failed is kept. */
async function reconnecting(t: TestContext, options: Partial<ConnectOptions>): Promise<Reconnecting> {
  const told: unknown[] = [];
  const peer = await connectPeer(t, { reconnect: QUICK, onError: (error) => told.push(error), ...options });
  return { peer, watch: watchStates(peer), told };
}

/** Accepts the next connection to a fake router and sends WELCOME with this session. */
async function welcomed(server: FakeRouter, session: number) {
  const router = await server.accept();
  await router.welcome(session);
  return router;
}

async function connectAgain(t: TestContext, options: Partial<ConnectOptions> = {}) {
  const server = await startFakeRouter(t);
  const connecting = reconnecting(t, { url: server.url, ...options });
  const router = await welcomed(server, 1);
  return { server, router, ...(await connecting) };
}

test.for<[string, (server: TestServer) => Promise<void> | void]>([
  ["its connection is cut", (server) => server.cut()],
  [
    "the router is killed and another one starts on its port",
    async (server) => {
      await server.kill();
      await server.restart();
    },
  ],
])("when %s, everything pending fails as disconnected and the states go waiting, connecting, ready", async ([
  ,
  kill,
], t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  const started = createGate();
  await peer.register(A, ({ signal }) => {
    started.open();
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const [first, calling] = [peer.session?.id, failureOf(peer.call(A))];
  await started.promise;
  await kill(server);
  expect(await calling).toMatchObject({ uri: "wampact.error.disconnected" });
  await watch.until("ready");
  // The first attempts may meet nobody on the port: then it is waiting and connecting once more.
  expect(watch.states.join(" ")).toMatch(/^(waiting connecting )+ready$/);
  expect(peer.session?.id).not.toBe(first);
  expect(server.router.sessions(REALM)).toHaveLength(1);
});

test("every kind of request that is pending when the connection is lost fails as disconnected", async (t) => {
  const { peer, router, server, watch } = await connectAgain(t);
  const pending = [
    failureOf(peer.call(A)),
    failureOf(peer.register(A, () => {})),
    failureOf(peer.subscribe(A, () => {})),
    failureOf(peer.publish(A, [], {}, { acknowledge: true })),
  ];
  for (const type of ["CALL", "REGISTER", "SUBSCRIBE", "PUBLISH"] as const) await router.receive(type);
  router.cut();
  for (const failure of pending) {
    expect(await failure).toMatchObject({
      uri: "wampact.error.disconnected",
      args: ["the connection is lost: closed with code 1006"],
    });
  }
  const next = await welcomed(server, 2);
  await watch.until("ready");
  expect(next.unread()).toEqual([]); // what never stood is not restored
});

test("registrations and subscriptions are restored with their options before the peer is ready", async (t) => {
  const { peer, router, server, watch } = await connectAgain(t);
  const making = [
    peer.register(A, () => {}, { match: "prefix", invoke: "roundrobin", discloseCaller: true }),
    peer.register(B, () => {}),
    peer.subscribe(A, () => {}, { match: "wildcard" }),
    peer.subscribe(A, () => {}),
  ];
  const asked = [];
  for (const id of [11, 12, 13, 14]) {
    const type = id < 13 ? "REGISTER" : "SUBSCRIBE";
    const [request, ...fields] = await router.receive(type);
    asked.push([type, ...fields]);
    router.send(type === "REGISTER" ? "REGISTERED" : "SUBSCRIBED", request, id);
  }
  const handles = await Promise.all(making);
  router.cut();
  const next = await welcomed(server, 2);
  const restored = [];
  const requests = [];
  for (const type of ["REGISTER", "REGISTER", "SUBSCRIBE", "SUBSCRIBE"] as const) {
    const [request, ...fields] = await next.receive(type);
    restored.push([type, ...fields]);
    requests.push(request);
  }
  expect(restored).toEqual(asked);
  expect([peer.state, peer.session]).toEqual(["connecting", undefined]);
  next.send("REGISTERED", requests[0], 21);
  next.send("REGISTERED", requests[1], 22);
  next.send("SUBSCRIBED", requests[2], 23);
  expect(watch.states).toEqual(["waiting", "connecting"]);
  next.send("SUBSCRIBED", requests[3], 24);
  await watch.until("ready");
  expect(handles.map(({ id }) => id)).toEqual([21, 22, 23, 24]);
  expect(watch.states).toEqual(["waiting", "connecting", "ready"]);
});

test("after a reconnect, restored procedures answer, restored subscriptions hear, and the handles still end them", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  const events = new Inbox<unknown>();
  const registration = await peer.register("com.example.pre", ({ procedure }) => procedure, { match: "prefix" });
  const subscription = await peer.subscribe("com..news", ({ topic }) => events.push(topic), { match: "wildcard" });
  server.cut();
  await watch.until("ready");
  const other = await connectPeer(t, { transport: server.router.attach() });
  expect((await other.call("com.example.prefixed")).args).toEqual(["com.example.prefixed"]);
  await other.publish("com.any.news");
  expect(await events.next()).toBe("com.any.news");
  await registration.unregister();
  await subscription.unsubscribe();
  expect(await failureOf(other.call("com.example.prefixed"))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  await other.publish("com.any.news", [], {}, { acknowledge: true });
  expect(events.values).toEqual([]);
});

test("several reconnects in a row restore every time", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  await peer.register(A, () => "here");
  for (let round = 0; round < 3; round++) {
    server.cut();
    await watch.until("ready");
    expect((await peer.call(A)).args).toEqual(["here"]);
  }
});

test("what was unregistered and unsubscribed is not restored", async (t) => {
  const { peer, router, server, watch } = await connectAgain(t);
  const registering = peer.register(A, () => {});
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 11);
  const unregistering = (await registering).unregister();
  await router.receive("UNREGISTER");
  router.send("UNREGISTERED", 2);
  await unregistering;
  const subscribing = peer.subscribe(A, () => {});
  await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", 3, 12);
  const unsubscribing = (await subscribing).unsubscribe();
  await router.receive("UNSUBSCRIBE");
  router.send("UNSUBSCRIBED", 4);
  await unsubscribing;
  router.cut();
  const next = await welcomed(server, 2);
  await watch.until("ready");
  const call = peer.call(A);
  expect((await next.receive("CALL"))[0]).toBe(1); // the first request of this session
  next.send("RESULT", 1, {});
  await call;
});

test("unregister and unsubscribe while the router is away resolve at once, and nothing is restored", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  const registration = await peer.register(A, () => 1);
  const subscription = await peer.subscribe(A, () => expect.unreachable());
  await server.kill();
  await watch.until("waiting");
  await Promise.all([registration.unregister(), subscription.unsubscribe()]);
  await server.restart();
  await watch.until("ready");
  expect(await failureOf(peer.call(A))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  await peer.publish(A, [], {}, { excludeMe: false, acknowledge: true });
});

test("unregister and unsubscribe while the session is restored take back what was just restored", async (t) => {
  const { peer, router, server, watch } = await connectAgain(t);
  const making = [peer.register(A, () => {}), peer.subscribe(A, () => {})] as const;
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 11);
  await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", 2, 12);
  const [registration, subscription] = [await making[0], await making[1]];
  router.cut();
  const next = await welcomed(server, 2);
  await next.receive("REGISTER");
  await next.receive("SUBSCRIBE");
  const ended = Promise.all([registration.unregister(), subscription.unsubscribe()]);
  next.send("REGISTERED", 1, 21);
  next.send("SUBSCRIBED", 2, 22);
  expect(await next.receive("UNREGISTER")).toEqual([3, 21]);
  expect(await next.receive("UNSUBSCRIBE")).toEqual([4, 22]);
  next.send("UNREGISTERED", 3);
  next.send("UNSUBSCRIBED", 4);
  await ended;
  await watch.until("ready");
});

test("what is asked while the peer waits fails at once as disconnected, with words", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url, reconnect: { minMs: 60_000, maxMs: 60_000 } });
  server.cut();
  await watch.until("waiting");
  const words = {
    uri: "wampact.error.disconnected",
    args: ["the peer is waiting: the connection is lost: closed with code 1006"],
  };
  expect(await failureOf(peer.call(A))).toMatchObject(words);
  expect(await peer.call(A).safe()).toMatchObject({
    ok: false,
    error: { code: "disconnected", uri: "wampact.error.disconnected" },
  });
  expect(await failureOf(peer.register(A, () => {}))).toMatchObject(words);
  expect(await failureOf(peer.subscribe(A, () => {}))).toMatchObject(words);
  expect(await failureOf(peer.publish(A))).toMatchObject(words);
  expect(await failureOf(peer.leave())).toMatchObject(words);
});

test("with reconnect: false a lost connection closes the peer, with the reason", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url, reconnect: false });
  server.cut();
  expect(await watch.until("closed")).toBe("the connection is lost: closed with code 1006");
  expect(watch.states).toEqual(["closed"]);
  expect(await failureOf(peer.call(A))).toMatchObject({
    args: ["the peer is closed: the connection is lost: closed with code 1006"],
  });
});

test("a peer whose attempts run out closes, and onError is told of the first failure and the last", async (t) => {
  const server = await startServer(t);
  const { peer, watch, told } = await reconnecting(t, { url: server.url, reconnect: { ...QUICK, attempts: 3 } });
  await server.kill();
  expect(await watch.until("closed")).toContain("ECONNREFUSED");
  const round = ["waiting", "connecting"];
  expect(watch.states).toEqual([...round, ...round, ...round, "closed"]);
  expect(told.map(String)).toEqual([expect.stringContaining("ECONNREFUSED"), expect.stringContaining("ECONNREFUSED")]);
  expect(peer.state).toBe("closed");
});

test("attempts count in a row: a session in between starts them anew", async (t) => {
  const server = await startServer(t);
  const { watch } = await reconnecting(t, { url: server.url, reconnect: { ...QUICK, attempts: 1 } });
  for (let round = 0; round < 3; round++) {
    server.cut();
    await watch.until("ready");
  }
  await server.kill();
  await watch.until("closed");
});

test.for([
  [1, 100],
  [2, 200],
  [5, 1_600],
  [9, 25_600],
  [10, 30_000],
  [1_000, 30_000],
] as const)("after %d failures in a row the wait is spread from 0 to %d ms", ([failed, limit]) => {
  const options = { minMs: 50, maxMs: 30_000 };
  expect(backoffMs(failed, options, () => 0)).toBe(0);
  expect(backoffMs(failed, options, () => 0.5)).toBe(limit / 2);
  expect(backoffMs(failed, options, () => 1)).toBe(limit);
});

test("a procedure that another peer took meanwhile keeps nothing else from being restored, and is tried again", async (t) => {
  const server = await startServer(t);
  const { peer, watch, told } = await reconnecting(t, { url: server.url });
  const [heard, lost] = [new Inbox<unknown>(), new Inbox<LostEntry>()];
  await peer.register(A, () => "mine");
  await peer.register(B, () => "mine too");
  await peer.subscribe(A, ({ args }) => heard.push(args[0]));
  peer.on("lost", lost.push);
  await server.kill();
  const { usurper, taken } = await server.restart(async (router) => {
    const usurper = await join(t, router);
    return { usurper, taken: await usurper.register(A, () => "taken") };
  });
  await watch.until("ready");
  const { kind, uri, error } = await lost.next();
  expect([kind, uri, error.cause]).toMatchObject(["registration", A, { uri: "wamp.error.procedure_already_exists" }]);
  expect(error.message).toMatch(`the registration of ${A} could not be restored; retrying: `);
  expect(told).toContain(error);
  expect((await usurper.call(A)).args).toEqual(["taken"]);
  expect((await usurper.call(B)).args).toEqual(["mine too"]);
  await usurper.publish(A, ["heard"]);
  expect(await heard.next()).toBe("heard");
  await taken.unregister();
  await expect.poll(async () => (await usurper.call(A).safe()).ok).toBe(true);
  expect((await usurper.call(A)).args).toEqual(["mine"]);
  expect(lost.values).toEqual([]); // told once
});

test("what could not be restored is not tried again once the application takes it back", async (t) => {
  const clock = createFakeClock();
  const { peer, router, server } = await connectToFake(t, { clock, reconnect: {}, onError: () => {} });
  const registering = peer.register(A, () => "mine");
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 1);
  const registration = await registering;
  const watch = watchStates(peer);
  router.cut();
  await watch.until("waiting");
  await clock.advance(1_000);
  const again = await server.accept();
  await again.welcome(2);
  await again.receive("REGISTER");
  again.send("ERROR", 64, 1, {}, "wamp.error.procedure_already_exists");
  await watch.until("ready");
  await registration.unregister();
  await clock.advance(60_000);
  await peer.publish("com.example.marker");
  expect((await again.receive("PUBLISH"))[0]).toBe(2);
});

test("sessions that are lost as soon as they stand make the waits longer, and one that has stood makes them short again", async () => {
  const clock = createFakeClock();
  const policy = {
    minMs: 100,
    maxMs: 30_000,
    attempts: 5,
    giveUpAfterMs: Number.POSITIVE_INFINITY,
    stableAfterMs: 30_000,
    urls: 1,
  };
  const reconnection = new Reconnection(policy, clock, () => 1);
  const waits = Array.from({ length: 10 }, () => {
    reconnection.restart();
    return reconnection.lost();
  });
  expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  reconnection.restart();
  await clock.advance(30_000);
  expect(reconnection.lost()).toBe(100);
});

test("close while the peer waits ends at once, without another attempt", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = reconnecting(t, { url: server.url, reconnect: { minMs: 60_000, maxMs: 60_000 } });
  const router = await welcomed(server, 1);
  const { peer, watch, told } = await connecting;
  router.cut();
  await watch.until("waiting");
  await peer.close();
  const marker = await connectMarker(t, server);
  expect(server.connections).toBe(2); // the first and the marker's
  await marker.close();
  expect([watch.states, told]).toEqual([["waiting", "closed"], []]);
});

test("close while the WebSocket is being opened ends at once", async (t) => {
  const { peer, router, server, watch, told } = await connectAgain(t);
  router.cut();
  await watch.until("connecting"); // the attempt has begun, and nothing was answered yet
  await peer.close();
  await peer.close();
  const marker = await connectMarker(t, server);
  await marker.close();
  expect([watch.states, told]).toEqual([["waiting", "connecting", "closed"], []]);
});

test("close while WELCOME is awaited, or the session restored, ends at once and closes the connection", async (t) => {
  const { peer, router, server, watch, told } = await connectAgain(t);
  const registering = peer.register(A, () => {});
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 11);
  await registering;
  router.cut();
  const next = await welcomed(server, 2);
  await next.receive("REGISTER");
  await peer.close();
  expect(await next.closed).toEqual({ code: 1000, reason: "closed by the application" });
  expect([watch.states, told]).toEqual([["waiting", "connecting", "closed"], []]);
});

test("join fails as disconnected when the peer is closed before WELCOME", async (t) => {
  const { peer, router } = await connectAgain(t);
  await peer.leave();
  const joining = failureOf(peer.join(REALM));
  await router.receive("HELLO");
  await peer.close();
  expect(await joining).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["closed by the application"],
  });
  expect((await router.closed).code).toBe(1000);
});

/** A further peer, whose session shows that everything before it has arrived. */
async function connectMarker(t: TestContext, server: FakeRouter): Promise<Peer> {
  const connecting = connect({ url: server.url, realm: "com.marker", reconnect: false });
  for (;;) {
    const router = await server.accept();
    const [realm] = await Promise.race([router.receive("HELLO"), router.closed.then(() => ["closed"])]);
    if (realm !== "com.marker") continue;
    router.send("WELCOME", 9, { roles: { broker: {}, dealer: {} } });
    const peer = await connecting;
    t.onTestFinished(() => peer.close());
    return peer;
  }
}

test("several URLs are tried in turn", async (t) => {
  const [dead, one, two] = [await startServer(t), await startServer(t), await startServer(t)];
  await dead.kill();
  const { peer, watch, told } = await reconnecting(t, { url: [dead.url, one.url, two.url] });
  expect(one.router.sessions(REALM).map(({ id }) => id)).toEqual([peer.session?.id]);
  await one.kill();
  await watch.until("ready");
  expect(two.router.sessions(REALM).map(({ id }) => id)).toEqual([peer.session?.id]);
  expect(told.map(String)).toEqual([
    expect.stringContaining(`cannot connect to ${dead.url}`),
    expect.stringContaining(`cannot connect to ${dead.url}`),
  ]);
});

test("a session that the router has killed closes its peer", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  expect(server.router.endSession(REALM, peer.session?.id as number)).toBe(true);
  expect(await watch.until("closed")).toBe("wamp.close.killed");
  expect(watch.states).toEqual(["closed"]);
});

test("a session that the router ends with any other GOODBYE is followed by another", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  const first = peer.session?.id as number;
  expect(server.router.endSession(REALM, first, "com.example.moved")).toBe(true);
  expect(await watch.until("waiting")).toBe("com.example.moved");
  await watch.until("ready");
  expect(peer.session?.id).not.toBe(first);
  expect(server.router.sessions(REALM).map(({ id }) => id)).toEqual([peer.session?.id]);
});

test("a router that shuts down in order is followed by the next one on its port", async (t) => {
  const server = await startServer(t);
  const { peer, watch } = await reconnecting(t, { url: server.url });
  await peer.register(A, () => "here");
  await server.router.close();
  expect(await watch.until("waiting")).toBe("wamp.close.system_shutdown: the router is shutting down");
  await server.kill();
  await server.restart();
  await watch.until("ready");
  expect((await peer.call(A)).args).toEqual(["here"]);
});

test("a peer that is refused for good when it comes back closes, since trying again would not help", async (t) => {
  const { router, server, watch, told } = await connectAgain(t);
  router.cut();
  const next = await server.accept();
  await next.receive("HELLO");
  next.send("ABORT", { message: "moved away" }, "wamp.error.no_such_realm");
  expect(await watch.until("closed")).toBe("wamp.error.no_such_realm: moved away");
  expect(watch.states).toEqual(["waiting", "connecting", "closed"]);
  expect(told).toMatchObject([{ uri: "wamp.error.no_such_realm" }]);
});

test("a peer that is refused for the moment tries again", async (t) => {
  const { router, server, watch } = await connectAgain(t);
  router.cut();
  const next = await server.accept();
  await next.receive("HELLO");
  next.send("ABORT", { message: "not yet" }, "com.example.overload");
  await watch.until("waiting");
  expect(await watch.until("waiting")).toBe("com.example.overload: not yet");
  await welcomed(server, 3);
  await watch.until("ready");
});

test("a loop over progress that is under way when the connection is lost ends as disconnected", async (t) => {
  const server = await startServer(t);
  const { peer } = await reconnecting(t, { url: server.url });
  await peer.register(A, ({ progress, signal }) => {
    progress([1]);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const seen: unknown[] = [];
  const looped = failureOf(
    (async () => {
      for await (const { args } of peer.call(A, [], {}, { receiveProgress: true })) {
        seen.push(args[0]);
        server.cut();
      }
    })(),
  );
  expect(await looped).toMatchObject({ uri: "wampact.error.disconnected" });
  expect(seen).toEqual([1]);
});

test('what the router revokes is told to on("lost") and to onError, and a listener that throws keeps it from nobody', async (t) => {
  const told: unknown[] = [];
  const { peer, router } = await connectToFake(t, { onError: (error) => told.push(error) });
  const lost = new Inbox<LostEntry>();
  peer.on("lost", () => {
    throw new Error("a listener's own");
  });
  const stop = peer.on("lost", lost.push);
  const registering = peer.register(A, () => "mine");
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 77);
  await registering;
  router.send("UNREGISTERED", 0, { registration: 77, reason: "com.example.why" });
  const { kind, uri, error } = await lost.next();
  const message = `the router has revoked the registration of ${A}: com.example.why`;
  expect([kind, uri, error.message]).toEqual(["registration", A, message]);
  expect(told.map(String)).toEqual([`Error: ${message}`, "Error: a listener's own"]);
  stop();
});

test("a GOODBYE that says when to try again is heeded", async (t) => {
  const clock = createFakeClock();
  const { peer, router, server } = await connectToFake(t, { clock, reconnect: {}, onError: () => {} });
  const watch = watchStates(peer);
  router.send("GOODBYE", { _retry_after_ms: 20_000 }, "wamp.close.system_shutdown");
  await watch.until("waiting");
  await clock.advance(19_999);
  expect(watch.states).toEqual(["waiting"]);
  await clock.advance(7_000);
  await (await server.accept()).welcome(2);
  await watch.until("ready");
});

test("an ABORT that says when to try again is heeded, and a number that is none is not", async (t) => {
  const clock = createFakeClock();
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, clock, onError: () => {} });
  for (const [details, waitMs] of [
    [{ _retry_after_ms: 20_000 }, 27_000],
    [{ _retry_after_ms: "soon" }, 10_000],
  ] as const) {
    const router = await server.accept();
    await router.receive("HELLO");
    router.send("ABORT", details, "com.example.overload");
    await router.closed;
    await clock.advance(waitMs);
  }
  await (await server.accept()).welcome();
  expect((await connecting).state).toBe("ready");
});

test("a handshake that is answered 503 with Retry-After is tried again then", async (t) => {
  const clock = createFakeClock();
  const asked = new Inbox<number>();
  const server = createServer();
  server.on("upgrade", (_, socket) => {
    asked.push(clock.now());
    socket.end("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.onTestFinished(() => void server.close());
  const controller = new AbortController();
  const told = new Inbox<unknown>();
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connecting = failureOf(connect({ url, realm: REALM, clock, signal: controller.signal, onError: told.push }));
  expect(await asked.next()).toBe(0);
  expect(String(await told.next())).toContain("503");
  await clock.advance(19_999);
  expect(asked.values).toEqual([]);
  await clock.advance(7_000);
  expect(await asked.next()).toBeGreaterThanOrEqual(20_000);
  controller.abort();
  expect(await connecting).toMatchObject({ uri: "wamp.error.canceled" });
});

test("reconnect cuts a wait short, and gives up a session that stands for another one", async (t) => {
  const { peer, router, server, watch } = await connectAgain(t, { reconnect: { minMs: 60_000, maxMs: 60_000 } });
  router.cut();
  await watch.until("waiting");
  peer.reconnect();
  const second = await welcomed(server, 2);
  await watch.until("ready");
  const calling = failureOf(peer.call(A));
  await second.receive("CALL");
  peer.reconnect();
  expect(await calling).toMatchObject({ uri: "wampact.error.disconnected", args: ["reconnect was called"] });
  peer.reconnect(); // it connects already
  await welcomed(server, 3);
  await watch.until("ready");
  expect([peer.session?.id, server.connections]).toEqual([3, 3]);
  expect(watch.states).toEqual(["waiting", "connecting", "ready", "waiting", "connecting", "ready"]);
});

test("reconnect is refused where there is nothing to connect again", async (t) => {
  const { peer } = await connectAgain(t);
  await peer.leave();
  expect(() => peer.reconnect()).toThrow("reconnect: the peer is left; join or connect");
  await peer.close();
  expect(() => peer.reconnect()).toThrow("reconnect: the peer is closed; join or connect");
  const fixed = await connectToFake(t);
  expect(() => fixed.peer.reconnect()).toThrow("reconnect: this peer's options allow one connection only");
});

test("states gives the state of a peer and every change, up to closed", async (t) => {
  const { peer, router, server } = await connectAgain(t);
  const seen: unknown[] = [];
  for await (const { state, reason } of peer.states()) {
    seen.push([state, reason]);
    if (seen.length === 1) router.cut();
    if (state === "connecting") await welcomed(server, 2);
    if (state === "ready" && seen.length > 1) void peer.close();
  }
  expect(seen).toEqual([
    ["ready", undefined],
    ["waiting", "the connection is lost: closed with code 1006"],
    ["connecting", undefined],
    ["ready", undefined],
    ["closed", "closed by the application"],
  ]);
  const late: unknown[] = [];
  for await (const { state } of peer.states()) late.push(state);
  expect(late).toEqual(["closed"]);
});

test("a loop over states that is left hears no more", async (t) => {
  const { peer } = await connectAgain(t);
  for await (const { state } of peer.states()) {
    expect(state).toBe("ready");
    break;
  }
  await peer.close();
});
