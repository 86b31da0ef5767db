import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, type TestContext, test } from "vitest";
import { type ConnectOptions, connect, type Peer } from "wampact/peer";
import { FrameParser } from "../../src/transport/websocket/parser.js";
import { failureOf, Inbox, watchStates } from "../support/peers.js";
import { REALM } from "../support/raw.js";

/** Changes the headers of a valid response, so that a test can spoil one of them. */
type Spoil = (headers: Record<string, string>) => Record<string, string | undefined>;

const accept = (key: string) =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

interface Frame {
  readonly opcode: number;
  readonly data: string;
}

/** A server's bare end of a WebSocket: it writes what a test gives, and shows the frames that come, each of which must be masked. */
class BareServer {
  readonly url: string;
  readonly frames = new Inbox<Frame>();
  readonly socket: Promise<Socket>;
  /** Resolves when the client has ended its side. */
  readonly ended: Promise<unknown>;

  private constructor(url: string, socket: Promise<Socket>) {
    this.url = url;
    this.socket = socket;
    this.ended = socket.then((each) => once(each, "end"));
  }

  static async start(
    t: TestContext,
    spoil: Spoil = (headers) => headers,
    behind: Uint8Array = new Uint8Array(0),
  ): Promise<BareServer> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = once(server, "connection").then(([each]) => each as Socket);
    const bare = new BareServer(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, socket);
    t.onTestFinished(async () => {
      server.close();
      (await socket).destroy();
    });
    void bare.#serve(spoil, behind);
    return bare;
  }

  async write(...bytes: readonly (Uint8Array | string)[]): Promise<void> {
    for (const each of bytes) (await this.socket).write(each);
  }

  async #serve(spoil: Spoil, behind: Uint8Array): Promise<void> {
    const socket = await this.socket;
    socket.on("error", () => {}); // a client that gives up resets it
    const [request] = (await once(socket, "data")) as [Buffer];
    const [, key = ""] = /^sec-websocket-key: (.*)\r$/im.exec(String(request)) ?? [];
    const headers = spoil({
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Accept": accept(key),
      "Sec-WebSocket-Protocol": "wamp.2.json",
    });
    const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`));
    const parser = new FrameParser(
      {
        stopped: false,
        message: (data) => this.frames.push({ opcode: 1, data: String(data) }),
        compressed: () => {},
        unfinished: () => {},
        pinged: (data) => this.frames.push({ opcode: 9, data: String(data) }),
        overhead: () => this.frames.push({ opcode: 10, data: "" }),
        closing: (code, reason) => this.frames.push({ opcode: 8, data: `${code} ${reason}`.trim() }),
        fault: (_code, what) => this.frames.push({ opcode: 0, data: what }),
      },
      { maxMessageBytes: 2 ** 20, compression: false },
    );
    socket.on("data", (chunk: Buffer) => void parser.read(chunk));
    const answer = `HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(answer), behind]));
  }
}

/** An unmasked frame of less than 64 KiB. */
function frame(data: string | Uint8Array, first = 0x81): Buffer {
  const bytes = Buffer.from(data);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.from([first, ...length, ...bytes]);
}

const WELCOME = frame('[2,1,{"roles":{"broker":{},"dealer":{}}}]');

async function joined(
  t: TestContext,
  options: Partial<ConnectOptions> = {},
): Promise<{ readonly server: BareServer; readonly peer: Peer; readonly told: readonly unknown[] }> {
  const server = await BareServer.start(t);
  const told: unknown[] = [];
  const onError = (error: unknown) => void told.push(error);
  const connecting = connect({ url: server.url, realm: REALM, reconnect: false, onError, ...options });
  await server.frames.next(); // HELLO
  await server.write(WELCOME);
  const peer = await connecting;
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  return { server, peer, told };
}

test.for<[string, Spoil, string]>([
  ["another key's answer", (h) => ({ ...h, "Sec-WebSocket-Accept": accept("other") }), "a wrong Sec-WebSocket-Accept"],
  ["no answer to the key", (h) => ({ ...h, "Sec-WebSocket-Accept": undefined }), "a wrong Sec-WebSocket-Accept"],
  ["another protocol", (h) => ({ ...h, Upgrade: "h2c" }), "did not upgrade to WebSocket"],
  [
    "an extension",
    (h) => ({ ...h, "Sec-WebSocket-Extensions": "permessage-deflate" }),
    "an extension that was not offered",
  ],
  ["no sub-protocol", (h) => ({ ...h, "Sec-WebSocket-Protocol": undefined }), "selected no subprotocol; expected"],
  ["another sub-protocol", (h) => ({ ...h, "Sec-WebSocket-Protocol": "mqtt" }), 'selected the subprotocol "mqtt"'],
])("an upgrade that is answered with %s is refused in words", async ([, spoil, words], t) => {
  const server = await BareServer.start(t, spoil);
  const failure = await failureOf(connect({ url: server.url, realm: REALM, reconnect: false }));
  expect(String(failure)).toContain(`cannot connect to ${server.url}: the router `);
  expect(String(failure)).toContain(words);
});

