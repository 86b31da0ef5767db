/** Frames of RawSockets: however they are cut, control frames, and those that no one may send. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import { ChunkReader } from "../../../src/transport/chunk-reader.js";
import { createFrameEncoder, type RawFrameListener, RawFrameParser } from "../../../src/transport/rawsocket/frame.js";
import { Payload } from "../../../src/wire/payload.js";
import { json } from "../../../src/wire/serializers/json.js";
import { SERIALIZERS } from "../../support/frames.js";
import { listenRaw, MESSAGE, OctetClient, PING, PONG, rawFrame } from "../../support/octets.js";
import { CLIENT_DETAILS, REALM } from "../../support/raw.js";

const TOPIC = "com.example.topic";
const TOO_LARGE = "a message is larger than this side accepts";

test.for(
  SERIALIZERS,
)("fact 45: a whole conversation in $id that comes byte by byte is understood", async (serializer, t) => {
  const { port } = await listenRaw(t);
  const client = OctetClient.open(t, port, serializer);
  client.open();
  await client.octets(4);
  const conversation = Buffer.concat([
    client.framed([1, REALM, CLIENT_DETAILS]),
    client.framed([32, 1, {}, TOPIC]),
    rawFrame(PING, "are you there?"),
    client.framed([16, 2, { exclude_me: false }, TOPIC, [[1, "zwei", null]]]),
  ]);
  for (const octet of conversation) {
    client.write([octet]);
    await new Promise(setImmediate);
  }
  await client.receive("WELCOME");
  await client.receive("SUBSCRIBED");
  expect(await client.frame()).toEqual({ first: PONG, payload: Buffer.from("are you there?") });
  expect((await client.receive("EVENT")).payload.args).toEqual([[1, "zwei", null]]);
});

test("frames are read alike wherever they are cut", () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(MESSAGE, PING, PONG), fc.uint8Array({ maxLength: 300 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(([kind, data]) => rawFrame(kind, data)));
      const { parser, seen } = readFrames();
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value as number;
        expect(parser.read(Buffer.from(bytes.subarray(at, at + size)))).toBeUndefined();
        at += size;
      }
      expect(seen).toEqual(sent.map(([kind, data]) => [kind, [...data]]));
    }),
  );
});

function readFrames(maxMessageBytes = 2 ** 24) {
  const seen: unknown[] = [];
  const tell = (kind: number) => (data: Buffer) => void seen.push([kind, [...data]]);
  const listener: RawFrameListener = {
    stopped: false,
    message: tell(MESSAGE),
    unfinished: () => {},
    pinged: tell(PING),
    ponged: tell(PONG),
    fault: (what) => void seen.push(what),
  };
  return { parser: new RawFrameParser(listener, maxMessageBytes), seen };
}

/** A reader of one frame, which keeps the buffer that it was put together in. */
class OneFrame extends ChunkReader {
  protected override readonly stopped: boolean = false;
  readonly #bytes: number;
  whole: Buffer | undefined;

  constructor(bytes: number) {
    super();
    this.#bytes = bytes;
  }

  protected override frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < this.#bytes) return this.wait(at, this.#bytes);
    this.whole = bytes.subarray(at, at + this.#bytes);
    return at + this.#bytes;
  }
}

test("a frame that is announced as large and comes in small pieces takes no more than twice what has come", () => {
  const reader = new OneFrame(2 ** 24);
  const before = process.memoryUsage().arrayBuffers;
  for (let piece = 0; piece < 10_000; piece++) reader.read(Buffer.alloc(8, piece));
  globalThis.gc?.();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 2 ** 20);
  expect(reader.whole).toBeUndefined();
});

