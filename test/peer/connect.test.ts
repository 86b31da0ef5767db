import { getEventListeners } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { expect, type TestContext, test, vi } from "vitest";
import { cbor } from "wampact/cbor";
import { type ConnectOptions, connect, createPeer, json } from "wampact/peer";
import { createRouter } from "wampact/router";
import { connectToFake, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, createGate, failureOf, join, startServer, stopTimers, watchStates } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";
import { cert, key } from "../support/tls.js";

const URL_WORDS =
  'connect.url: expected a ws:, wss:, rs:, rss: or unix: URL such as "ws://127.0.0.1:8080/ws", or a list of them';
const ONCE = { reconnect: false } as const;

/** A port of this machine where nothing listens. */
async function unusedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `ws://127.0.0.1:${port}/ws`;
}

/** A server that accepts connections and never says a word. */
async function silentUrl(t: TestContext): Promise<string> {
  const server = createServer((socket) => t.onTestFinished(() => void socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

test("connect resolves when the session stands, and the peer tells who it is", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  const [session] = router.sessions(REALM);
  expect(peer.state).toBe("ready");
  expect(peer.session).toEqual({
    id: session?.id,
    realm: REALM,
    authid: session?.authid,
    authrole: "trusted",
    authmethod: "local",
    details: { agent: "wampact", authprovider: "local", roles: expect.any(Object) },
  });
});

test.for<[string, Partial<ConnectOptions> | { url: unknown; realm: unknown }, string]>([
  [
    "no realm",
    { realm: undefined as unknown as string },
    'connect.realm: expected a URI such as "com.app", got nothing',
  ],
  ["an empty realm", { realm: "" }, 'connect.realm: expected a URI such as "com.app", got a string'],
  [
    "a realm that is no text",
    { realm: 7 as unknown as string },
    'connect.realm: expected a URI such as "com.app", got 7',
  ],
  ["neither url nor transport", { url: [] }, `${URL_WORDS}; or pass a transport`],
  ["an http URL", { url: "http://127.0.0.1/ws" }, `${URL_WORDS}, got "http://127.0.0.1/ws"`],
  ["an http URL with secrets", { url: "http://ada:pw@host/ws?token=t" }, `${URL_WORDS}, got "http://host/ws"`],
  ["one bad URL among several", { url: ["ws://127.0.0.1/ws", "tcp://x"] }, `${URL_WORDS}, got a list`],
  [
    "no serializer",
    { serializers: [] },
    "connect.serializers: expected a list of serializers, such as [json()], got an empty list",
  ],
  [
    "a name for a serializer",
    { serializers: ["json"] as never },
    "connect.serializers: expected a list of serializers, such as [json()], got a list",
  ],
  ["an unknown key", { relm: "com.app" } as object, 'connect.relm: unknown option; did you mean "realm"?'],
  [
    "an unknown key of reconnect",
    { reconnect: { minMS: 5 } as object },
    'reconnect.minMS: unknown option; did you mean "minMs"?',
  ],
  [
    "a reconnect that is none",
    { reconnect: true as never },
    "connect.reconnect: expected an object or false, got true",
  ],
  ["an onError that is none", { onError: "log" as never }, "connect.onError: expected a function, got a string"],
  ["no time", { connectTimeoutMs: 0 }, "connect.connectTimeoutMs: expected a positive number, got 0"],
  ["a back-off below 0", { reconnect: { minMs: -1 } }, "reconnect.minMs: expected a positive number, got -1"],
  [
    "an interval that is none",
    { pingIntervalMs: Number.NaN },
    "connect.pingIntervalMs: expected a positive number, got NaN",
  ],
])("connect with %s is a TypeError that says what was expected", async ([, options, message]) => {
  const given = { url: "ws://127.0.0.1:1/ws", realm: REALM, ...options } as ConnectOptions;
  expect(await failureOf(connect(given))).toEqual(new TypeError(message));
});

test("a realm the router does not have rejects at once with the router's words, whatever reconnect says", async (t) => {
  const { url } = await startServer(t);
  expect(await failureOf(connect({ url, realm: "com.nowhere" }))).toMatchObject({
    uri: "wamp.error.no_such_realm",
    message: 'wamp.error.no_such_realm: this router has no realm "com.nowhere"',
  });
});

test("a realm the router does not have rejects over an in-memory transport too", async (t) => {
  const { router } = startRouter(t);
  expect(await failureOf(connect({ transport: router.attach(), realm: "com.nowhere" }))).toMatchObject({
    uri: "wamp.error.no_such_realm",
  });
});

test("an unreachable router rejects with the address when the attempts have run out", async () => {
  const url = await unusedUrl();
  const told: unknown[] = [];
  const failure = await failureOf(
    connect({
      url,
      realm: REALM,
      reconnect: { minMs: 1, maxMs: 2, attempts: 3 },
      onError: (error) => told.push(error),
    }),
  );
  expect(String(failure)).toMatch(`Error: cannot connect to ${url}: connect ECONNREFUSED`);
  expect(told.map(String)).toEqual([
    `${failure}; retrying 2 more times; to stop, abort the signal given to connect(), close the peer, or set reconnect.attempts or reconnect.giveUpAfterMs`,
  ]); // the first attempt only: more would fill a log
});

test("an unreachable router rejects at once with reconnect: false, and onError is told nothing", async (t) => {
  const url = await unusedUrl();
  const failure = await failureOf(connectPeer(t, { url, ...ONCE, onError: () => expect.unreachable() }));
  expect(String(failure)).toMatch(`Error: cannot connect to ${url}: connect ECONNREFUSED`);
});

test("no error of a connection has the user, the password or the query of its URL", async (t) => {
  const { host } = new URL(await unusedUrl());
  const { url } = await startRouter(t).router.listen({ origins: [] });
  const secret = (place: string) => `ws://ada:pa55@${place}/ws?token=t0ken`;
  const refused = { headers: { origin: "https://evil.example" } };
  for (const [place, options] of [
    [host, {}],
    [new URL(url).host, refused],
  ] as const) {
    const failure = await failureOf(connectPeer(t, { url: secret(place), ...ONCE, ...options }));
    expect(String(failure)).toContain(`ws://${place}/ws?…`);
    expect(inspect(failure, { depth: 10 })).not.toMatch(/pa55|t0ken/);
  }
});

test("the first report of an unreachable router says that the peer tries for ever, and a signal stops it", async () => {
  const url = await unusedUrl();
  const controller = new AbortController();
  const report = createGate<Error>();
  const reconnect = { minMs: 60_000, maxMs: 60_000 };
  const { signal } = controller;
  const connecting = failureOf(
    connect({ url, realm: REALM, reconnect, signal, onError: (e) => report.open(e as Error) }),
  );
  const { message, cause } = await report.promise;
  expect(message).toMatch("; retrying forever; to stop, abort the signal given to connect()");
  expect(String(cause)).toMatch("connect ECONNREFUSED");
  controller.abort();
  expect(await connecting).toMatchObject({ uri: "wamp.error.canceled" });
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a signal gives connect up before it begins, while it opens a connection, and while it waits for WELCOME", async (t) => {
  const server = await startFakeRouter(t);
  const canceled = { uri: "wamp.error.canceled", args: ["canceled by the caller"] };
  const options = { realm: REALM, connectTimeoutMs: 60_000 };
  const early = connect({ ...options, url: server.url, signal: AbortSignal.abort() });
  expect(await failureOf(early)).toMatchObject(canceled);
  const opening = new AbortController();
  const opened = failureOf(connect({ ...options, url: await silentUrl(t), signal: opening.signal }));
  setImmediate(() => opening.abort());
  expect(await opened).toMatchObject(canceled);
  const joining = new AbortController();
  const joined = failureOf(connect({ ...options, url: server.url, signal: joining.signal }));
  const router = await server.accept();
  await router.receive("HELLO");
  joining.abort();
  expect(await joined).toMatchObject(canceled);
  expect((await router.closed).code).toBe(1000);
  expect(server.connections).toBe(1);
});

test("a signal that is aborted after connect has resolved leaves the peer alone", async (t) => {
  const { router } = startRouter(t);
  const controller = new AbortController();
  const peer = await join(t, router, { signal: controller.signal });
  controller.abort();
  expect((await peer.call("wamp.session.count")).args).toEqual([1]);
});

test("giveUpAfterMs bounds all attempts together, and one that hangs", async (t) => {
  const [url, refused] = [await silentUrl(t), await unusedUrl()];
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(error);
  const hanging = connect({ url, realm: REALM, reconnect: { giveUpAfterMs: 40 }, onError });
  expect(await failureOf(hanging)).toMatchObject({ message: expect.stringMatching(/no answer within \d+ ms$/) });
  const refusing = connect({
    url: refused,
    realm: REALM,
    reconnect: { minMs: 1, maxMs: 5, giveUpAfterMs: 60 },
    onError,
  });
  expect(String(await failureOf(refusing))).toMatch(`cannot connect to ${refused}: `);
  expect(told.map(String).at(-1)).toMatch(/; retrying for \d+ ms; to stop, /);
});

test("a path where no router is rejects with what the server answered", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  const { url } = await router.listen({ path: "/here" });
  const elsewhere = url.replace("/here", "/elsewhere");
  expect(await failureOf(connect({ url: elsewhere, realm: REALM, ...ONCE }))).toEqual(
    new Error(`${elsewhere} answered 404: There is no WebSocket at this path; connect to /here.`),
  );
});

test("an origin that the router does not list is refused for good, but for headers that a function makes", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  const { url } = await router.listen();
  const headers = { origin: "https://shop.example" };
  expect(await failureOf(connect({ url, realm: REALM, headers }))).toMatchObject({
    uri: "wamp.error.not_authorized",
    message: expect.stringMatching(
      / answered 403: Pages of https:\/\/shop\.example .* add "https:\/\/shop\.example" to `origins`/,
    ),
  });
  const origins = [headers.origin, "http://localhost"];
  const peer = await connect({
    url,
    realm: REALM,
    headers: () => ({ origin: origins.shift() ?? "" }),
    reconnect: { minMs: 1 },
    onError: () => {},
  });
  await peer.close();
});

