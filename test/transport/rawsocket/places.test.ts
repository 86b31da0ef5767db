/** RawSockets over TLS and on Unix sockets, and one port for all transports. */
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { type Authenticator, createRouter, rawSocket, type UniversalOptions, universal } from "wampact/router";
import { WebSocket } from "ws";
import { startChild } from "../../support/child.js";
import { temporary } from "../../support/folder.js";
import { listenRaw, OctetClient, PING, PONG, rawFrame } from "../../support/octets.js";
import { connectPeer } from "../../support/peers.js";
import { skipOnWindows } from "../../support/platform.js";
import { REALM } from "../../support/raw.js";
import { cert, key } from "../../support/tls.js";

const ONCE = { realm: REALM, reconnect: false } as const;

function socketPath(t: TestContext): string {
  skipOnWindows(t, "it has no Unix sockets");
  return join(temporary(t), "router.sock");
}

test("over TLS the URL is rss:, and the router and the peer know the same channel", async (t) => {
  const seen: unknown[] = [];
  const byChannel: Authenticator = {
    method: "anonymous",
    begin(_hello, { kind, remoteAddress, tls }) {
      seen.push([kind, remoteAddress, tls?.channelId("tls-exporter")?.length]);
      return { type: "accepted", principal: { authid: "a", authrole: "user", authprovider: "test" } };
    },
  };
  const realms = [{ name: REALM, auth: [byChannel] }];
  const { url, port } = await listenRaw(t, { tls: { key, cert } }, { realms });
  expect(url).toMatch(/^rss:/);
  const peer = await connect({ ...ONCE, url, tls: { ca: cert } });
  expect(seen).toEqual([["rawsocket", "127.0.0.1", 32]]);
  await peer.close();
  const named = await connect({ ...ONCE, url: `rss://localhost:${port}`, tls: { ca: cert } });
  await named.close();
  const client = await OctetClient.open(t, port, undefined, true);
  client.open();
  expect((await client.octets(4))[1]).toBe(0xf1);
});

test("a certificate that is not trusted, TLS where there is none and none where there is are told with what to do", async (t) => {
  const secure = await listenRaw(t, { tls: { key, cert } });
  const plain = await listenRaw(t);
  await expect(connect({ ...ONCE, url: secure.url })).rejects.toThrow(
    /self-signed certificate; (.*; )?pass connect\(\{ tls: \{ ca \} \}\)$/, // newer versions of Node add a hint of theirs
  );
  await expect(connect({ ...ONCE, url: plain.url.replace("rs:", "rss:"), tls: { ca: cert } })).rejects.toThrow(
    "; if the port does not use TLS, use rs:",
  );
  await expect(connect({ ...ONCE, url: secure.url.replace("rss:", "rs:"), connectTimeoutMs: 100 })).rejects.toThrow(
    "no answer within 100 ms; if the port uses TLS, use rss:",
  );
});

test("a client that never finishes its TLS handshake is cut", async (t) => {
  const { port } = await listenRaw(t, { tls: { key, cert } }, { handshakeTimeoutMs: 100 });
  const client = OctetClient.open(t, port);
  client.write([0x16, 3, 1]);
  await client.closed();
});

