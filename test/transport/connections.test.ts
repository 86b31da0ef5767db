/** A listener owns each socket from its first byte to its last: none ends the process, none is held for ever, none keeps the router from closing. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { createRouter, type ListenOptions, type Router } from "wampact/router";
import { REALM } from "../support/raw.js";
import { closed } from "../support/sockets.js";
import { cert, key } from "../support/tls.js";

const KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
const PROTOCOL = "Sec-WebSocket-Protocol: wamp.2.json";
const DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate";

function upgrade(target: string, ...headers: string[]): string {
  const lines = [`GET ${target} HTTP/1.1`, "Host: localhost", "Connection: Upgrade", "Upgrade: websocket"];
  return [...lines, "Sec-WebSocket-Version: 13", ...headers, "", ""].join("\r\n");
}

/** A frame of a client, with a mask of zeros. */
function frame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload]);
}

const HELLO = frame(1, JSON.stringify([1, REALM, { roles: { caller: {}, subscriber: {} } }]));
const CLOSE = frame(8, "");

/** The ways to listen. */
const KINDS = ["own", "tls", "compressing", "application's", "application's with another upgrade handler"] as const;

/** How the connection below a socket is reset. */
const resets = new WeakMap<Socket, () => void>();

interface Reachable {
  readonly router: Router;
  readonly port: number;
  open(): Socket;
}

async function reachable(
  t: TestContext,
  kind: (typeof KINDS)[number],
  handshakeTimeoutMs = 10_000,
): Promise<Reachable> {
  const router = createRouter({ realms: [{ name: REALM }], handshakeTimeoutMs });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen(await optionsOf(t, kind));
  const open = () => {
    const below = connectTcp(port, "127.0.0.1");
    const socket = kind === "tls" ? connectTls({ socket: below, rejectUnauthorized: false }) : below;
    for (const each of [below, socket]) each.on("error", () => {}); // the router may be quicker
    resets.set(socket, () => below.resetAndDestroy());
    t.onTestFinished(() => void below.destroy());
    return socket;
  };
  return { router, port, open };
}

async function optionsOf(t: TestContext, kind: (typeof KINDS)[number]): Promise<ListenOptions> {
  if (kind === "own") return {};
  if (kind === "tls") return { tls: { cert, key } };
  if (kind === "compressing") return { perMessageDeflate: true };
  const server = createServer((_request, response) => response.end("the application's own"));
  if (kind.endsWith("handler")) server.on("upgrade", ({ url }, socket) => url === "/mine" && socket.end());
  return { server: await listening(t, server) };
}

async function listening(t: TestContext, server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

async function textUntil(socket: Socket, wanted: string): Promise<string> {
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes(wanted)) break;
  }
  return text;
}

/** Waits for text without ending the socket, as `for await` would. */
function came(socket: Socket, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.includes(wanted)) resolve();
    });
  });
}

const TARGETS = ["//", "///", "http://[", "http://%", "*", "/ws\\..\\", `/${"a".repeat(15_000)}`, "//ws", "/%zz"];

test.for(
  KINDS.flatMap((kind) => TARGETS.map((target) => [kind, target] as const)),
)("an upgrade request on the %s server with the target %s is answered 4xx or left to others", async ([
  kind,
  target,
], t) => {
  const { router, port, open } = await reachable(t, kind);
  const socket = open();
  socket.write(upgrade(target, KEY, PROTOCOL));
  if (kind.endsWith("handler")) resets.get(socket)?.();
  else expect(await textUntil(socket, "\r\n\r\n")).toMatch(/^HTTP\/1\.1 4\d\d /);
  await stillServes(router, kind, port);
});

test("the target // is answered 400, in words", async (t) => {
  const socket = (await reachable(t, "own")).open();
  socket.write(upgrade("//", KEY, PROTOCOL));
  expect(await textUntil(socket, "no path")).toMatch(
    /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*The request target is not a path\./,
  );
});

