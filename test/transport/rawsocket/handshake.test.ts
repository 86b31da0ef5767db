/** The four octets by which a RawSocket opens, and what a router makes of others. */
import { once } from "node:events";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { type RawSocketOptions, rawSocket } from "wampact/router";
import { listBytes, SERIALIZERS } from "../../support/frames.js";
import { listenRaw, MESSAGE, NUMBERS, OctetClient, type RawListening, rawFrame } from "../../support/octets.js";
import { skipOnWindows } from "../../support/platform.js";
import { CLIENT_DETAILS, REALM } from "../../support/raw.js";

const LENGTHS = Array.from({ length: 16 }, (_, length) => length);

/** The router takes others, and holds nothing of those that were refused. */
async function stillServes({ router, url }: RawListening): Promise<void> {
  const peer = await connect({ url, realm: REALM, reconnect: false });
  await peer.close();
  await expect.poll(() => router.sessions(REALM)).toEqual([]);
}

test.for(
  SERIALIZERS.flatMap((serializer) => LENGTHS.map((length) => ({ serializer, length, id: serializer.id }))),
)("fact 45: a client that asks for $id and receives 2^(9 + $length) bytes is answered with the same serializer and the router's own length", async ({
  serializer,
  length,
}, t) => {
  const { port } = await listenRaw(t, { maxMessageBytes: 65_536 });
  const client = OctetClient.open(t, port, serializer);
  client.open(length);
  expect([...(await client.octets(4))]).toEqual([0x7f, 0x70 | NUMBERS[serializer.id], 0, 0]);
  client.hello();
  const { details } = await client.receive("WELCOME"); // which fits into whatever the client receives
  expect(Object.keys(details.roles as object)).toEqual(["broker", "dealer"]);
});

test.for([
  [512, 0x0],
  [1_023, 0x0],
  [1_024, 0x1],
  [1_000_000, 0xa],
  [2 ** 24, 0xf],
] as const)("a router that takes %d bytes announces the largest power of two within it", async ([
  maxMessageBytes,
  length,
], t) => {
  const { port } = await listenRaw(t, { maxMessageBytes });
  const client = OctetClient.open(t, port);
  client.open();
  expect([...(await client.octets(4))]).toEqual([0x7f, (length << 4) | 1, 0, 0]);
});

const REFUSALS: readonly (readonly [string, readonly number[], number, string])[] = [
  ...[0, 4, 5, 9, 15].map(
    (number) =>
      [
        `the serializer ${number}`,
        [0x7f, 0xf0 | number, 0, 0],
        1,
        `it requests serializer ${number}; supported are 1 (json), 2 (msgpack), 3 (cbor)`,
      ] as const,
  ),
  [
    "a length below what the router asks for",
    [0x7f, 0x01, 0, 0],
    2,
    "it accepts messages of at most 512 bytes; the minimum is 1024",
  ],
  ["reserved bits in the third octet", [0x7f, 0xf1, 1, 0], 3, "its handshake uses reserved bits"],
  ["reserved bits in the fourth octet", [0x7f, 0xf1, 0, 0x80], 3, "its handshake uses reserved bits"],
];
test.for(REFUSALS)("fact 45: %s is refused by an error in the answer, and ends that connection only", async ([
  ,
  octets,
  code,
  why,
], t) => {
  const listening = await listenRaw(t, { minClientMessageBytes: 1_024 });
  const client = OctetClient.open(t, listening.port);
  client.write(octets);
  expect([...(await client.rest())]).toEqual([0x7f, code << 4, 0, 0]);
  expect(listening.refused).toEqual([why]);
  await stillServes(listening);
});

test("fact 45: a connection beyond `maxConnections` is refused with error 4, until one is gone", async (t) => {
  const { port, refused } = await listenRaw(t, { maxConnections: 2 });
  const first = await OctetClient.join(t, port);
  await OctetClient.accepted(t, port); // before HELLO it counts, too
  const third = OctetClient.open(t, port);
  third.open();
  expect([...(await third.rest())]).toEqual([0x7f, 0x40, 0, 0]);
  expect(refused).toEqual(["the limit of 2 connections is reached"]);
  first.socket.destroy();
  await expect
    .poll(async () => {
      const client = OctetClient.open(t, port);
      client.open();
      return (await client.octets(4))[1];
    })
    .toBe(0xf1);
});