test("a URL whose scheme is not what the port speaks is told with the scheme to use", async (t) => {
  const router = createRouter({ realms: [{ name: "com.example" }] });
  t.onTestFinished(() => router.close());
  const plain = await router.listen({ port: 0 });
  const secure = await router.listen({ port: 0, tls: { key, cert } });
  const failureAt = (url: string) =>
    failureOf(connect({ url, realm: "com.example", reconnect: false, tls: { ca: cert } }));
  const wss = plain.url.replace("ws:", "wss:");
  expect(String(await failureAt(wss))).toBe(
    `Error: cannot connect to ${wss}: the port does not use TLS; use ws:, or set \`tls\` on the router's listener`,
  );
  const ws = secure.url.replace("wss:", "ws:");
  expect(String(await failureAt(ws))).toMatch(/^Error: cannot connect to ws:.*; if the port uses TLS, use wss:$/);
});

test("a router without a common sub-protocol rejects with those it has", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }], serializers: [json()] });
  t.onTestFinished(() => router.close());
  const { url } = await router.listen();
  expect(await failureOf(connect({ url, realm: REALM, serializers: [cbor()], ...ONCE }))).toEqual(
    new Error(`${url} answered 400: No supported subprotocol is offered; offer one of wamp.2.json.`),
  );
});