/** The messages that a client has sent and received when it resets the connection. */
const MOMENTS: readonly (readonly [string, (socket: Socket) => Promise<unknown> | unknown])[] = [
  ["before the first byte", () => {}],
  ["within the request", (socket) => socket.write("GET /ws HTTP/1.1\r\nHost: loc")],
  ["right behind the request", (socket) => socket.write(upgrade("/ws", KEY, PROTOCOL))],
  ["right behind a request for compression", (socket) => socket.write(upgrade("/ws", KEY, PROTOCOL, DEFLATE))],
  ["behind a request for another path", (socket) => socket.write(upgrade("/other", KEY, PROTOCOL))],
  ["behind a request that is refused", (socket) => socket.write(upgrade("/ws", KEY))],
  [
    "behind a request with a malformed extension",
    (socket) => socket.write(upgrade("/ws", KEY, PROTOCOL, "Sec-WebSocket-Extensions: ;;=,")),
  ],
  ["behind a plain request", (socket) => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["behind garbage", (socket) => socket.write(Buffer.alloc(1_000, 0xff))],
  ["once it is open", (socket) => opened(socket)],
  ["within a frame", async (socket) => (await opened(socket)).write(HELLO.subarray(0, 9))],
  ["right behind HELLO", async (socket) => (await opened(socket)).write(HELLO)],
  ["in a session", (socket) => joined(socket)],
  ["behind a malformed frame", async (socket) => (await joined(socket)).write(Buffer.from([0xff, 0xff, 0xff]))],
  ["behind a malformed message", async (socket) => (await joined(socket)).write(frame(1, "[[["))],
  ["behind a close frame", async (socket) => (await joined(socket)).write(CLOSE)],
];

function opened(socket: Socket): Promise<Socket> {
  socket.write(upgrade("/ws", KEY, PROTOCOL));
  return came(socket, "101 Switching").then(() => socket);
}

async function joined(socket: Socket): Promise<Socket> {
  await opened(socket);
  const welcome = came(socket, "[2,");
  socket.write(HELLO);
  await welcome;
  return socket;
}

test.for(
  KINDS.flatMap((kind) => MOMENTS.map(([moment, act]) => [kind, moment, act] as const)),
)("a connection to the %s server that is reset %s harms nothing", async ([kind, , act], t) => {
  const { router, port, open } = await reachable(t, kind);
  const socket = open();
  await once(socket, kind === "tls" ? "secureConnect" : "connect");
  await act(socket);
  resets.get(socket)?.();
  await stillServes(router, kind, port);
  await expect.poll(() => router.sessions(REALM).length).toBe(0);
});

/** However it ends. */
async function stillServes(router: Router, kind: string, port: number): Promise<void> {
  const peer = await connect({
    url: `${kind === "tls" ? "wss" : "ws"}://127.0.0.1:${port}/ws`,
    realm: REALM,
    tls: { rejectUnauthorized: false },
    reconnect: false,
  });
  expect(router.sessions(REALM).length).toBeGreaterThan(0);
  await peer.close();
}

test.for(
  KINDS.slice(0, 3),
)("closing the router with the %s server ends connections in every state, within seconds", async (kind, t) => {
  const { router, open } = await reachable(t, kind);
  const silent = open();
  await once(silent, "connect");
  const half = open();
  half.write("GET /ws HTTP/1.1\r\nHost: loc");
  const refused = open();
  refused.write(upgrade("/other", KEY, PROTOCOL));
  await came(refused, "404");
  const member = await joined(open());
  const ended = [silent, half, refused, member].map((socket) => closed(socket.resume()));
  await router.close({ drainMs: 0 });
  await Promise.all(ended);
});

test("a closing router cuts clients that answer neither GOODBYE nor the close frame", async (t) => {
  const { router, open } = await reachable(t, "own");
  const member = await joined(open());
  member.pause();
  await router.close({ drainMs: 10 });
  expect(router.sessions(REALM)).toEqual([]);
});

test.concurrent.for([
  ["is refused", (socket: Socket) => socket.write(upgrade("/other", KEY, PROTOCOL))],
  ["has sent a plain request", (socket: Socket) => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["has sent nothing", () => {}],
  ["has sent half a request", (socket: Socket) => socket.write("GET /ws HTTP/1.1\r\nHost: loc")],
  ["says no HELLO", (socket: Socket) => opened(socket)],
  [
    "has said GOODBYE",
    async (socket: Socket) => (await joined(socket)).write(frame(1, '[6,{},"wamp.close.close_realm"]')),
  ],
  ["has sent a malformed frame", async (socket: Socket) => (await joined(socket)).write(Buffer.from([0xff, 0xff]))],
  ["has sent a close frame", async (socket: Socket) => (await joined(socket)).write(CLOSE)],
] as const)("a connection that %s and stays open is cut", async ([, act], t) => {
  const { port, router } = await reachable(t, "own", 300);
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  t.onTestFinished(() => void socket.destroy());
  await act(socket);
  socket.resume();
  await once(socket, "end");
  const touch = setInterval(() => socket.write(" "), 20); // which is reset once the router's side is gone
  await closed(socket);
  clearInterval(touch);
  expect(router.sessions(REALM)).toEqual([]);
});

test("a client that sends a close frame and keeps the connection is out of its realm at once, and its calls are answered", async (t) => {
  const { port, router, open } = await reachable(t, "own");
  const callee = await joined(open());
  const registered = came(callee, "[65,");
  callee.write(frame(1, '[64,1,{},"com.example.slow"]'));
  await registered;
  const caller = await connect({ url: `ws://127.0.0.1:${port}/ws`, realm: REALM });
  t.onTestFinished(() => caller.close());
  const invoked = came(callee, "[68,");
  const call = caller.call("com.example.slow").safe();
  await invoked;
  callee.write(CLOSE);
  expect(await call).toMatchObject({ ok: false, error: { uri: "wamp.error.canceled" } });
  expect(router.sessions(REALM)).toHaveLength(1);
});

test("unread pongs hold no more than the bound of unsent bytes", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen({ maxUnsentBytes: 256 * 1024 });
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => {});
  t.onTestFinished(() => void socket.destroy());
  await joined(socket);
  socket.pause();
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(9, "x".repeat(120))));
  const cut = closed(socket);
  const send = () => {
    while (socket.writable) if (!socket.write(pings)) return void socket.once("drain", send);
  };
  send();
  await cut;
  await expect.poll(() => router.sessions(REALM)).toEqual([]);
});

