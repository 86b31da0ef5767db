/** A realm without `auth` and `roles`: what its clients may, and who comes in. */
import { createServer, request as httpRequest } from "node:http";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { anonymous, createRouter, type RealmConfig, type RouterConfig, type WebSocketOptions } from "wampact/router";
import WebSocket from "ws";
import { createMemoryPair } from "../../../src/transport/memory.js";
import type { PeerInfo } from "../../../src/transport/transport.js";
import { temporary } from "../../support/folder.js";
import { skipOnWindows } from "../../support/platform.js";
import { RawClient, REALM, startRouter } from "../../support/raw.js";

const TOPIC = "com.example.topic";
const PROCEDURE = "com.example.work";

async function answerOf(client: RawClient, procedure: string, ...args: readonly unknown[]): Promise<unknown> {
  const request = client.call(procedure, {}, args);
  await client.settle();
  const found = client.unread().findIndex((each) => each.request === request);
  const [answer] = (client.unread() as unknown[]).splice(found, 1) as [{ type: string; error: string }];
  return answer.type === "ERROR" ? answer.error : answer.type;
}

test("an anonymous client may call, register, publish and subscribe, and read the meta API", async (t) => {
  const router = startRouter(t);
  const [one, two] = [await router.join(), await router.join()];
  const [registration, subscription] = [await one.register(PROCEDURE), await one.subscribe(TOPIC)];
  await two.subscribe("com.", { match: "prefix" });
  await two.subscribe("wamp.session.on_join");
  await one.publish(TOPIC);
  for (const [procedure, ...args] of [
    ["wamp.session.count"],
    ["wamp.session.list"],
    ["wamp.session.get", two.session],
    ["wamp.registration.list"],
    ["wamp.registration.get", registration],
    ["wamp.registration.list_callees", registration],
    ["wamp.subscription.get", subscription],
    ["wamp.subscription.get_events", subscription],
    ["wamp.session.add_testament", TOPIC],
    ["wamp.reflection.procedure.list"],
  ] as const)
    expect([procedure, await answerOf(one, procedure, ...args)]).toEqual([procedure, "RESULT"]);
});

test.for([
  ["wamp.session.kill", 1],
  ["wamp.session.kill_by_authid", "x"],
  ["wamp.session.kill_by_authrole", "anonymous"],
  ["wamp.session.kill_all"],
  ["wamp.registration.remove_callee", 1, 1],
  ["wamp.subscription.remove_subscriber", 1, 1],
])("an anonymous client may not call %s; a peer of router.attach() may", async ([procedure, ...args], t) => {
  const router = startRouter(t);
  const [client, bystander] = [await router.join(), await router.join()];
  expect(await answerOf(client, procedure as string, ...args)).toBe("wamp.error.not_authorized");
  await bystander.settle();
  expect(bystander.unread()).toEqual([]);
  const trusted = new RawClient(router.router.attach());
  await trusted.hello(REALM);
  expect(await answerOf(trusted, procedure as string, ...args)).not.toBe("wamp.error.not_authorized");
});

test("an anonymous client describes procedures that it has registered, and nothing below wamp.", async (t) => {
  const router = startRouter(t);
  const [owner, stranger] = [await router.join(), await router.join()];
  await owner.register(PROCEDURE);
  await owner.register("com.example..item", { match: "wildcard" });
  const define = (client: RawClient, kind: string, uri: string) =>
    answerOf(client, "wamp.reflect.define", kind, uri, { by: client.session });
  expect(await define(owner, "procedure", PROCEDURE)).toBe("RESULT");
  expect(await define(owner, "procedure", "com.example.{id}.item")).toBe("RESULT");
  expect(await define(owner, "topic", TOPIC)).toBe("RESULT");
  expect(await define(stranger, "procedure", PROCEDURE)).toBe("wamp.error.not_authorized");
  expect(await define(stranger, "procedure", "com.example.{id}.item")).toBe("wamp.error.not_authorized");
  expect(await define(owner, "topic", "wamp.session.on_join")).toBe("wamp.error.not_authorized");
  expect(await define(owner, "error", "wamp.error.mine")).toBe("wamp.error.not_authorized");
});

test("calls below wamp. reach no callee, whatever pattern it has registered", async (t) => {
  const router = startRouter(t);
  const [callee, caller] = [await router.join(), await router.join()];
  for (const [pattern, match] of [
    ["", "prefix"],
    ["w", "prefix"],
    ["wam", "prefix"],
    ["..end_everybody", "wildcard"],
  ] as const)
    await callee.register(pattern, { match });
  expect(await answerOf(caller, "wamp.session.end_everybody")).toBe("wamp.error.no_such_procedure");
  expect(callee.unread()).toEqual([]);
});