test("fact 45: each PING is answered by exactly one PONG with the same payload, in order", async (t) => {
  const { port } = await listenRaw(t);
  const client = await OctetClient.accepted(t, port); // before HELLO, too
  const payloads = ["", "a", "\0\xff".repeat(60), "x".repeat(70_000)].map((text) => Buffer.from(text, "latin1"));
  client.write(Buffer.concat([...payloads.map((payload) => rawFrame(PING, payload)), rawFrame(PONG, "unasked")]));
  client.hello();
  for (const payload of payloads) expect(await client.frame()).toEqual({ first: PONG, payload });
  await client.receive("WELCOME"); // and nothing before it
  client.send([32, 1, {}, TOPIC]);
  await client.receive("SUBSCRIBED");
});

test.for([
  ["a ping", PING],
  ["a message", MESSAGE],
] as const)("fact 45: %s of 2^24 bytes has a length of zero and the bit that says so", async ([what, kind], t) => {
  const { port } = await listenRaw(t);
  const client = await OctetClient.join(t, port);
  const payload = Buffer.alloc(2 ** 24, 0x78);
  if (kind === MESSAGE) payload.write('[16,1,{"acknowledge":true},"com.example.topic",["');
  if (kind === MESSAGE) payload.write('"]]', payload.length - 3);
  client.write(rawFrame(kind | 0x08, payload, 0));
  if (what === "a message") return void (await client.receive("PUBLISHED"));
  const pong = await client.frame();
  expect(pong.first).toBe(PONG | 0x08);
  expect(Buffer.compare(pong.payload, payload)).toBe(0);
});

test("a message of 2^24 bytes is sent with that bit, and one byte less with its length", () => {
  const { frame } = createFrameEncoder(json());
  const headerOf = (bytes: number) => {
    const around = '[16,1,{},"a.b",[""]]'.length;
    const payload = Payload.of(["x".repeat(bytes - around)]);
    const [first] = frame({ type: "PUBLISH", request: 1, options: {}, topic: "a.b", payload });
    return [...(first as Uint8Array).subarray(0, 4)];
  };
  expect(headerOf(2 ** 24)).toEqual([0x08, 0, 0, 0]);
  expect(headerOf(2 ** 24 - 1)).toEqual([0, 0xff, 0xff, 0xff]);
  expect(headerOf(0x010203)).toEqual([0, 1, 2, 3]);
});

const RESERVED = [0x10, 0x20, 0x40, 0x80, 0x81, 3, 4, 5, 6, 7, 0x0b];
test.for([
  ...RESERVED.map(
    (first) =>
      [
        `a first octet of ${first}`,
        rawFrame(first, "x"),
        "protocol_violation",
        `malformed RawSocket frame: reserved bits or a reserved type (${first})`,
      ] as const,
  ),
  [
    "a length with the bit for 2^24 bytes",
    rawFrame(0x08, "x"),
    "protocol_violation",
    "malformed RawSocket frame: a length with the bit for 2^24 bytes",
  ],
  ["one byte too many", rawFrame(MESSAGE, "", 1_025), "payload_size_exceeded", TOO_LARGE],
  ["2^24 bytes where the router takes less", rawFrame(0x08, "", 0), "payload_size_exceeded", TOO_LARGE],
  ["a ping that is too long", rawFrame(PING, "", 65_536), "payload_size_exceeded", TOO_LARGE],
  ["a message that is none", rawFrame(MESSAGE, "[[["), "protocol_violation", undefined],
  ["an empty message", rawFrame(MESSAGE), "protocol_violation", undefined],
] as const)("fact 45: %s is answered by ABORT as soon as its header has come, and ends that connection only", async ([
  ,
  octets,
  reason,
  message,
], t) => {
  const { port, router } = await listenRaw(t, { maxMessageBytes: 1_024 });
  const bystander = await OctetClient.join(t, port);
  const client = await OctetClient.join(t, port);
  client.write(octets);
  const abort = await client.receive("ABORT");
  expect(abort.reason).toBe(`wamp.error.${reason}`);
  if (message) expect(abort.details.message).toBe(message);
  expect([...(await client.rest())]).toEqual([]);
  expect(router.sessions(REALM)).toHaveLength(1);
  bystander.write(rawFrame(PING, "still here"));
  expect((await bystander.frame()).first).toBe(PONG);
});

