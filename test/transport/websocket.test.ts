import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import { WebSocket } from "ws";
import { FrameClient, listen, SERIALIZERS } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const [JSON_SERIALIZER, MSGPACK, CBOR] = SERIALIZERS as [
  (typeof SERIALIZERS)[0],
  (typeof SERIALIZERS)[0],
  (typeof SERIALIZERS)[0],
];

/** The response to an HTTP request, as text. */
async function rawRequest(port: number, request: string): Promise<string> {
  const socket = connectTcp(port, "127.0.0.1");
  socket.write(request.replaceAll("\n", "\r\n"));
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes("101 Switching")) break;
  }
  return text;
}

const UPGRADE = (path: string, protocol: string) =>
  `GET ${path} HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n${protocol && `Sec-WebSocket-Protocol: ${protocol}\n`}\n`;

test.for([
  ["wamp.2.cbor,wamp.2.msgpack", "wamp.2.msgpack"],
  ["wamp.2.cbor, wamp.2.json", "wamp.2.json"],
  ["  wamp.2.cbor  , soap", "wamp.2.cbor"],
] as const)("fact 48: of the sub-protocols %j the router picks by its own preference: %s", async ([
  offered,
  picked,
], t) => {
  const { port } = await listen(t);
  expect(await rawRequest(port, UPGRADE("/ws", offered))).toContain(`Sec-WebSocket-Protocol: ${picked}\r\n`);
});

test.for([
  "soap",
  "",
  "wamp.2.xml, mqtt",
])("fact 48: without a common sub-protocol (%j) the handshake fails in words", async (offered, t) => {
  const { port } = await listen(t);
  const answer = await rawRequest(port, UPGRADE("/ws", offered));
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain(
    "No supported subprotocol is offered; offer one of wamp.2.json, wamp.2.msgpack, wamp.2.cbor.",
  );
});

test.for(
  SERIALIZERS,
)("fact 48: a frame of the wrong kind under $id is answered by ABORT, then the socket is closed", async (serializer, t) => {
  const { url } = await listen(t);
  const client = await FrameClient.join(t, url, serializer);
  client.sendBytes(new TextEncoder().encode("[]"), !serializer.binary);
  const abort = await client.receive("ABORT");
  const [wanted, got] = serializer.binary ? ["binary", "text"] : ["text", "binary"];
  expect(abort.details.message).toBe(`wamp.2.${serializer.id} uses ${wanted} frames, got a ${got} frame`);
  await client.end();
});

test("another path is answered 404, and a plain request 426, both in words", async (t) => {
  const { port } = await listen(t);
  expect(await rawRequest(port, UPGRADE("/other", "wamp.2.json"))).toMatch(/^HTTP\/1\.1 404 [\s\S]*connect to \/ws/);
  expect(await rawRequest(port, "GET / HTTP/1.1\nHost: localhost\nConnection: close\n\n")).toMatch(
    /^HTTP\/1\.1 426 [\s\S]*This is a WAMP router/,
  );
});

test("a listener may have several paths: its URL names the first, and a refusal all", async (t) => {
  const { url, port } = await listen(t, { path: ["/ws", "/"] });
  expect(url).toBe(`ws://127.0.0.1:${port}/ws`);
  for (const path of ["/ws", "/", "/?token=1"]) {
    const peer = await connect({ url: `ws://127.0.0.1:${port}${path}`, realm: REALM, reconnect: false });
    await peer.close();
  }
  expect(await rawRequest(port, UPGRADE("/ws/", "wamp.2.json"))).toMatch(
    /^HTTP\/1\.1 404 [\s\S]*connect to \/ws or \/\./,
  );
});

