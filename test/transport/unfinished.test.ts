/** Messages that arrive in part: what all connections hold of them together has a limit, and whoever goes on is not disturbed. */
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { deflateRawSync } from "node:zlib";
import { expect, type TestContext, test } from "vitest";
import { httpBridge, longPoll } from "wampact/http";
import { connect } from "wampact/peer";
import {
  type Authenticator,
  createRouter,
  type RealmConfig,
  type Router,
  type RouterEvent,
  universal,
} from "wampact/router";
import { json } from "../../src/wire/serializers/json.js";
import { FrameClient } from "../support/frames.js";
import { createGate, waitFor } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { closed } from "../support/sockets.js";

const LIMIT = 4_400_000;
/** How many parts of messages the limit allows. */
const STANDING = 4;
/** Less than a message that is announced as a million bytes. */
const PART = Buffer.alloc(900_000, " ");

const UPGRADE =
  "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n";

function post(path: string, head: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n\r\n`;
}

/** The header of a WebSocket frame of a client, with a mask of zeros. */
function header(first: number, length: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.set([first, 0xff]);
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

/** The bytes before the part, by the kind of message. */
const KINDS = {
  "a frame of a WebSocket": [UPGRADE, header(0x81, 1_000_000)],
  "a fragment of a WebSocket": [UPGRADE, header(0x01, PART.length)],
  "a message of a RawSocket": [Buffer.from([0x7f, 0xf1, 0, 0]), Buffer.from([0, 0x0f, 0x42, 0x40])],
  "the body of an HTTP request": [post(`/api/${REALM}/call/com.example.echo`, "Content-Length: 1000000")],
  "chunks of an HTTP request": [post(`/api/${REALM}/call/com.example.echo`, "Transfer-Encoding: chunked"), "f4240\r\n"],
  "the opening of a long-poll session": [post("/lp/open", "Content-Length: 60000")],
} as const;

interface Target {
  readonly router: Router;
  readonly events: readonly RouterEvent[];
  readonly port: number;
  open(): Socket;
}

const EVERYBODY: Partial<RealmConfig> = {
  roles: { anonymous: { permissions: [{ uri: "", match: "prefix", allow: ["call", "register"] }] } },
};

async function start(t: TestContext, maxTotalUnsentBytes = LIMIT, realm = EVERYBODY): Promise<Target> {
  const events: RouterEvent[] = [];
  const router = createRouter({
    realms: [{ name: REALM, ...realm }],
    maxTotalUnsentBytes,
    maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
    observer: (event) => void events.push(event),
    onError: (error) => expect.unreachable(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const websocket = { http: [httpBridge(), longPoll()], perMessageDeflate: true };
  const { port } = await router.listen(universal({ websocket }));
  const open = () => {
    const socket = connectSocket(port, "127.0.0.1");
    t.onTestFinished(() => void socket.destroy());
    socket.on("error", () => {}); // the router may reset it
    socket.resume();
    return socket;
  };
  return { router, events, port, open };
}

async function join(t: TestContext, port: number) {
  const peer = await connect({ url: `ws://127.0.0.1:${port}/ws`, realm: REALM, reconnect: false });
  t.onTestFinished(() => peer.close());
  return peer;
}

test.for(
  Object.keys(KINDS) as (keyof typeof KINDS)[],
)("those that stopped first within %s are cut", async (kind, t) => {
  const isSmall = kind === "the opening of a long-poll session";
  const limit = isSmall ? LIMIT / 20 : LIMIT;
  const { router, events, port, open } = await start(t, limit);
  const part = isSmall ? PART.subarray(0, 50_000) : PART;
  const peer = await join(t, port);
  await peer.register("com.example.echo", ({ args }) => args);
  const sockets: Socket[] = [];
  const ended: Socket[] = [];
  const begin = async () => {
    const socket = open();
    sockets.push(socket);
    socket.on("close", () => ended.push(socket));
    for (const bytes of [...KINDS[kind], part]) socket.write(bytes);
    const standing = Math.min(sockets.length, STANDING);
    await waitFor(() => ended.length === sockets.length - standing);
    await waitFor(() => router.status().unfinishedBytes >= standing * part.length);
    expect(router.status().unfinishedBytes).toBeLessThanOrEqual(limit);
  };
  while (ended.length < 3) await begin();
  expect(ended).toEqual(sockets.slice(0, ended.length)); // the first ones, and no other
  const text = "x".repeat(isSmall ? 10_000 : 100_000);
  expect((await peer.call("com.example.echo", [text])).args).toEqual([[text]]);
  const told = events.flatMap((event) => ("why" in event ? [event.why] : "reason" in event ? [event.reason] : []));
  expect(told.filter((why) => why.startsWith("too slow to complete a message"))).toHaveLength(3);
  for (const socket of sockets) socket.destroy();
  await waitFor(() => router.status().unfinishedBytes === 0);
});