test("a million empty continuation frames are one short message", async (t) => {
  const { open } = await reachable(t, "own");
  const socket = await joined(open());
  const subscribed = came(socket, "[33,7,");
  const start = frame(1, '[32,7,{},"com.example');
  start[0] = 0x01; // not the last frame
  const empty = Buffer.from([0x00, 0x80, 0, 0, 0, 0]);
  socket.write(start);
  for (let part = 0; part < 100; part++) socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => empty)));
  socket.write(frame(0, '.topic"]'));
  await subscribed;
});

/** A router that takes clients on this machine only, and the addresses that those come from who have joined or were refused. */
function onlyHere(t: TestContext) {
  const seen: (string | undefined)[] = [];
  const router = createRouter({
    realms: [{ name: REALM }],
    observer: (event) => {
      if (event.type === "joined" || event.type === "refused") seen.push(event.info.remoteAddress);
    },
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return { router, seen };
}

test("the address of a connection is known, though it is reset right after its request", async (t) => {
  const { router, seen } = onlyHere(t);
  const { port } = await router.listen();
  const open = async () => {
    const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
    await once(socket, "connect");
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate); // mostly the router has accepted it
    socket.write(upgrade("/elsewhere", KEY, PROTOCOL));
    return socket;
  };
  for (let n = 0; n < 20; n++) (await open()).resetAndDestroy();
  await textUntil(await open(), "404"); // whose turn comes after theirs
  expect(new Set(seen)).toEqual(new Set(["127.0.0.1"]));
});

// Elsewhere what a connection has sent is gone when it is reset.
test.runIf(process.platform === "linux")(
  "a TCP connection that was reset before its address was read is not taken for a Unix socket",
  async (t) => {
    const { router, seen } = onlyHere(t);
    const server = createServer(); // which is handed its connections
    await router.listen({ server });
    const front = createTcpServer({ pauseOnConnect: true });
    t.onTestFinished(() => void front.close());
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    const client = connectTcp((front.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
    const [[accepted]] = (await Promise.all([once(front, "connection"), once(client, "connect")])) as [
      [Socket],
      unknown,
    ];
    client.write(Buffer.concat([Buffer.from(upgrade("/ws", KEY, PROTOCOL)), HELLO]));
    client.resetAndDestroy();
    await closed(client);
    server.emit("connection", accepted);
    accepted.resume();
    await closed(accepted);
    expect(accepted.bytesRead).toBeGreaterThan(0);
    expect(seen).toEqual([]);
  },
);