/** The answer that a client with this connection gets: `WELCOME`, or the reason and the message of an ABORT. */
async function comesIn(t: TestContext, info: PeerInfo, realm: Partial<RealmConfig> = {}): Promise<string> {
  const { router } = startRouter(t, { realms: [{ name: REALM, ...realm }] });
  const [ours, theirs] = createMemoryPair();
  Object.defineProperty(theirs, "info", { value: info });
  router.accept(theirs);
  const client = new RawClient(ours);
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  await expect.poll(() => client.unread().length).toBe(1);
  const [answer] = client.unread();
  return answer?.type === "ABORT" ? `${answer.reason} ${answer.details.message}` : String(answer?.type);
}

const web = (remoteAddress: string | undefined, headers: PeerInfo["headers"]): PeerInfo => ({
  kind: "websocket",
  remoteAddress,
  headers: headers ?? {},
});
const LOCAL: readonly (readonly [string, PeerInfo])[] = [
  ["this process", { kind: "memory" }],
  ["a Unix socket", { kind: "rawsocket" }],
  ["127.0.0.1", web("127.0.0.1", { host: "localhost:8080" })],
  ["127.8.9.1", web("127.8.9.1", { host: "127.0.0.1:8080" })],
  ["::1", web("::1", { host: "[::1]:8080" })],
  ["::ffff:127.0.0.1", web("::ffff:127.0.0.1", { host: "LOCALHOST" })],
  ["::ffff:7f00:1", web("::ffff:7f00:1", { host: "127.0.0.1" })],
  ["other headers", web("127.0.0.1", { host: "localhost", "x-request-id": "1", viable: "1", "x-client-version": "1" })],
];
const OUTSIDE: readonly (readonly [string, PeerInfo])[] = [
  ["another address", web("192.0.2.1", { host: "localhost" })],
  ["another address, mapped", web("::ffff:192.0.2.1", { host: "localhost" })],
  ["another address without HTTP", { kind: "rawsocket", remoteAddress: "2001:db8::1" }],
  ["an address that is none", web("localhost.example", { host: "localhost" })],
  ["another Host", web("127.0.0.1", { host: "evil.example" })],
  ["a Host that begins like one of this machine", web("127.0.0.1", { host: "localhost.evil.example" })],
  ["a Host with a user", web("127.0.0.1", { host: "localhost@evil.example" })],
  ["no Host", web("127.0.0.1", {})],
  ["a Unix socket behind a proxy", web(undefined, { host: "localhost", "x-forwarded-for": "192.0.2.1" })],
  ...[
    "forwarded",
    "via",
    "x-forwarded-host",
    "x_forwarded_for",
    "x-real-ip",
    "x-original-forwarded-for",
    "true-client-ip",
    "x-client-ip",
    "client-ip",
    "x-cluster-client-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-proxyuser-ip",
    "x-envoy-external-address",
    "x-appengine-user-ip",
    "x-azure-clientip",
    "x-nf-client-connection-ip",
    "cdn-loop",
    "cf-connecting-ip",
    "cf-ray",
    "ali-cdn-real-ip",
    "front-end-https",
    "x-amzn-trace-id",
    "x-scheme",
    "x-varnish",
  ].map((name) => [`the header ${name}`, web("127.0.0.1", { host: "localhost", [name]: "192.0.2.1" })] as const),
];

test.for(LOCAL)("it takes %s", async ([, info], t) => {
  expect(await comesIn(t, info)).toBe("WELCOME");
});

test.for(OUTSIDE)("it refuses %s, and says the three ways out", async ([, info], t) => {
  const told = await comesIn(t, info);
  expect(told).toMatch(/^wamp\.error\.authentication_required .*`auth`.*`roles`.*`open: true`/);
});

test.for([
  ["open", { open: true }],
  ["with authenticators", { auth: [anonymous()] }],
  ["with roles", { roles: { anonymous: {} } }],
] as const)("a realm that is %s takes everybody", async ([, realm], t) => {
  for (const [, info] of [...LOCAL, ...OUTSIDE]) expect(await comesIn(t, info, realm)).toBe("WELCOME");
});

function start(t: TestContext, config: Partial<RouterConfig> = {}) {
  return startRouter(t, config).router;
}

test.for([
  "0.0.0.0",
  "::",
  "192.0.2.1",
  "router.example",
  "",
])('listen on "%s" is refused where every realm is for development, and only there', async (host, t) => {
  await expect(start(t).listen({ host })).rejects.toThrow(/^host: all realms .*`auth`.*`roles`.*`open: true`/);
  const open = start(t, { realms: [{ name: REALM }, { name: "com.open", open: true }] });
  const listening = open.listen({ host }).catch(String);
  expect(String(await listening)).not.toMatch("all realms");
});

test("clients of a Unix socket are of this machine", async (t) => {
  skipOnWindows(t, "it has no Unix sockets");
  const path = join(temporary(t), "socket");
  const server = createServer();
  t.onTestFinished(() => void server.close());
  const router = start(t);
  await router.listen({ server });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const socket = new WebSocket(`ws+unix:${path}:/ws`, "wamp.2.json");
  t.onTestFinished(() => socket.terminate());
  socket.on("open", () => socket.send(JSON.stringify([1, REALM, { roles: { caller: {} } }])));
  const [answer] = await new Promise<readonly unknown[]>((resolve) =>
    socket.on("message", (data) => resolve(JSON.parse(String(data)))),
  );
  expect(answer).toBe(2);
});