test("messages that arrive completely, however they are cut, leave nothing counted", async (t) => {
  const { router, port, open } = await start(t);
  const peer = await join(t, port);
  await peer.register("com.example.length", ({ args: [text] }) => (text as string).length);
  const call = (request: number) =>
    Buffer.from(JSON.stringify([48, request, {}, "com.example.length", ["x".repeat(800_000)]]));
  const socket = open();
  socket.write(UPGRADE);
  const hello = Buffer.from(JSON.stringify([1, REALM, { roles: { caller: {} } }]));
  socket.write(Buffer.concat([header(0x81, hello.length), hello]));
  for (let request = 1; request <= 5; request++) {
    const bytes = call(request);
    expect(router.status().unfinishedBytes).toBe(0);
    socket.write(Buffer.concat([header(0x01, 300_000), bytes.subarray(0, 300_000)]));
    socket.write(Buffer.concat([header(0x00, 300_000), bytes.subarray(300_000, 400_000)]));
    await waitFor(() => router.status().unfinishedBytes >= 400_000);
    const rest = bytes.length - 600_000;
    socket.write(Buffer.concat([bytes.subarray(400_000, 600_000), header(0x80, rest), bytes.subarray(600_000)]));
    await once(socket, "data");
    await waitFor(() => router.status().unfinishedBytes === 0);
  }
  const answer = await fetch(`http://127.0.0.1:${port}/api/${REALM}/call/com.example.length`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(["x".repeat(800_000)]),
  });
  expect(await answer.json()).toMatchObject({ args: [800_000] });
  await waitFor(() => router.status().unfinishedBytes === 0);
});

test("clients that wait for their login hold no more than the limit together", async (t) => {
  const never: Authenticator = { method: "never", begin: () => new Promise(() => {}) };
  const { router, events, open } = await start(t, 440_000, { auth: [never] });
  const hello = Buffer.from(JSON.stringify([1, REALM, { roles: { caller: {} }, authmethods: ["never"] }]));
  const call = Buffer.from(JSON.stringify([48, 1, {}, "com.example.echo", ["x".repeat(100_000)]]));
  const refused = () => events.filter(({ type }) => type === "refused");
  const sockets: Socket[] = [];
  const begin = async () => {
    const socket = open();
    sockets.push(socket);
    socket.write(UPGRADE);
    socket.write(Buffer.concat([header(0x81, hello.length), hello, header(0x81, call.length), call]));
    const standing = Math.min(sockets.length, STANDING);
    await waitFor(() => router.status().unfinishedBytes >= standing * 100_000);
    await waitFor(() => refused().length === sockets.length - standing);
  };
  while (refused().length < 3) await begin();
  expect(refused()).toEqual(
    Array(3).fill(expect.objectContaining({ reason: "wamp.error.unavailable", claim: expect.anything() })),
  );
  await Promise.all(sockets.slice(0, 3).map(closed));
  for (const socket of sockets) socket.destroy();
  await waitFor(() => router.status().unfinishedBytes === 0);
});

test("a batch that waits in part is counted until it is passed on", async (t) => {
  const gate = createGate();
  const { router, port } = await start(t, 64_000_000, { authorize: () => gate.promise.then(() => true) });
  const client = await FrameClient.join(t, `ws://127.0.0.1:${port}/ws`, json(), { batched: true });
  const text = "x".repeat(100_000);
  const publish = (request: number) => [16, request, { acknowledge: request === 40 }, "com.example.topic", [text]];
  client.sendBatch(Array.from({ length: 40 }, (_, index) => publish(index + 1)));
  await waitFor(() => router.status().unfinishedBytes > 4_000_000);
  gate.open();
  expect(await client.receive("PUBLISHED")).toMatchObject({ request: 40 });
  expect(router.status().unfinishedBytes).toBe(0);
});

test("a message that waits to be decompressed is counted until it is", async (t) => {
  const { router, open } = await start(t);
  const socket = open();
  socket.write(UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"));
  const noise = Buffer.from(Array.from({ length: 600_000 }, (_, at) => (at * at * 7919) & 0x7f));
  const data = deflateRawSync(noise, { finishFlush: 2, level: 0 });
  socket.write(Buffer.concat([header(0xc1, data.length), data]));
  await closed(socket); // it is no message
  await waitFor(() => router.status().unfinishedBytes === 0);
});

test("requests of the bridge that wait for their answers are refused beyond a limit, by the memory of their values", async (t) => {
  const { router, port } = await start(t);
  const peer = await join(t, port);
  const never = createGate();
  await peer.register("com.example.never", () => never.promise);
  const ask = (body: string, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}/api/${REALM}/call/com.example.never`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      ...(signal && { signal }),
    });
  const small = `[${"[],".repeat(10_000)}[]]`; // 30 kB, of which each value takes some 50 bytes
  const leaving = new AbortController();
  const waiting: Promise<unknown>[] = [];
  const wait = async () => {
    const before = router.status().unfinishedBytes;
    waiting.push(ask(small, leaving.signal).catch(String));
    await waitFor(() => router.status().unfinishedBytes > before);
  };
  await wait();
  const each = router.status().unfinishedBytes;
  expect(each).toBeGreaterThan(500_000);
  while (router.status().unfinishedBytes + each <= LIMIT / 2) await wait();
  const refused = await ask(small);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ error: "wamp.error.unavailable" });
  expect((await ask(`[${"[],".repeat(40_000)}[]]`)).status).toBe(413);
  const text = JSON.stringify([`${"[,{".repeat(5_000)}\\"`]);
  const taken = ask(text, leaving.signal).catch(String); // a text is no list of values
  waiting.push(taken);
  leaving.abort();
  await Promise.all(waiting);
  never.open();
  await waitFor(() => router.status().unfinishedBytes === 0);
});