test("a router that drains refuses new connections with error 4", async (t) => {
  const { port, router, refused } = await listenRaw(t);
  const callee = await OctetClient.join(t, port);
  callee.send([64, 1, {}, "com.example.slow"]);
  await callee.receive("REGISTERED");
  const caller = await OctetClient.join(t, port);
  caller.send([48, 1, {}, "com.example.slow"]);
  const { request } = await callee.receive("INVOCATION");
  const closed = router.close({ drainMs: 60_000 });
  const late = OctetClient.open(t, port);
  late.open();
  expect([...(await late.rest())]).toEqual([0x7f, 0x40, 0, 0]);
  expect(refused).toEqual(["the router is shutting down"]);
  callee.send([70, request, {}, ["done"]]);
  expect((await caller.receive("RESULT")).payload.args).toEqual(["done"]);
  for (const client of [caller, callee]) {
    expect((await client.receive("GOODBYE")).reason).toBe("wamp.close.system_shutdown");
    client.send([6, {}, "wamp.close.goodbye_and_out"]);
    client.socket.end();
  }
  await closed;
});

test.for([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "0x47"],
  ["TLS", Buffer.from([0x16, 0x03, 0x01]), "0x16"],
  ["a zero", Buffer.from([0]), "0x00"],
] as const)("what begins with %s is no RawSocket: the connection fails at its first octet, without an answer", async ([
  ,
  octets,
  first,
], t) => {
  const listening = await listenRaw(t);
  const client = OctetClient.open(t, listening.port);
  client.write(octets);
  expect([...(await client.rest())]).toEqual([]);
  expect(listening.refused).toEqual([`its first octet is ${first}, but RawSocket starts with 0x7f`]);
  await stillServes(listening);
});

test("a handshake that comes octet by octet is accepted, and so is what follows it in one piece", async (t) => {
  const { port } = await listenRaw(t);
  const slow = OctetClient.open(t, port);
  for (const octet of [0x7f, 0xf1, 0, 0]) {
    slow.write([octet]);
    await new Promise(setImmediate);
  }
  expect([...(await slow.octets(4))]).toEqual([0x7f, 0xf1, 0, 0]);
  const hasty = OctetClient.open(t, port);
  const hello = rawFrame(MESSAGE, listBytes(hasty.serializer, [1, REALM, CLIENT_DETAILS]));
  hasty.write(Buffer.concat([Buffer.from([0x7f, 0xf1, 0, 0]), hello, rawFrame(1, "now")]));
  await hasty.octets(4);
  await hasty.receive("WELCOME");
  expect(await hasty.frame()).toEqual({ first: 2, payload: Buffer.from("now") });
});

/** How far a client came when it fell silent, ended or was reset. */
const HALVES: readonly (readonly [string, readonly number[]])[] = [
  ["nothing", []],
  ["its first octet", [0x7f]],
  ["half a handshake", [0x7f, 0xf1]],
  ["all but one octet", [0x7f, 0xf1, 0]],
];

test.for(HALVES)("a client that has sent %s and falls silent is cut once the time for handshakes is up", async ([
  ,
  octets,
], t) => {
  const { port } = await listenRaw(t, {}, { handshakeTimeoutMs: 100 });
  const client = OctetClient.open(t, port);
  client.write(octets);
  await client.closed();
});

test.for(HALVES)("a client that has sent %s and ends is let go of at once", async ([, octets], t) => {
  const { port } = await listenRaw(t);
  const client = OctetClient.open(t, port);
  client.socket.end(Uint8Array.from(octets));
  await client.closed();
});

test.for(HALVES)("a client that has sent %s and resets its connection harms nothing", async ([, octets], t) => {
  const listening = await listenRaw(t);
  const client = OctetClient.open(t, listening.port);
  await once(client.socket, "connect");
  client.write(octets);
  client.socket.resetAndDestroy();
  await stillServes(listening);
});

test("slow octets do not lengthen the time for the handshake", async (t) => {
  const { port } = await listenRaw(t, {}, { handshakeTimeoutMs: 200 });
  const client = OctetClient.open(t, port);
  client.write([0x7f]);
  const more = setInterval(() => client.socket.writable && client.write([0xf1]), 150); // its third octet comes too late
  t.onTestFinished(() => clearInterval(more));
  await client.closed();
});

test("a client that says no HELLO is told so and cut", async (t) => {
  const { port } = await listenRaw(t, {}, { handshakeTimeoutMs: 100 });
  const client = await OctetClient.accepted(t, port);
  expect((await client.receive("ABORT")).details.message).toBe("no HELLO within 100 ms");
  expect([...(await client.rest())]).toEqual([]);
  await client.closed(); // though it keeps its own side open
});