test("listen takes the addresses and names of this machine", async (t) => {
  for (const host of [undefined, "127.0.0.1", "localhost"]) await start(t).listen(host === undefined ? {} : { host });
});

test("a realm that is open and has auth or roles is refused", () => {
  expect(() => createRouter({ realms: [{ name: REALM, open: true, auth: [anonymous()] }] })).toThrow("realms[0].open");
  expect(() => createRouter({ realms: [{ name: REALM, open: true, roles: {} }] })).toThrow("realms[0].open");
});

/** The answer to a WebSocket request with these headers: 101, or the status and the text of the rejection. */
function upgrade(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path: "/ws",
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-protocol": "wamp.2.json",
        ...headers,
      },
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve("101");
    });
    request.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text.trim()}`));
    });
    request.on("error", reject);
    request.end();
  });
}

async function listenTwice(t: TestContext, options: WebSocketOptions): Promise<readonly string[]> {
  const router = start(t, { realms: [{ name: REALM, open: true }] });
  const server = createServer();
  t.onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return [(await router.listen(options)).url, (await router.listen({ ...options, server })).url];
}

const APP = "https://app.example";
test.for([
  ["no origin", {}, "101"],
  ["no origin under any name", { host: "router.example" }, "101"],
  ["a listed origin", { origin: APP }, "101"],
  ["a listed origin under any name", { origin: APP, host: "router.example" }, "101"],
  ["a page of this machine", { origin: "http://localhost:3000" }, "101"],
  ["a page of this machine over TLS", { origin: "https://127.0.0.1:3000", host: "[::1]:1" }, "101"],
  [
    "another origin",
    { origin: "https://evil.example" },
    '403 Pages of https://evil.example may not connect to this router; add "https://evil.example" to `origins` of the listener.',
  ],
  ["a listed origin with another port", { origin: `${APP}:8443` }, `403 Pages of ${APP}:8443 may`],
  ["a listed origin without TLS", { origin: "http://app.example" }, "403 Pages of http://app.example may"],
  ["an origin that ends like one", { origin: "https://evilapp.example" }, "403 Pages of https://evilapp.example"],
  ["an origin that begins like one of this machine", { origin: "http://localhost.evil.example" }, "403 Pages of"],
  ["a page of this machine under another name", { origin: "http://localhost", host: "evil.example" }, "403 Pages of"],
  ["a page whose name points here", { origin: "http://evil.example:80", host: "evil.example:80" }, "403 Pages of"],
  ["a null origin", { origin: "null" }, "403 Pages without an origin"],
  ["an empty origin", { origin: "" }, "403 Pages without an origin"],
  ["a page of a file", { origin: "file://" }, "403 Pages without an origin (Origin: file://)"],
  ["two origins", { origin: `${APP}, https://evil.example` }, "403 Pages without an origin"],
] as const)("%s", async ([, headers, expected], t) => {
  for (const url of await listenTwice(t, { origins: [APP] })) {
    const told = await upgrade(url, headers);
    expect(told.slice(0, expected.length)).toBe(expected);
  }
});

test("hosts lists the names under which clients reach the router", async (t) => {
  for (const url of await listenTwice(t, { hosts: ["router.example"], origins: [APP] })) {
    expect(await upgrade(url, { host: "router.example:8080" })).toBe("101");
    expect(await upgrade(url, { host: "127.0.0.1" })).toBe("101");
    expect(await upgrade(url, { host: "Router.Example", origin: APP })).toBe("101");
    expect(await upgrade(url, { host: "evil.example", origin: APP })).toMatch('403 "evil.example" is not a host name');
  }
});

test.for([
  { origins: ["app.example"] },
  { origins: ["https://app.example/"] },
  { origins: ["*"] },
  { origins: ["null"] },
  { hosts: ["Router.example"] },
  { hosts: ["router.example:80"] },
])("listen refuses %j", async (options, t) => {
  await expect(start(t).listen(options)).rejects.toThrow(/^listen\.(origins|hosts)\[0\]: expected/);
});

test("a refused origin and a refused client are told to the observer", async (t) => {
  const told: string[] = [];
  const router = start(t, { observer: (event) => event.type === "refused" && told.push(event.why) });
  const { url } = await router.listen();
  await upgrade(url, { origin: "https://evil.example" });
  const socket = new WebSocket(url, "wamp.2.json", { headers: { host: "evil.example" } });
  socket.on("open", () => socket.send(JSON.stringify([1, REALM, { roles: { caller: {} } }])));
  await new Promise((resolve) => socket.on("close", resolve));
  expect(told).toEqual([
    expect.stringMatching("Pages of https://evil.example"),
    expect.stringMatching("authentication_required"),
  ]);
});