test("a server that accepts the connection and stays silent rejects after connectTimeoutMs", async (t) => {
  const url = await silentUrl(t);
  expect(await failureOf(connect({ url, realm: REALM, connectTimeoutMs: 30, ...ONCE }))).toMatchObject({
    message: `cannot connect to ${url}: no answer within 30 ms`,
  });
});

test("a router that opens the WebSocket and never says WELCOME rejects after connectTimeoutMs", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = failureOf(connect({ url: server.url, realm: REALM, connectTimeoutMs: 2_000, ...ONCE }));
  const router = await server.accept();
  await router.receive("HELLO");
  expect(await connecting).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["no WELCOME within 2000 ms"],
  });
  expect(await router.closed).toEqual({ code: 1000, reason: "no WELCOME within 2000 ms" });
});

test("a router that hangs up before WELCOME rejects as disconnected", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = failureOf(connect({ url: server.url, realm: REALM, ...ONCE }));
  const router = await server.accept();
  await router.receive("HELLO");
  router.cut();
  expect(await connecting).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["the connection is lost: closed with code 1006"],
  });
});

/** A router behind an HTTP server, and the tokens of the upgrades that have come. */
async function startTokenServer(t: TestContext) {
  const http = createHttpServer();
  const tokens: unknown[] = [];
  http.on("upgrade", (request) => tokens.push(request.headers["x-token"]));
  const router = createRouter({ realms: [{ name: REALM }] });
  await router.listen({ server: http });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.onTestFinished(async () => {
    await router.close();
    http.close();
  });
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`, tokens };
}

test("headers travel with the upgrade", async (t) => {
  const { url, tokens } = await startTokenServer(t);
  await connectPeer(t, { url, headers: { "x-token": "abc" }, ...ONCE });
  expect(tokens).toEqual(["abc"]);
});

test("a function makes the headers of each attempt, and one that fails is asked again", async (t) => {
  const { url, tokens } = await startTokenServer(t);
  let asked = 0;
  const headers = async () => {
    if (++asked === 2) throw new Error("the token service is away");
    return { "x-token": `token ${asked}` };
  };
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(String(error));
  const peer = await connectPeer(t, { url, headers, reconnect: { minMs: 1 }, onError });
  const watch = watchStates(peer);
  peer.reconnect();
  await watch.until("ready");
  expect(tokens).toEqual(["token 1", "token 3"]);
  expect(told).toEqual([expect.stringContaining("the token service is away; retrying")]);
});

test("headers that are not made in time end the attempt", async (t) => {
  const { url } = await startTokenServer(t);
  const headers = () => new Promise<never>(() => {});
  const outcome = failureOf(connect({ url, realm: REALM, headers, connectTimeoutMs: 30, ...ONCE }));
  expect(String(await outcome)).toContain("no answer within 30 ms");
});

test("leave and join go to another realm on the same socket", async (t) => {
  const { peer, router, server } = await connectToFake(t);
  router.answersGoodbye = false;
  const { states } = watchStates(peer);
  const pending = failureOf(peer.call("com.example.a"));
  await router.receive("CALL");
  const leaving = peer.leave();
  expect(await router.receive("GOODBYE")).toEqual([{}, "wamp.close.close_realm"]);
  router.send("GOODBYE", {}, "wamp.close.goodbye_and_out");
  await leaving;
  expect(await pending).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["the peer has left the realm"],
  });
  expect([peer.state, peer.session]).toEqual(["left", undefined]);
  const joining = peer.join("com.other");
  expect((await router.receive("HELLO"))[0]).toBe("com.other");
  router.send("WELCOME", 99, { roles: { broker: {}, dealer: {} }, realm: "com.other" });
  expect(await joining).toMatchObject({ id: 99, realm: "com.other" });
  expect([states, server.connections]).toEqual([["left", "connecting", "ready"], 1]);
  const call = peer.call("com.example.b");
  expect((await router.receive("CALL"))[0]).toBe(1); // a new session counts its requests anew
  router.send("RESULT", 1, {}, ["there"]);
  expect((await call).args).toEqual(["there"]);
  router.answersGoodbye = true;
});

test.for(["memory", "websocket"])("what was registered and subscribed ends with leave, over %s", async (kind, t) => {
  const realms = [{ name: REALM }, { name: "com.other" }];
  const { router, url } = await startServer(t, { realms });
  const link = () => (kind === "memory" ? { transport: router.attach() } : { url, ...ONCE });
  const [peer, other] = [await connectPeer(t, link()), await connectPeer(t, link())];
  const registration = await peer.register("com.example.a", () => 1);
  const subscription = await peer.subscribe("com.example.b", () => expect.unreachable("no event was due"));
  await peer.leave();
  expect(router.sessions(REALM).map(({ id }) => id)).toEqual([other.session?.id]);
  expect(await failureOf(other.call("com.example.a"))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  await peer.join("com.other");
  expect(router.sessions("com.other").map(({ id }) => id)).toEqual([peer.session?.id]);
  expect(await failureOf(peer.call("com.example.a"))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  await Promise.all([registration.unregister(), subscription.unsubscribe()]); // handles of then ask for nothing
  await peer.leave();
  await peer.join(REALM);
  await peer.register("com.example.a", () => 2);
  expect((await other.call("com.example.a")).args).toEqual([2]);
});

test("what is asked of a peer that has left fails at once, with words", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  await peer.leave();
  const words = { uri: "wampact.error.disconnected", args: ["the peer is left: the peer has left the realm"] };
  expect(await failureOf(peer.call("com.example.a"))).toMatchObject(words);
  expect(await failureOf(peer.register("com.example.a", () => {}))).toMatchObject(words);
  expect(await failureOf(peer.subscribe("com.example.a", () => {}))).toMatchObject(words);
  expect(await failureOf(peer.publish("com.example.a"))).toMatchObject(words);
  expect(await failureOf(peer.leave())).toMatchObject(words);
});

test("join is a TypeError while a session stands", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  expect(await failureOf(peer.join("com.other"))).toEqual(
    new TypeError("join: the peer is ready; leave the realm first"),
  );
});

test("join of a realm the router does not have rejects; another one can be joined after it", async (t) => {
  const { url } = await startServer(t);
  const peer = await connectPeer(t, { url, ...ONCE });
  await peer.leave();
  expect(await failureOf(peer.join("com.nowhere"))).toMatchObject({ uri: "wamp.error.no_such_realm" });
  expect(peer.state).toBe("left");
  expect(await peer.join(REALM)).toMatchObject({ realm: REALM }); // on a new connection: ABORT has ended the first
  expect(peer.state).toBe("ready");
});

test("leave resolves though the router never answers GOODBYE, and join opens another connection", async (t) => {
  const told: unknown[] = [];
  const { peer, router, server } = await connectToFake(t, { onError: (error) => told.push(error) });
  router.answersGoodbye = false;
  stopTimers(t);
  const leaving = peer.leave();
  await router.receive("GOODBYE");
  vi.advanceTimersByTime(2_000);
  await leaving;
  expect(told).toMatchObject([{ uri: "wamp.error.timeout" }]);
  expect(await router.closed).toEqual({ code: 1000, reason: "GOODBYE was not answered" });
  const joining = peer.join(REALM);
  await (await server.accept()).welcome(2);
  expect(await joining).toMatchObject({ id: 2 });
});

test("join that is not answered within connectTimeoutMs rejects, and the next one opens another connection", async (t) => {
  const { peer, router, server } = await connectToFake(t, { connectTimeoutMs: 60_000 });
  await peer.leave();
  stopTimers(t);
  const joining = failureOf(peer.join("com.other"));
  await router.receive("HELLO");
  vi.advanceTimersByTime(60_000);
  expect(await joining).toMatchObject({ uri: "wamp.error.timeout", args: ["no answer within 60000 ms"] });
  expect([peer.state, await router.closed]).toEqual(["left", { code: 1000, reason: "joining failed" }]);
  const again = peer.join(REALM);
  await (await server.accept()).welcome(2);
  expect(await again).toMatchObject({ id: 2 });
});

test("close says GOODBYE, then closes the transport, and fails what is pending", async (t) => {
  const { peer, router } = await connectToFake(t);
  router.answersGoodbye = false;
  const pending = [
    failureOf(peer.call("com.example.a")),
    failureOf(peer.register("com.example.a", () => {})),
    failureOf(peer.subscribe("com.example.a", () => {})),
    failureOf(peer.publish("com.example.a", [], {}, { acknowledge: true })),
  ];
  for (const type of ["CALL", "REGISTER", "SUBSCRIBE", "PUBLISH"] as const) await router.receive(type);
  const { states } = watchStates(peer);
  const closing = peer.close();
  expect(await router.receive("GOODBYE")).toEqual([{}, "wamp.close.close_realm"]);
  router.send("GOODBYE", {}, "wamp.close.goodbye_and_out");
  await closing;
  expect(await router.closed).toEqual({ code: 1000, reason: "closed by the application" });
  for (const failure of pending) expect(await failure).toMatchObject({ uri: "wampact.error.disconnected" });
  await peer.close(); // again: nothing to do
  expect(states).toEqual(["closed"]);
});

test("fact 14: messages that cross a GOODBYE are ignored", async (t) => {
  const { peer, router } = await connectToFake(t);
  router.answersGoodbye = false;
  const closing = peer.close();
  await router.receive("GOODBYE");
  router.send("EVENT", 1, 1, {});
  router.send("RESULT", 77, {});
  router.send("GOODBYE", {}, "wamp.close.system_shutdown"); // both said it at once: this is the echo
  await closing;
  expect((await router.closed).code).toBe(1000);
});

test("await using a peer closes it", async (t) => {
  const { router } = startRouter(t);
  {
    await using peer = await connect({ transport: router.attach(), realm: REALM });
    expect(router.sessions(REALM).map(({ id }) => id)).toEqual([peer.session?.id]);
  }
  expect(router.sessions(REALM)).toEqual([]);
});

test("a listener of states that throws is told to onError and disturbs no other", async (t) => {
  const { router } = startRouter(t);
  const told: unknown[] = [];
  const peer = await join(t, router, { onError: (error) => told.push(error) });
  peer.on("state", () => {
    throw new Error("a listener's own");
  });
  const { states } = watchStates(peer);
  await peer.close();
  expect([told, states]).toEqual([[new Error("a listener's own")], ["closed"]]);
});

test("what `on` returns ends the listening", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  peer.on("state", () => expect.unreachable())();
  await peer.close();
});

test("a transport cannot be opened twice: a lost one closes its peer", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  const states = watchStates(peer);
  router.endSession(REALM, peer.session?.id ?? 0);
  expect(await states.until("closed")).toBe("wamp.close.killed");
  expect(states.states).toEqual(["closed"]);
});

test("no timer of the attempt is left once the session stands", async (t) => {
  stopTimers(t);
  const { router } = startRouter(t);
  const peer = await join(t, router);
  expect([peer.state, vi.getTimerCount()]).toEqual(["ready", 0]);
});

test("whoever closes a peer that is being closed waits for the same end", async (t) => {
  const { peer, router } = await connectToFake(t);
  router.answersGoodbye = false;
  const ended: string[] = [];
  const closing = [peer.close().then(() => ended.push("first")), peer.close().then(() => ended.push("second"))];
  await router.receive("GOODBYE");
  expect(ended).toEqual([]);
  router.send("GOODBYE", {}, "wamp.close.goodbye_and_out");
  await Promise.all(closing);
  await peer.close();
});

test("a created peer connects when it is started, once, and what waits goes out then", async (t) => {
  const { url, router } = await startServer(t);
  const peer = createPeer({ url, realm: REALM, onError: (error) => expect.unreachable(String(error)) });
  t.onTestFinished(() => peer.close());
  const count = peer.call("wamp.session.count", [], {}, { offline: "wait" });
  expect(await peer.call("wamp.session.count").safe()).toMatchObject({ error: { code: "disconnected", sent: false } });
  expect([peer.state, router.totals(REALM).joined]).toEqual(["connecting", 0]);
  const started = peer.start();
  expect(peer.start()).toBe(started);
  await started;
  expect([peer.state, router.totals(REALM).joined, (await count).args]).toEqual(["ready", 1, [1]]);
});

test("a created peer that is closed connects no more, and one whose options cannot be is refused", async (t) => {
  const { url, router } = await startServer(t);
  const peer = createPeer({ url, realm: REALM });
  await peer.close();
  expect(await failureOf(peer.start())).toMatchObject({ uri: "wampact.error.disconnected" });
  expect(() => createPeer({ url: "nowhere", realm: REALM })).toThrow(URL_WORDS);
  expect(router.totals(REALM).joined).toBe(0);
});