test("attached to an application's server it leaves other paths alone, and the server open", async (t) => {
  const server = createServer((_request, response) => response.end("the application's own"));
  server.on("upgrade", (request, socket) => {
    if (request.url === "/mine") socket.end("HTTP/1.1 418 Teapot\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => void server.close());
  const { router, port } = await listen(t, { server, path: "/wamp" });
  expect(port).toBe((server.address() as AddressInfo).port);
  const peer = await connect({ url: `ws://127.0.0.1:${port}/wamp`, realm: REALM });
  expect(peer.state).toBe("ready");
  expect(await rawRequest(port, UPGRADE("/mine", "wamp.2.json"))).toMatch(/^HTTP\/1\.1 418 /);
  await peer.close();
  await router.close();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("the application's own");
});

test("a port that is taken is said so, with what to do", async (t) => {
  const { port, router } = await listen(t);
  await expect(router.listen({ port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port}: the port is in use; stop the process that uses it or choose another port`,
  );
});

test("closing one of two listeners keeps the other", async (t) => {
  const { router, url } = await listen(t);
  const second = await router.listen();
  const peer = await connect({ url: second.url, realm: REALM, reconnect: false });
  await second.close();
  expect(peer.state).toBe("closed");
  const other = await connect({ url, realm: REALM });
  await other.close();
});

test("fact 60: a message larger than maxMessageBytes is answered by ABORT wamp.error.payload_size_exceeded, and closes with 1009", async (t) => {
  const { url } = await listen(t, { maxMessageBytes: 1_000 });
  const client = await FrameClient.join(t, url, JSON_SERIALIZER);
  client.sendList([16, 1, {}, "com.example.topic", ["x".repeat(2_000)]]);
  const { reason, details } = await client.receive("ABORT");
  expect([reason, details.message]).toEqual([
    "wamp.error.payload_size_exceeded",
    "a message is larger than this side accepts",
  ]);
  expect((await client.end()).code).toBe(1009);
});

test("a text frame that is not UTF-8 is answered by ABORT that says so, and closes with 1007", async (t) => {
  const { url } = await listen(t);
  const client = await FrameClient.join(t, url, JSON_SERIALIZER);
  client.sendBytes(Uint8Array.from([0x5b, 0xff, 0xfe, 0x5d]));
  expect((await client.receive("ABORT")).details.message).toBe("a text frame is not valid UTF-8");
  expect((await client.end()).code).toBe(1007);
});

test("a frame without a mask is answered by ABORT, and closes", async (t) => {
  const { port } = await listen(t);
  const socket = connectTcp(port, "127.0.0.1");
  t.onTestFinished(() => void socket.destroy());
  socket.write(UPGRADE("/ws", "wamp.2.json").replaceAll("\n", "\r\n"));
  await once(socket, "data");
  socket.write(Uint8Array.from([0x81, 0x02, 0x5b, 0x5d]));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) received = Buffer.concat([received, chunk as Buffer]);
  expect(received.toString("latin1")).toContain("malformed WebSocket frame");
});

test("a message in several frames, however they are cut, is one message", async (t) => {
  const { url } = await listen(t);
  const client = await FrameClient.open(t, url, JSON_SERIALIZER);
  const text = JSON.stringify([1, REALM, { roles: { caller: {} }, agent: "ünïcödé" }]);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 7) {
    client.ws.send(bytes.subarray(at, at + 7), { fin: at + 7 >= bytes.length, binary: false });
  }
  await client.receive("WELCOME");
});

test("a peer that does not answer pings is cut, and what it held is free again", async (t) => {
  const { url, router } = await listen(t, { pingIntervalMs: 30 });
  const dead = await FrameClient.join(t, url, JSON_SERIALIZER);
  dead.sendList([64, 1, {}, "com.example.mine"]);
  await dead.receive("REGISTERED");
  dead.ws.pause();
  const alive = await connect({ url, realm: REALM, pingIntervalMs: 10 });
  t.onTestFinished(() => alive.close());
  await expect.poll(() => router.sessions(REALM).length).toBe(1);
  await alive.register("com.example.mine", () => {});
});

test("a subscriber that does not read is cut, and the others get everything", async (t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 256 * 1024 });
  const slow = await FrameClient.join(t, url, JSON_SERIALIZER);
  slow.sendList([32, 1, {}, "com.example.topic"]);
  await slow.receive("SUBSCRIBED");
  slow.ws.pause();
  const [publisher, reader] = [await connect({ url, realm: REALM }), await connect({ url, realm: REALM })];
  t.onTestFinished(() => publisher.close());
  t.onTestFinished(() => reader.close());
  const seen: unknown[] = [];
  await reader.subscribe("com.example.topic", ({ args }) => void seen.push(args[0]));
  const large = "x".repeat(64 * 1024);
  let sent = 0;
  while (router.sessions(REALM).length === 3 && sent < 2_000) {
    await publisher.publish("com.example.topic", [sent++, large], {}, { acknowledge: true });
  }
  expect(router.sessions(REALM).length).toBe(2);
  await expect.poll(() => seen.length).toBe(sent);
  expect(seen).toEqual(seen.map((_, index) => index));
});

test("all messages of one turn leave in one write", async (t) => {
  const writes: number[] = [];
  const server = createServer();
  server.on("connection", (socket) => {
    const write = socket.write.bind(socket);
    socket.write = ((chunk: Uint8Array, ...rest: []) => {
      writes.push(chunk.length);
      return write(chunk, ...rest);
    }) as typeof socket.write;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => void server.close());
  const { port } = await listen(t, { server });
  const client = await FrameClient.join(t, `ws://127.0.0.1:${port}/ws`, MSGPACK);
  const requests = Array.from({ length: 20 }, (_, index) => index + 1);
  client.ws.once("open", () => {});
  writes.length = 0;
  (client.ws as unknown as { _socket: { cork(): void; uncork(): void } })._socket.cork(); // so that they come in one read
  for (const request of requests) client.sendList([32, request, {}, `com.example.t${request}`]);
  (client.ws as unknown as { _socket: { cork(): void; uncork(): void } })._socket.uncork();
  for (const _ of requests) await client.receive("SUBSCRIBED");
  expect(writes).toHaveLength(1);
});

test.for([
  [false, ""],
  [true, "permessage-deflate"],
] as const)("perMessageDeflate %s: the extension agreed on is %j, and messages pass", async ([
  perMessageDeflate,
  extension,
], t) => {
  const { url } = await listen(t, { perMessageDeflate });
  const client = await FrameClient.join(t, url, CBOR);
  expect(client.ws.extensions).toBe(extension);
  client.sendList([32, 1, {}, "com.example.topic"]);
  await client.receive("SUBSCRIBED");
  client.sendList([16, 2, { exclude_me: false }, "com.example.topic", ["y".repeat(5_000)]]);
  expect((await client.receive("EVENT")).payload.args).toEqual(["y".repeat(5_000)]);
});

test("a request over TLS is served when tls is given", async (t) => {
  const { key, cert } = await import("../support/tls.js");
  const { url } = await listen(t, { tls: { key, cert } });
  expect(url).toMatch(/^wss:/);
  const peer = await connect({ url, realm: REALM, tls: { ca: cert }, reconnect: false });
  await peer.close();
  await expect(connect({ url, realm: REALM, reconnect: false })).rejects.toThrow("self-signed certificate");
});

test("headers reach the server's upgrade request", async (t) => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => void server.close());
  const seen = new Promise<string | undefined>((resolve) => {
    server.on("upgrade", (request) => resolve(request.headers["x-tenant"] as string | undefined));
  });
  const { port } = await listen(t, { server });
  const peer = await connect({ url: `ws://127.0.0.1:${port}/ws`, realm: REALM, headers: { "x-tenant": "blue" } });
  t.onTestFinished(() => peer.close());
  expect(await seen).toBe("blue");
});

test("a socket that is closed before HELLO leaves nothing behind", async (t) => {
  const { url, router } = await listen(t);
  const ws = new WebSocket(url, ["wamp.2.json"]);
  await once(ws, "open");
  ws.close();
  await once(ws, "close");
  await router.close({ drainMs: 60_000 }); // would wait for it, were it still there
});