test("handshakes wait for their turn where many come at once, and are then answered", async (t) => {
  const { port } = await listenRaw(t, {}, { maxHandshakesPerSecond: 20 });
  const clients = Array.from({ length: 30 }, () => OctetClient.open(t, port));
  for (const client of clients) client.open();
  for (const client of clients) expect((await client.octets(4))[1]).toBe(0xf1);
});

async function refusalOf(t: TestContext, answer: readonly number[]): Promise<string> {
  const { createServer } = await import("node:net");
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Uint8Array.from(answer)));
  });
  t.onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const url = `rs://127.0.0.1:${port}`;
  const failed = await connect({ url, realm: REALM, reconnect: false }).catch((error: Error) => error.message);
  return String(failed).replace(url, "URL");
}

test.for([
  [[0x7f, 0x10, 0, 0], "the router refused the connection: serializer unsupported"],
  [[0x7f, 0x20, 0, 0], "the router refused the connection: maximum message length unacceptable"],
  [[0x7f, 0x30, 0, 0], "the router refused the connection: use of reserved bits"],
  [[0x7f, 0x40, 0, 0], "the router refused the connection: maximum connection count reached"],
  [[0x7f, 0x50, 0, 0], "the router refused the connection: error 5"],
  [[0x7f, 0xf2, 0, 0], "the router answered with serializer 2 instead of 1 (json)"],
  [[0x7f, 0xf1, 0, 1], "the router's handshake uses reserved bits"],
  [[0x15, 3, 3, 0], "the port uses TLS; use rss:"],
  [
    [...Buffer.from("HTTP/1.1 400 Bad Request\r\n")],
    "the port uses HTTP; use ws:, or add a rawSocket listener to the router",
  ],
  [[0x80], "the port is not a RawSocket listener: its first octet is 0x80"],
  [[], "the router ended the connection before it answered"],
  [[0x7f, 0xf1], "the router ended the connection before it answered"],
] as const)("our peer says what an answer of %j means: %s", async ([answer, words], t) => {
  expect(await refusalOf(t, answer)).toBe(`cannot connect to URL: ${words}`);
});

test("our peer asks for its next serializer where the router does not have the first", async (t) => {
  const [, msgpack, cbor] = SERIALIZERS as [(typeof SERIALIZERS)[0], (typeof SERIALIZERS)[0], (typeof SERIALIZERS)[0]];
  const { url, refused } = await listenRaw(t, {}, { serializers: [cbor] });
  const peer = await connect({ url, realm: REALM, serializers: [msgpack, cbor], reconnect: false });
  expect(refused).toEqual(["it requests serializer 2; supported are 3 (cbor)"]);
  await peer.close();
});

test("our peer gives an attempt up when the router does not answer, and says so", async (t) => {
  const { createServer } = await import("node:net");
  const server = createServer((socket) => t.onTestFinished(() => void socket.destroy()));
  t.onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `rs://127.0.0.1:${(server.address() as { port: number }).port}`;
  await expect(connect({ url, realm: REALM, reconnect: false, connectTimeoutMs: 50 })).rejects.toThrow(
    `cannot connect to ${url}: no answer within 50 ms`,
  );
});

test.for([
  [{ prt: 1 }, 'rawSocket.prt: unknown option; did you mean "port"?'],
  [{ maxMessageBytes: 511 }, "rawSocket.maxMessageBytes: expected an integer from 512 to 16777216, got 511"],
  [
    { maxMessageBytes: 2 ** 24 + 1 },
    "rawSocket.maxMessageBytes: expected an integer from 512 to 16777216, got 16777217",
  ],
  [{ path: "/tmp/x", port: 1 }, "rawSocket.port: does not apply to a Unix socket (path); remove it"],
  [{ path: "/tmp/x", tls: {} }, "tls.cert: missing"],
  [{ mode: 0o600 }, "rawSocket.mode: applies to Unix sockets only; set path, or remove it"],
  [{ path: "/tmp/x", mode: 0o1000 }, "rawSocket.mode: expected permissions from 0 to 0o777, got 512"],
  [{ path: "" }, "rawSocket.path: it is not a valid path"],
] as const)("rawSocket(%j) is a TypeError: %s", ([options, message]) => {
  expect(() => rawSocket(options as RawSocketOptions)).toThrow(new TypeError(message));
});

test("a path that is too long for a Unix socket is refused", (t) => {
  skipOnWindows(t, "it has no Unix sockets");
  expect(() => rawSocket({ path: `/tmp/${"x".repeat(100)}` })).toThrow(
    new TypeError("rawSocket.path: it has 105 bytes, but the path of a Unix socket is limited to 103"),
  );
});
