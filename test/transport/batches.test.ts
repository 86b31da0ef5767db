/** Batched WebSockets, from outside: bytes of a test's own against a router, and our peer against bytes of a test's own. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { WebSocket, WebSocketServer } from "ws";
import type { Serializer } from "../../src/wire/serializer.js";
import { batchOf, FrameClient, listBytes, listen, SERIALIZERS } from "../support/frames.js";
import { failureOf } from "../support/peers.js";
import { CLIENT_DETAILS, REALM } from "../support/raw.js";

const [JSON_SERIALIZER, MSGPACK, CBOR] = SERIALIZERS as [Serializer, Serializer, Serializer];
const ECHO = "com.example.echo";
const TOPIC = "com.example.topic";
const OCTAL_30 = "\x18";

const joinBatched = (t: TestContext, url: string, serializer: Serializer, details: object = CLIENT_DETAILS) =>
  FrameClient.join(t, url, serializer, { batched: true, details });

test.for([
  [["wamp.2.json", "wamp.2.json.batched"], "wamp.2.json.batched"],
  [["wamp.2.cbor.batched", "wamp.2.cbor", "wamp.2.json"], "wamp.2.json"],
  [["wamp.2.cbor", "wamp.2.msgpack.batched"], "wamp.2.msgpack.batched"],
  [["wamp.2.cbor.batched"], "wamp.2.cbor.batched"],
  [["wamp.2.ubjson.batched", "wamp.2.cbor"], "wamp.2.cbor"],
] as const)("fact 48: of %j the router picks its first serializer, and batches where they are offered: %s", async ([
  offered,
  picked,
], t) => {
  const { url } = await listen(t);
  const ws = new WebSocket(url, [...offered]);
  t.onTestFinished(() => ws.terminate());
  await once(ws, "open");
  expect(ws.protocol).toBe(picked);
});

test.for(
  SERIALIZERS,
)("fact 47: $id: a batch of one is framed too, and what one turn has for one client is one frame", async (serializer, t) => {
  const { url } = await listen(t);
  const client = await joinBatched(t, url, serializer);
  expect(client.frames.map(({ messages }) => messages)).toEqual([1]); // WELCOME
  client.sendBatch(Array.from({ length: 200 }, (_, index) => [32, index + 1, {}, `com.example.t${index}`]));
  for (let index = 1; index <= 200; index++) expect((await client.receive("SUBSCRIBED")).request).toBe(index);
  expect(client.frames.length).toBeLessThan(20); // a turn may be cut short where the machine is slow
});

test.for(
  SERIALIZERS,
)("fact 47: $id: a batch whose frame is cut at any byte is answered as a whole", async (serializer, t) => {
  const { url } = await listen(t);
  const batch = batchOf(serializer, [
    [1, REALM, CLIENT_DETAILS],
    [32, 1, {}, TOPIC],
  ]);
  await Promise.all(
    Array.from({ length: batch.length - 1 }, async (_, index) => {
      const client = await FrameClient.open(t, url, serializer, { batched: true });
      client.ws.send(batch.subarray(0, index + 1), { fin: false, binary: serializer.binary });
      client.ws.send(batch.subarray(index + 1), { fin: true, binary: serializer.binary });
      await client.receive("WELCOME");
      await client.receive("SUBSCRIBED");
      client.ws.close();
    }),
  );
});

test.for(
  SERIALIZERS,
)("fact 47: $id: a batch that ends at any byte before its end is a violation, but for the ends of its messages", async (serializer, t) => {
  const { url } = await listen(t);
  const subscribe = [32, 1, {}, TOPIC];
  const first = batchOf(serializer, [subscribe]).length;
  const batch = batchOf(serializer, [subscribe, [32, 2, {}, TOPIC]]);
  const bystander = await joinBatched(t, url, serializer);
  await Promise.all(
    Array.from({ length: batch.length }, async (_, length) => {
      const client = await joinBatched(t, url, serializer);
      client.sendBytes(batch.subarray(0, length));
      if (length >= first) await client.receive("SUBSCRIBED"); // what was whole before is carried out
      if (length === first) return client.ws.close();
      const { reason, details } = await client.receive("ABORT");
      expect([reason, details.message]).toEqual([
        "wamp.error.protocol_violation",
        expect.stringContaining("malformed batch: "),
      ]);
      await client.end();
    }),
  );
  bystander.sendList([32, 1, {}, TOPIC]);
  await bystander.receive("SUBSCRIBED");
});

const JSON_SUBSCRIBE = `[32,1,{},"${TOPIC}"]`;
const BINARY_SUBSCRIBE = listBytes(MSGPACK, [32, 1, {}, TOPIC]);
const lengthOf = (length: number) => Buffer.of(length >>> 24, length >>> 16, length >>> 8, length);

test.for<[what: string, serializer: Serializer, bytes: Uint8Array, message: string, before?: "after a message"]>([
  ["no message", JSON_SERIALIZER, Buffer.alloc(0), "it contains no message"],
  ["no message", MSGPACK, Buffer.alloc(0), "it contains no message"],
  [
    "no record separator",
    JSON_SERIALIZER,
    Buffer.from(JSON_SUBSCRIBE),
    "its last message is truncated, or no record separator (0x1E) follows it",
  ],
  ["an empty message", JSON_SERIALIZER, Buffer.of(0x1e), "one of its messages is empty"],
  [
    "an empty message behind another",
    JSON_SERIALIZER,
    Buffer.from(`${JSON_SUBSCRIBE}\x1e\x1e`),
    "one of its messages is empty",
    "after a message",
  ],
  ["an empty message", MSGPACK, Buffer.alloc(4), "one of its messages is empty"],
  [
    "a length beyond the frame",
    MSGPACK,
    Buffer.concat([lengthOf(BINARY_SUBSCRIBE.length + 1), BINARY_SUBSCRIBE]),
    "a message of ",
  ],
  [
    "a length of 2^32 - 1",
    MSGPACK,
    Buffer.concat([lengthOf(0xffff_ffff), BINARY_SUBSCRIBE]),
    "a message of 4294967295 bytes is announced",
  ],
  [
    "half a length",
    MSGPACK,
    Buffer.concat([lengthOf(BINARY_SUBSCRIBE.length), BINARY_SUBSCRIBE, Buffer.of(0, 0)]),
    "it ends within the length of a message",
    "after a message",
  ],
])("fact 47: a batch with %s ends that connection only", async ([, serializer, bytes, message, before], t) => {
  const { url } = await listen(t);
  const bystander = await FrameClient.join(t, url, serializer);
  const client = await joinBatched(t, url, serializer);
  client.sendBytes(bytes);
  if (before) await client.receive("SUBSCRIBED");
  const { reason, details } = await client.receive("ABORT");
  expect([reason, details.message]).toEqual([
    "wamp.error.protocol_violation",
    expect.stringContaining(`malformed batch: ${message}`),
  ]);
  await client.end();
  bystander.sendList([32, 1, {}, TOPIC]);
  await bystander.receive("SUBSCRIBED");
});

test.for(
  SERIALIZERS,
)("$id: a malformed message in a batch is a violation, and those behind it are not carried out", async (serializer, t) => {
  const { url, router } = await listen(t);
  const client = await joinBatched(t, url, serializer);
  client.sendBatch([
    [32, 1, {}, TOPIC],
    [32, "two", {}, TOPIC],
    [64, 2, {}, ECHO],
  ]);
  await client.receive("SUBSCRIBED");
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  await client.end();
  expect(router.stats(REALM).registrations).toBe(0);
});

test("a frame of the wrong kind under wamp.2.json.batched is answered by ABORT that says so", async (t) => {
  const { url } = await listen(t);
  const client = await joinBatched(t, url, JSON_SERIALIZER);
  client.sendBytes(batchOf(JSON_SERIALIZER, [[32, 1, {}, TOPIC]]), true);
  expect((await client.receive("ABORT")).details.message).toBe(
    "wamp.2.json.batched uses text frames, got a binary frame",
  );
  await client.end();
});

test("autobahn-python and Crossbar.io end JSON messages with 0x18: they are answered in kind", async (t) => {
  const { url } = await listen(t);
  const ws = new WebSocket(url, ["wamp.2.json.batched"]);
  t.onTestFinished(() => ws.terminate());
  await once(ws, "open");
  ws.send(
    batchOf(
      JSON_SERIALIZER,
      [
        [1, REALM, CLIENT_DETAILS],
        [32, 1, {}, TOPIC],
      ],
      0x18,
    ),
    { binary: false },
  );
  const [data] = await once(ws, "message");
  const messages = String(data).split(OCTAL_30);
  if (messages.length === 2) messages.push(...String((await once(ws, "message"))[0]).split(OCTAL_30));
  expect(messages.filter((message) => message !== "").map((message) => JSON.parse(message)[0])).toEqual([2, 33]);
  expect(messages.at(-1)).toBe("");
});

test.for(
  SERIALIZERS,
)("$id: no frame is larger than what a client announces to take, and no message is lost", async (serializer, t) => {
  const { url } = await listen(t);
  const client = await joinBatched(t, url, serializer, { ...CLIENT_DETAILS, _max_message_bytes: 1_000 });
  client.sendList([32, 1, {}, TOPIC]);
  await client.receive("SUBSCRIBED");
  const publisher = await joinBatched(t, url, serializer);
  publisher.sendBatch(
    Array.from({ length: 500 }, (_, index) => [16, index + 1, {}, TOPIC, [index, "x".repeat(index % 300)]]),
  );
  for (let index = 0; index < 500; index++) expect((await client.receive("EVENT")).payload.args[0]).toBe(index);
  expect(Math.max(...client.frames.slice(1).map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_000);
  expect(client.frames.length).toBeLessThan(250);
});

test("fact 60: a batch larger than maxMessageBytes is answered by ABORT wamp.error.payload_size_exceeded", async (t) => {
  const { url } = await listen(t, { maxMessageBytes: 1_000 });
  const client = await joinBatched(t, url, JSON_SERIALIZER);
  client.sendBatch(Array.from({ length: 100 }, (_, index) => [32, index + 1, {}, TOPIC]));
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.payload_size_exceeded");
  expect((await client.end()).code).toBe(1009);
});

test.for(SERIALIZERS)("$id: a peer's batches stay below what the router takes", async (serializer, t) => {
  const { url } = await listen(t, { maxMessageBytes: 2_000 });
  const peer = await connect({ url, realm: REALM, serializers: [serializer], reconnect: false });
  t.onTestFinished(() => peer.close());
  await peer.register(ECHO, ({ args }) => args[0]);
  const calls = Array.from({ length: 200 }, (_, index) => peer.call(ECHO, [index, "é".repeat(4 * index)]));
  expect((await Promise.all(calls)).map(({ args }) => args[0])).toEqual(calls.map((_, index) => index));
});

test.for([
  JSON_SERIALIZER,
  MSGPACK,
])("$id: a client that does not read for a while gets all events in order, and in few frames", async (serializer, t) => {
  const { url } = await listen(t);
  const slow = await joinBatched(t, url, serializer);
  slow.sendList([32, 1, {}, TOPIC]);
  await slow.receive("SUBSCRIBED");
  slow.ws.pause();
  const publisher = await FrameClient.join(t, url, serializer);
  const text = "x".repeat(50);
  const large = "y".repeat(2_000);
  const count = 40_000;
  for (let index = 0; index < count; index++)
    publisher.sendList([16, index + 1, {}, TOPIC, [index, index % 1_000 === 0 ? large : text]]);
  publisher.sendList([16, count + 1, { acknowledge: true }, TOPIC, [count]]);
  await publisher.receive("PUBLISHED");
  slow.ws.resume();
  for (let index = 0; index <= count; index++) expect((await slow.receive("EVENT")).payload.args[0]).toBe(index);
  expect(slow.frames.length).toBeLessThan(count / 20);
});

test("a batch of 100,000 calls is carried out whole, and others are answered meanwhile", async (t) => {
  const serializer = MSGPACK;
  const { url } = await listen(t);
  const caller = await joinBatched(t, url, serializer);
  const bystander = await FrameClient.join(t, url, serializer);
  const count = 100_000;
  caller.sendBatch(Array.from({ length: count }, (_, index) => [48, index + 1, {}, "wamp.session.count"]));
  let answered = 0;
  const all = (async () => {
    for (; answered < count; answered++) expect((await caller.receive("RESULT")).request).toBe(answered + 1);
  })();
  await new Promise<void>((resolve) => caller.ws.once("message", () => resolve()));
  let between = 0;
  for (let request = 1; answered < count; request++) {
    bystander.sendList([48, request, {}, "wamp.session.count"]);
    await bystander.receive("RESULT");
    if (answered < count) between++;
  }
  await all;
  expect(between).toBeGreaterThan(3);
});

test("a batch that waits because its caller is paused is passed on once the callee reads", async (t) => {
  const { url } = await listen(t, { maxUnsentBytes: 1024 * 1024 });
  const callee = await FrameClient.join(t, url, JSON_SERIALIZER);
  callee.sendList([64, 1, {}, ECHO]);
  await callee.receive("REGISTERED");
  callee.ws.pause();
  const caller = await joinBatched(t, url, JSON_SERIALIZER);
  const count = 300;
  caller.sendBatch(Array.from({ length: count }, (_, index) => [48, index + 1, {}, ECHO, ["x".repeat(4_000)]]));
  callee.ws.resume();
  for (let index = 0; index < count; index++) {
    const { request } = await callee.receive("INVOCATION");
    callee.sendList([70, request, {}, [index]]);
  }
  for (let index = 0; index < count; index++) expect((await caller.receive("RESULT")).payload.args).toEqual([index]);
});

test.for(
  SERIALIZERS,
)("$id: with permessage-deflate the events of a turn are one compressed message", async (serializer, t) => {
  const { url } = await listen(t, { perMessageDeflate: true });
  const client = await joinBatched(t, url, serializer);
  expect(client.ws.extensions).toBe("permessage-deflate");
  client.sendList([32, 1, {}, TOPIC]);
  await client.receive("SUBSCRIBED");
  const before = client.frames.length;
  client.sendBatch(Array.from({ length: 300 }, (_, index) => [16, index + 2, { exclude_me: false }, TOPIC, [index]]));
  for (let index = 0; index < 300; index++) expect((await client.receive("EVENT")).payload.args).toEqual([index]);
  expect(client.frames.length - before).toBeLessThan(3);
});

/** A router of a test's own that answers HELLO with WELCOME, and with what the test says besides. */
async function startSpoiling(t: TestContext, serializer: Serializer, spoilt: Uint8Array): Promise<string> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    handleProtocols: () => `wamp.2.${serializer.id}.batched`,
  });
  server.on("connection", (socket) => {
    socket.once("message", () => {
      socket.send(batchOf(serializer, [[2, 1, { roles: { broker: {}, dealer: {} } }]]), { binary: serializer.binary });
      socket.send(spoilt, { binary: serializer.binary });
    });
  });
  await once(server, "listening");
  t.onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.for<[what: string, serializer: Serializer, bytes: Uint8Array]>([
  ["no record separator", JSON_SERIALIZER, Buffer.from("[36,1,2,{}]")],
  ["no message", JSON_SERIALIZER, Buffer.alloc(0)],
  ["a length beyond the frame", MSGPACK, lengthOf(5)],
])("a peer leaves a router whose batch has %s, and says why", async ([, serializer, bytes], t) => {
  const url = await startSpoiling(t, serializer, bytes);
  const faults: unknown[] = [];
  const outcome = await failureOf(
    (async () => {
      const peer = await connect({
        url,
        realm: REALM,
        serializers: [serializer],
        reconnect: false,
        onError: (error) => void faults.push(error),
      });
      await peer.call(ECHO);
    })(),
  );
  expect(outcome).toMatchObject({ uri: "wampact.error.disconnected" });
  expect(String(faults[0])).toContain("malformed batch: ");
});

const ALONE = { ...CBOR, batches: undefined }; // as a serializer of a user's own may be
test.for<[boolean | undefined, readonly string[], Serializer?]>([
  [undefined, ["wamp.2.json", "wamp.2.cbor", "wamp.2.json.batched", "wamp.2.cbor.batched"]],
  [true, ["wamp.2.json", "wamp.2.cbor", "wamp.2.json.batched", "wamp.2.cbor.batched"]],
  [false, ["wamp.2.json", "wamp.2.cbor"]],
  [true, ["wamp.2.json", "wamp.2.cbor", "wamp.2.json.batched"], ALONE as unknown as Serializer],
])("a peer whose batches are %s offers %j", async ([batches, protocols, second = CBOR], t) => {
  const offered = new Promise<readonly string[]>((resolve) => {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      handleProtocols(all) {
        resolve([...all]);
        return false;
      },
    });
    t.onTestFinished(() => server.close());
    server.once("listening", () => {
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const serializers = [JSON_SERIALIZER, second];
      connect({ url, realm: REALM, serializers, reconnect: false, ...(batches !== undefined && { batches }) }).catch(
        () => {},
      );
    });
  });
  expect(await offered).toEqual(protocols);
});