test("on a Unix socket, clients count as those of this machine and have no address", async (t) => {
  const path = socketPath(t);
  const seen: unknown[] = [];
  const observer = (event: { readonly type: string; readonly info?: object }) =>
    event.type === "joined" && seen.push(event.info);
  const { url, port, router } = await listenRaw(t, { path, mode: 0o600 }, { observer });
  expect([url, port]).toEqual([`unix:${path}`, 0]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const peer = await connectPeer(t, { url });
  expect(seen).toEqual([{ kind: "rawsocket", remoteAddress: undefined, tls: undefined }]);
  expect(router.sessions(REALM)[0]?.details).toMatchObject({ transport: "rawsocket" });
  await peer.close();
  await router.close();
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test("a Unix socket whose process was killed is replaced; one where somebody listens, and what is no socket, are refused", async (t) => {
  const path = socketPath(t);
  const [child] = await startChild("unix-child.mjs", [path]);
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  await expect(router.listen(rawSocket({ path }))).rejects.toThrow(
    `cannot listen on ${path}: another process listens there; stop it or choose another path`,
  );
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(statSync(path).isSocket()).toBe(true);
  await expect(connect({ ...ONCE, url: `unix:${path}` })).rejects.toThrow(
    `cannot connect to unix:${path}: connect ECONNREFUSED ${path}`,
  );
  const { url, close } = await router.listen(rawSocket({ path }));
  await (await connect({ ...ONCE, url })).close();
  await close();

  writeFileSync(path, "precious");
  await expect(router.listen(rawSocket({ path }))).rejects.toThrow(
    `cannot listen on ${path}: the path exists and is not a socket; choose another path`,
  );
  expect(statSync(path).size).toBe(8);
});

test("a Unix socket in a directory that is not there is refused, with what to do", async (t) => {
  skipOnWindows(t, "it has no Unix sockets");
  const folder = join(temporary(t), "none");
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  await expect(router.listen(rawSocket({ path: join(folder, "a.sock") }))).rejects.toThrow(
    `a.sock: the directory ${folder} does not exist; create it`,
  );
});

test("a port that is taken is said so, with what to do", async (t) => {
  const { port, router } = await listenRaw(t);
  await expect(router.listen(rawSocket({ port }))).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port}: the port is in use; stop the process that uses it or choose another port`,
  );
});

test("a router for development listens with RawSocket on addresses of this machine only", async (t) => {
  const { router } = await listenRaw(t);
  for (const listener of [rawSocket({ host: "0.0.0.0" }), universal({ host: "0.0.0.0" })])
    await expect(router.listen(listener)).rejects.toThrow(/^host: all realms of this router are for development/);
});

test.for([
  ["rs:127.0.0.1", "rs:127.0.0.1"],
  ["rs://", "rs://"],
  ["unix:", "unix:"],
  ["rs://ada:pw@host:port", "rs://host:port"],
] as const)("connect takes no %s as a URL", async ([url, shown]) => {
  await expect(async () => connect({ url, realm: REALM })).rejects.toThrow(`or a list of them, got "${shown}"`);
});

/** The ways to be universal: what is listened with, and how the URLs of it begin. */
const UNIVERSAL: readonly (readonly [string, UniversalOptions, readonly [string, string]])[] = [
  ["over TCP", {}, ["ws", "rs"]],
  ["over TLS", { tls: { key, cert } }, ["wss", "rss"]],
];

async function listenUniversal(t: TestContext, options: UniversalOptions, handshakeTimeoutMs = 10_000) {
  const refused: string[] = [];
  const router = createRouter({
    realms: [{ name: REALM }],
    handshakeTimeoutMs,
    observer: (event) => event.type === "refused" && refused.push(`${event.info.kind}: ${event.why}`),
    onError: (error) => expect.unreachable(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return { router, refused, ...(await router.listen(universal(options))) };
}

test.for(UNIVERSAL)("fact 46: %s, RawSocket, WebSocket and HTTP are served on one port", async ([
  ,
  options,
  [ws, rs],
], t) => {
  const { url, port } = await listenUniversal(t, { ...options, websocket: { path: ["/ws", "/"] } });
  expect(url).toBe(`${ws}://127.0.0.1:${port}/ws`);
  const tls = { ca: cert };
  const callee = await connectPeer(t, { url: `${rs}://127.0.0.1:${port}`, tls });
  await callee.register("com.example.echo", ({ args }) => args[0]);
  for (const each of [url, `${ws}://127.0.0.1:${port}/`, `${rs}://127.0.0.1:${port}`]) {
    const caller = await connect({ ...ONCE, url: each, tls });
    expect((await caller.call("com.example.echo", [each])).args).toEqual([each]);
    await caller.close();
  }
  const client = OctetClient.open(t, port, undefined, options.tls !== undefined);
  client.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect((await client.rest()).toString()).toMatch(/^HTTP\/1\.1 426 [\s\S]*with a WebSocket to \/ws or \/\./);
});

test("fact 46: a first octet that is slow, and all that follows it one by one, are understood; silence is cut", async (t) => {
  const { port, router } = await listenUniversal(t, {}, 300);
  const client = OctetClient.open(t, port);
  await once(client.socket, "connect");
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  for (const octet of [0x7f, 0xf1, 0, 0]) {
    client.write([octet]);
    await new Promise(setImmediate);
  }
  await client.octets(4);
  for (const octet of rawFrame(PING, "x")) {
    client.write([octet]);
    await new Promise(setImmediate);
  }
  expect((await client.frame()).first).toBe(PONG);

  const upgrade = OctetClient.open(t, port);
  const request = `GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n`;
  for (const octet of Buffer.from(request)) {
    upgrade.write([octet]);
    await new Promise(setImmediate);
  }
  expect((await upgrade.octets(12)).toString()).toBe("HTTP/1.1 101");

  for (const start of [[], [0x7f], [0x7f, 0xf1, 0], [...Buffer.from("GET /ws HT")]]) {
    const silent = OctetClient.open(t, port);
    silent.write(start);
    await silent.closed();
  }
  const ended = OctetClient.open(t, port);
  ended.socket.end();
  await ended.closed();
  expect(router.sessions(REALM)).toEqual([]);
});

test("the two transports of one port have settings of their own, and their refusals name them", async (t) => {
  const { port, refused } = await listenUniversal(t, {
    websocket: { path: "/wamp", hosts: ["only.example"] },
    rawSocket: { maxMessageBytes: 1_024, maxConnections: 1 },
  });
  const first = OctetClient.open(t, port);
  first.open();
  expect([...(await first.octets(4))]).toEqual([0x7f, 0x11, 0, 0]);
  const second = OctetClient.open(t, port);
  second.open();
  expect([...(await second.rest())]).toEqual([0x7f, 0x40, 0, 0]);
  for (const path of ["/ws", "/wamp"]) {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, ["wamp.2.json"], { headers: { host: "other.example" } });
    await once(ws, "error");
  }
  expect(refused.map((why) => why.slice(0, 40))).toEqual([
    "rawsocket: the limit of 1 connections is",
    "websocket: There is no WebSocket at this",
    expect.stringMatching(/^websocket: /),
  ]);
});

test("on a Unix socket, one path serves both transports", async (t) => {
  const path = socketPath(t);
  const { url, router } = await listenUniversal(t, { path });
  expect(url).toBe(`unix:${path}`);
  await connectPeer(t, { url });
  const ws = new WebSocket(`ws+unix:${path}:/ws`, ["wamp.2.json"], { headers: { host: "localhost" } });
  t.onTestFinished(() => ws.terminate());
  await once(ws, "open");
  ws.send(JSON.stringify([1, REALM, { roles: { caller: {} } }]));
  const [welcome] = await once(ws, "message");
  expect(String(welcome)).toMatch(/^\[2,/);
  expect(router.sessions(REALM)).toHaveLength(2);
});

test("closing a universal listener ends the connections of both transports, in every state", async (t) => {
  const { router, port, url } = await listenUniversal(t, {});
  const silent = OctetClient.open(t, port);
  await once(silent.socket, "connect");
  const half = OctetClient.open(t, port);
  half.write([0x7f]);
  const request = OctetClient.open(t, port);
  request.write(Buffer.from("GET / HTTP/1.1\r\nHos"));
  const peers = await Promise.all(
    [url, `rs://127.0.0.1:${port}`].map((each) => connect({ ...ONCE, url: each, onError: () => {} })),
  );
  await router.close({ drainMs: 0 });
  for (const client of [silent, half, request]) await client.closed();
  await expect.poll(() => peers.map(({ state }) => state)).toEqual(["closed", "closed"]);
});

test.for([
  [{ rawsocket: {} }, 'universal.rawsocket: unknown option; did you mean "rawSocket"?'],
  [{ websocket: { port: 1 } }, "universal.websocket.port: set it on the universal listener instead"],
  [
    { websocket: { path: "ws" } },
    'universal.websocket.path: expected a path that starts with "/", such as "/ws", or a list of them, got "ws"',
  ],
  [
    { rawSocket: { maxMessageBytes: 1 } },
    "universal.rawSocket.maxMessageBytes: expected an integer from 512 to 16777216, got 1",
  ],
  [{ rawSocket: { port: 1 } }, /^universal\.rawSocket\.port: unknown option/],
] as const)("universal(%j) is a TypeError: %s", ([options, message]) => {
  expect(() => universal(options as UniversalOptions)).toThrow(message);
});

test("a client that is reset right after its first octet harms nothing", async (t) => {
  const { port, url } = await listenUniversal(t, {});
  for (const first of [[0x7f], [0x47], []]) {
    for (let count = 0; count < 20; count++) {
      const client = OctetClient.open(t, port);
      await once(client.socket, "connect");
      client.write(first);
      client.socket.resetAndDestroy();
    }
  }
  await (await connect({ ...ONCE, url })).close();
});

test("a Unix socket that is not there is told by our peer", async (t) => {
  const url = `unix:${socketPath(t)}`;
  await expect(connect({ ...ONCE, url })).rejects.toThrow(`cannot connect to ${url}: connect ENOENT`);
});