test("a URL with a fragment is refused", async () => {
  const failure = await failureOf(connect({ url: "ws://127.0.0.1:1/ws#there", realm: REALM, reconnect: false }));
  expect(String(failure)).toContain("the URL of a WebSocket must not have a fragment");
});

test("a frame that comes in one piece with the answer to the upgrade is read", async (t) => {
  const server = await BareServer.start(t, undefined, frame('[3,{},"com.example.closed"]'));
  const failure = await failureOf(connect({ url: server.url, realm: REALM, reconnect: false, onError() {} }));
  expect(failure).toMatchObject({ uri: "com.example.closed" });
});

test("messages in several frames, with a ping between, and frames cut at any byte are read in order", async (t) => {
  const { server, peer } = await joined(t);
  const answers: unknown[] = [];
  const calls = ["a", "é", "c"].map((each) =>
    peer.call("com.example.echo", [each]).then(({ args }) => void answers.push(args[0])),
  );
  for (const _ of calls) await server.frames.next();
  const [first, second, third] = ["a", "é", "c"].map((each, index) => Buffer.from(`[50,${index + 1},{},["${each}"]]`));
  if (!first || !second || !third) return expect.unreachable();
  const split = second.indexOf(0xc3) + 1; // within a character
  const stream = Buffer.concat([
    frame(first),
    frame(second.subarray(0, split), 0x01),
    frame("still there?", 0x89),
    frame(second.subarray(split), 0x80),
    frame(third.subarray(0, 3), 0x01),
    frame("", 0x00),
    frame(third.subarray(3), 0x80),
  ]);
  for (const byte of stream) await server.write(Uint8Array.of(byte));
  await Promise.all(calls);
  expect(answers).toEqual(["a", "é", "c"]);
  expect(await server.frames.next()).toEqual({ opcode: 10, data: "" });
});

test.for<[string, Uint8Array, string, string]>([
  [
    "masked",
    Uint8Array.from([0x81, 0x80, 1, 2, 3, 4]),
    "malformed WebSocket frame: a server's frame must not be masked",
    "1002",
  ],
  ["of an unknown kind", frame("", 0x83), "malformed WebSocket frame: unknown opcode 3", "1002"],
  ["compressed", frame("x", 0xc1), "malformed WebSocket frame: a reserved bit is set", "1002"],
  [
    "a long ping",
    frame("x".repeat(126), 0x89),
    "malformed WebSocket frame: a control frame is fragmented or too long",
    "1002",
  ],
  [
    "a continuation of nothing",
    frame("x", 0x80),
    "malformed WebSocket frame: an unexpected or missing continuation frame",
    "1002",
  ],
  ["no UTF-8", frame(Uint8Array.of(0xff)), "a text frame is not valid UTF-8", "1007"],
  ["binary", frame("x", 0x82), "wamp.2.json uses text frames, got a binary frame", "1002"],
  ["too large", frame("x".repeat(2_000)), "a message is larger than this side accepts", "1009"],
])("a frame that is %s is told to the router by ABORT before the close frame, and ends the session", async ([
  ,
  bytes,
  words,
  code,
], t) => {
  const { server, peer, told } = await joined(t, { maxMessageBytes: 1_000 });
  const states = watchStates(peer);
  await server.write(bytes);
  const { data } = await server.frames.next();
  expect(JSON.parse(data)).toMatchObject([3, { message: words }, expect.any(String)]);
  expect((await server.frames.next()).data).toMatch(new RegExp(`^${code}`));
  expect(await states.until("closed")).toContain(words);
  expect(told.map(String)).toEqual([expect.stringContaining(words)]);
});

test("a close frame of the router is answered with its code, and the reason is that of the session's end", async (t) => {
  const { server, peer } = await joined(t);
  const states = watchStates(peer);
  await server.write(frame(Buffer.from("\x03\xe9going down", "latin1"), 0x88));
  expect(await states.until("closed")).toContain("going down");
  expect(await server.frames.next()).toEqual({ opcode: 8, data: "1001" });
  await server.ended;
});

test("a connection that the router ends without a close frame is lost", async (t) => {
  const { server, peer } = await joined(t);
  const states = watchStates(peer);
  (await server.socket).end();
  expect(await states.until("closed")).toContain("closed with code 1006");
});

test("every frame has a masking key of its own", async (t) => {
  const { server, peer } = await joined(t, { batches: false });
  const keys: string[] = [];
  (await server.socket).on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += 6 + ((chunk[at + 1] as number) & 0x7f))
      keys.push(chunk.toString("hex", at + 2, at + 6));
  });
  for (let count = 0; count < 100; count++) void peer.publish("com.example.topic", [count]);
  for (let count = 0; count < 100; count++) await server.frames.next();
  expect(keys).toHaveLength(100);
  expect(new Set(keys).size).toBeGreaterThan(98); // two of a hundred are alike once in a million runs
});
