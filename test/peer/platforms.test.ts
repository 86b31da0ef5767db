/** The client as a bundle, on a platform that has little more than ES2022: React Native, or a page without a secure context. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { beforeAll, expect, type TestContext, test } from "vitest";
import { createRouter } from "wampact/router";
import { WebSocketServer } from "ws";
import { bundleOf, PlainController, runBundle } from "../support/bundle.js";
import { failureOf } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const CODE =
  'export { connect, WampError } from "wampact/peer"; export { createClient, serve, procedure } from "wampact"; export { msgpack } from "wampact/msgpack";';

let bundle = "";
beforeAll(async () => {
  bundle = await bundleOf(CODE);
});

type Client = typeof import("wampact/peer") & typeof import("wampact") & typeof import("wampact/msgpack");
const loadClient = (given?: object): Client => runBundle<Client>(bundle, given);

async function startServer(t: TestContext): Promise<string> {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  return (await router.listen()).url;
}

test("a client connects, serves, calls, streams and cancels with nothing newer than ES2022", async (t) => {
  const { connect, procedure, serve, createClient } = loadClient();
  const peer = await connect({ url: await startServer(t), realm: REALM });
  t.onTestFinished(() => peer.close());
  const contract = { ticks: procedure("com.example.ticks", {}), echo: procedure("com.example.echo", {}) };
  let interrupted = false;
  await serve(peer, contract, {
    echo: () => {},
    ticks: ({ signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          interrupted = true;
          resolve();
        });
      }),
  });
  const client = createClient(peer, contract);
  expect(await client.echo()).toBeUndefined();
  const call = client.ticks();
  const outcome = call.safe();
  call.cancel("kill");
  expect((await outcome).ok).toBe(true); // "kill" waits for the handler, which ends in its own way
  expect(interrupted).toBe(true);
});

test.for<[string, object, string]>([
  [
    "a page, with its origin",
    { location: { origin: "https://shop.example" } },
    "; check that the router's `origins` include this page's origin (https://shop.example)",
  ],
  ["another platform", {}, ""],
])("a connection that is refused is told so to %s", async ([, given, hint]) => {
  const { connect } = loadClient(given);
  const url = "ws://127.0.0.1:1/ws";
  const failure = (await failureOf(connect({ url, realm: REALM, reconnect: false }))) as Error;
  expect(failure.message).toBe(`cannot connect to ${url}: refused or unreachable${hint}`);
});

test.for(["rs://127.0.0.1:1", "unix:/tmp/router.sock"])("a RawSocket, such as %s, is refused in words", async (url) => {
  const { connect } = loadClient();
  expect(await failureOf(connect({ url, realm: REALM }))).toMatchObject({
    name: "TypeError",
    message: `connect.url: expected a ws: or wss: URL such as "ws://127.0.0.1:8080/ws", or a list of them (rs: needs Node), got "${url}"`,
  });
});

test("MessagePack says that it needs a TextDecoder, which JSON does not", async (t) => {
  const options = { url: await startServer(t), realm: REALM, reconnect: false } as const;
  const told: unknown[] = [];
  const { connect, msgpack } = loadClient();
  const failure = await failureOf(
    connect({ ...options, serializers: [msgpack()], onError: (error) => told.push(error) }),
  );
  expect([failure, ...told].map(String).join()).toContain("this platform has no TextDecoder: load a polyfill");
  const whole = loadClient({ TextDecoder });
  const peer = await whole.connect({ ...options, serializers: [whole.msgpack()] });
  await peer.close();
});

test("connect is given up by a signal without a reason", async () => {
  const { connect } = loadClient();
  const controller = new PlainController();
  const connecting = connect({
    url: "ws://127.0.0.1:1/ws",
    realm: REALM,
    signal: controller.signal as unknown as AbortSignal,
    onError: () => controller.abort(),
  });
  expect(await failureOf(connecting)).toMatchObject({ uri: "wamp.error.canceled" });
});

test.for<[string, object, string]>([
  [
    "an unknown option",
    { reconect: false },
    "reconect: unknown option; expected one of url, transports, transport, realm, ",
  ],
  ["a value that cannot be", { connectTimeoutMs: -1 }, "connectTimeoutMs: expected a positive number, got -1"],
  ["headers, which no browser sends", { headers: { a: "b" } }, "headers: this platform's WebSocket cannot send"],
])("connect refuses %s", async ([, options, words]) => {
  const { connect } = loadClient();
  const given = { url: "ws://127.0.0.1:1/ws", realm: REALM, reconnect: { attempts: 1 }, onError: () => {}, ...options };
  expect(await failureOf(connect(given))).toMatchObject({ name: "TypeError", message: expect.stringContaining(words) });
});

test("requests that the router would end the session for are refused before they are sent", async (t) => {
  const { connect } = loadClient();
  const peer = await connect({ url: await startServer(t), realm: REALM });
  t.onTestFinished(() => peer.close());
  const untyped = peer as unknown as Record<"call" | "publish" | "register", (...given: unknown[]) => Promise<unknown>>;
  const refused: [() => Promise<unknown>, string][] = [
    [async () => untyped.call("com.example.a", [], {}, { timeout: 1 }), "timeout: unknown option; expected one of"],
    [
      async () => untyped.call("com.example.a", [], {}, { timeoutMs: -5 }),
      "timeoutMs: expected a non-negative integer",
    ],
    [async () => untyped.call("com.example.a", [() => {}]), "args[0]: a function cannot be serialized"],
    [async () => untyped.call(5), "procedure: expected a URI"],
    [() => untyped.publish("com.example.a", [], {}, { eligible: ["a"] }), "eligible: expected a list of session IDs"],
    [() => untyped.register("com.example.a", 5), "handler: expected a function, got an integer"],
  ];
  for (const [ask, words] of refused) {
    expect(await failureOf(ask())).toMatchObject({ name: "TypeError", message: expect.stringContaining(words) });
  }
  expect(peer.state).toBe("ready");
});

test("a bundle leaves a contract's URI to the router, and checks the parameters it is filled with", async (t) => {
  const { connect, createClient, procedure } = loadClient();
  const peer = await connect({ url: await startServer(t), realm: REALM });
  t.onTestFinished(() => peer.close());
  const client = createClient(peer, {
    blank: procedure("com.example.a b", {}),
    of: procedure("com.example.{id}", {}),
  });
  expect(await failureOf(client.blank())).toMatchObject({ uri: "wamp.error.invalid_uri" });
  expect(await failureOf(client.of({ id: "a.b" }))).toMatchObject({ uri: "wamp.error.invalid_argument" });
  expect(await failureOf(client.of({ id: "a" }))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
});

test("createClient and serve refuse unknown options", async (t) => {
  const { connect, createClient, serve } = loadClient();
  const peer = await connect({ url: await startServer(t), realm: REALM });
  t.onTestFinished(() => peer.close());
  const misspelt = { timeoutMS: 5 } as object;
  expect(() => createClient(peer, {}, misspelt)).toThrow("timeoutMS: unknown option; expected one of timeoutMs, ");
  expect(await failureOf(serve(peer, {}, {}, misspelt))).toMatchObject({
    message: expect.stringContaining("timeoutMS: unknown option; expected one of pick, "),
  });
});

test.for<[what: string, spoilt: string | Buffer, words: string]>([
  ["a batch without an end", "[36,1,2,{}]", "malformed batch: no record separator (0x1E) follows its last message"],
  ["a batch with an empty message", "[36,1,2,{}]\x1e\x1e", "malformed batch: one of its messages is empty"],
  ["an empty batch", "", "malformed batch: one of its messages is empty"],
  ["a binary frame", Buffer.from([1]), "wamp.2.json.batched uses text frames, got a binary frame"],
])("a router that sends %s is left, and the reason is told", async ([, spoilt, words], t) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "wamp.2.json.batched" });
  server.on("connection", (socket) => {
    socket.once("message", () => {
      socket.send('[2,1,{"roles":{"broker":{},"dealer":{}}}]\x1e');
      socket.send(spoilt);
    });
  });
  await once(server, "listening");
  t.onTestFinished(() => void server.close());
  const { connect } = loadClient();
  const told: unknown[] = [];
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const onError = (error: unknown) => void told.push(error);
  const connecting = connect({ url, realm: REALM, reconnect: false, onError });
  const outcome = failureOf(connecting.then((peer) => peer.call("com.example.a")));
  expect(await outcome).toMatchObject({ uri: "wampact.error.disconnected" });
  expect(String(told[0])).toContain(words);
});

test("a router that agrees to none of the sub-protocols is refused", async () => {
  class Agreeing extends EventTarget {
    readonly protocol = "wamp.2.cbor";
    constructor() {
      super();
      queueMicrotask(() => this.dispatchEvent(new Event("open")));
    }
    close(): void {}
  }
  const { connect } = loadClient({ WebSocket: Agreeing });
  const url = "ws://127.0.0.1:1/ws";
  const failure = (await failureOf(connect({ url, realm: REALM, reconnect: false }))) as Error;
  expect(failure.message).toBe(
    `cannot connect to ${url}: the router agreed to the sub-protocol "wamp.2.cbor"; expected wamp.2.json, wamp.2.json.batched`,
  );
});

/** A platform's WebSocket whose router a test plays. */
class PlayedSocket extends EventTarget {
  static readonly all: PlayedSocket[] = [];
  readonly protocol = "wamp.2.json";
  readonly bufferedAmount = 0;
  readyState = 1;
  constructor() {
    super();
    PlayedSocket.all.push(this);
    queueMicrotask(() => this.dispatchEvent(new Event("open")));
  }
  send(data: string): void {
    if (data.startsWith("[1,")) this.receive('[2,1,{"roles":{"broker":{},"dealer":{}}}]');
  }
  receive(data: string): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
  close(): void {
    this.readyState = 2;
  }
}

test("messages that a platform delivers after the end of a session are no violation", async () => {
  const { connect } = loadClient({ WebSocket: PlayedSocket });
  const told: unknown[] = [];
  const peer = await connect({ url: "ws://127.0.0.1:1/ws", realm: REALM, onError: (error) => void told.push(error) });
  const outcome = failureOf(peer.call("com.example.a"));
  peer.reconnect();
  PlayedSocket.all[0]?.receive("[50,1,{}]");
  expect(await outcome).toMatchObject({ args: ["reconnect was called"] });
  expect(told).toEqual([]);
  await peer.close();
});

test("a WebSocket that reports an error again when it is closed fails its attempt once", async () => {
  class Failing extends EventTarget {
    constructor() {
      super();
      queueMicrotask(() => this.close());
    }
    close(): void {
      this.dispatchEvent(new Event("error"));
    }
  }
  const { connect } = loadClient({ WebSocket: Failing });
  const url = "ws://127.0.0.1:1/ws";
  const failure = (await failureOf(connect({ url, realm: REALM, reconnect: false }))) as Error;
  expect(failure.message).toBe(`cannot connect to ${url}: refused or unreachable`);
});