test("a frame of exactly what the router takes is taken, and one byte more is not", async (t) => {
  const { port } = await listenRaw(t, { maxMessageBytes: 1_024 });
  const around = '[16,1,{"acknowledge":true},"com.example.topic",[""]]'.length;
  for (const [bytes, type] of [
    [1_024, "PUBLISHED"],
    [1_025, "ABORT"],
  ] as const) {
    const client = await OctetClient.join(t, port);
    client.send([16, 1, { acknowledge: true }, TOPIC, ["x".repeat(bytes - around)]]);
    await client.receive(type);
  }
});

test("nothing is sent that is larger than a client receives: an event is dropped and counted, a result refused to its callee's caller", async (t) => {
  const { port, router, url } = await listenRaw(t);
  const small = await OctetClient.join(t, port, json(), 1); // 1,024 bytes
  const ours = await connect({ url, realm: REALM, reconnect: false });
  t.onTestFinished(() => ours.close());
  small.send([32, 1, {}, TOPIC]);
  await small.receive("SUBSCRIBED");
  await ours.publish(TOPIC, ["x".repeat(1_024)], {}, { acknowledge: true });
  await ours.publish(TOPIC, ["short"], {}, { acknowledge: true });
  expect((await small.receive("EVENT")).payload.args).toEqual(["short"]);
  expect(router.totals(REALM).dropped).toBe(1);

  await ours.register("com.example.make", ({ args }) => "x".repeat(args[0] as number));
  for (const [request, bytes] of [
    [2, 500],
    [3, 1_024],
  ] as const)
    small.send([48, request, {}, "com.example.make", [bytes]]);
  expect((await small.receive("RESULT")).payload.args).toEqual(["x".repeat(500)]);
  expect((await small.receive("ERROR")).error).toBe("wamp.error.payload_size_exceeded");

  small.send([64, 4, {}, "com.example.take"]);
  await small.receive("REGISTERED");
  expect(await ours.call("com.example.take", ["x".repeat(1_024)]).safe()).toMatchObject({
    ok: false,
    error: { uri: "wamp.error.payload_size_exceeded" },
  });
  expect(router.totals(REALM).left).toBe(0);
});

test("our peer holds to what a router receives, and a router to what our peer does", async (t) => {
  const { url, router } = await listenRaw(t, { maxMessageBytes: 2_048 });
  const peer = await connect({ url, realm: REALM, maxMessageBytes: 4_000, reconnect: false }); // which is 2,048, too
  t.onTestFinished(() => peer.close());
  const refused = { ok: false, error: { uri: "wamp.error.payload_size_exceeded" } };
  expect(await peer.call("com.example.any", ["x".repeat(2_048)]).safe()).toMatchObject(refused);
  const local = await connect({ transport: router.attach(), realm: REALM });
  t.onTestFinished(() => local.close());
  await local.register("com.example.make", ({ args }) => "x".repeat(args[0] as number));
  expect((await peer.call("com.example.make", [1_900])).args).toEqual(["x".repeat(1_900)]);
  expect(await peer.call("com.example.make", [2_048]).safe()).toMatchObject(refused);
  expect(router.totals(REALM).left).toBe(0);
});

test("a client to which not even WELCOME can be sent is refused, and told why where that fits", async (t) => {
  const { port } = await listenRaw(
    t,
    {},
    {
      realms: [
        {
          name: REALM,
          auth: [
            {
              method: "anonymous",
              begin: () => ({
                type: "accepted",
                principal: { authid: "a", authrole: "user", authprovider: "test", authextra: { x: "x".repeat(600) } },
              }),
            },
          ],
        },
      ],
    },
  );
  const client = await OctetClient.accepted(t, port, json(), 0);
  client.hello();
  const { reason, details } = await client.receive("ABORT");
  expect(reason).toBe("wamp.error.payload_size_exceeded");
  expect(details.message).toMatch(/^WELCOME cannot be sent to this client: the message has \d+ bytes/);
});
