/** WAMP over long-poll: our peers, autobahn-js, and requests that neither would make. */
import { once } from "node:events";
import autobahn from "autobahn";
import { expect, test, vi } from "vitest";
import { cbor } from "wampact/cbor";
import { type LongPollOptions, longPoll as longPollListener } from "wampact/http";
import { longPoll } from "wampact/longpoll";
import { msgpack } from "wampact/msgpack";
import { type ConnectOptions, json, result } from "wampact/peer";
import { createRouter, type RouterConfig, type RouterEvent, type WebSocketOptions } from "wampact/router";
import { ask, rawSocket } from "../support/http.js";
import {
  connectPeer,
  createGate,
  type Finish,
  failureOf,
  Inbox,
  join,
  waitFor,
  watchStates,
} from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { FetchRequest } from "../support/xhr.js";

interface Started {
  readonly lp?: LongPollOptions;
  readonly router?: Partial<RouterConfig>;
  readonly listen?: WebSocketOptions;
}

async function start(t: Finish, { lp, router: config, listen }: Started = {}) {
  const router = createRouter({ realms: [{ name: REALM }], ...config });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen({ http: [longPollListener(lp)], ...listen });
  const url = `http://127.0.0.1:${port}/lp`;
  const peer = (options: Partial<ConnectOptions> = {}) =>
    connectPeer(t, { url, transports: [longPoll()], reconnect: false, ...options });
  return { router, port, url, peer };
}

const SERIALIZERS = { json: json(), msgpack: msgpack(), cbor: cbor() };

for (const batches of [true, false])
  for (const name of ["json", "msgpack", "cbor"] as const)
    test(`our peers call, publish and hear over ${name}${batches ? " in batches" : ""}`, async (t) => {
      const { peer, router } = await start(t);
      const options = { serializers: [SERIALIZERS[name]], batches };
      const [one, other] = [await peer(options), await peer(options)];
      expect(router.sessions(REALM).map(({ details }) => details.transport)).toEqual(["longpoll", "longpoll"]);
      await one.register("com.example.echo", ({ args, kwargs }) => result(args, kwargs));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => other.call("com.example.echo", [at], { ü: "ß" })),
      );
      expect(answers.map(({ args, kwargs }) => [args[0], kwargs.ü])).toEqual(
        Array.from({ length: 20 }, (_, at) => [at, "ß"]),
      );
      const events = new Inbox<unknown>();
      await one.subscribe("com.example.topic", ({ args }) => events.push(args[0]));
      for (let at = 0; at < 50; at++) void other.publish("com.example.topic", [at]);
      for (let at = 0; at < 50; at++) expect(await events.next()).toBe(at);
      await other.close();
      await expect.poll(() => router.sessions(REALM).length).toBe(1);
    });

test("large messages pass, and one that is too large ends its session with words", async (t) => {
  const { peer, router } = await start(t, { listen: { maxMessageBytes: 100_000 } });
  const local = await join(t, router);
  await local.register("com.example.length", ({ args: [text] }) => (text as string).length);
  const one = await peer();
  expect((await one.call("com.example.length", ["x".repeat(90_000)])).args).toEqual([90_000]);
  const error = await failureOf(one.call("com.example.length", ["x".repeat(200_000)]));
  expect(error).toMatchObject({ uri: "wamp.error.payload_size_exceeded" });
});

test("a peer whose WebSocket is refused comes by the second URL", async (t) => {
  const { url, peer, router } = await start(t);
  const refusing = `${url.replace("http", "ws")}-none`;
  const told = vi.fn();
  await peer({ url: [refusing, url], reconnect: { minMs: 1, maxMs: 1 }, onError: told });
  expect(told).toHaveBeenCalled();
  expect(router.sessions(REALM)[0]?.details.transport).toBe("longpoll");
});

test("a lost session is made again, and what it held is restored", async (t) => {
  const { peer, router } = await start(t);
  const one = await peer({ reconnect: { minMs: 1, maxMs: 1 }, onError: () => {} });
  const events = new Inbox<unknown>();
  await one.subscribe("com.example.topic", ({ args }) => events.push(args[0]));
  const states = watchStates(one);
  router.endSession(REALM, one.session?.id as number, "wamp.close.system_shutdown");
  await states.until("ready");
  const local = await join(t, router);
  await local.publish("com.example.topic", ["again"], {}, { acknowledge: true });
  expect(await events.next()).toBe("again");
});

test("nothing is heard for a while: requests are answered empty, and the session stands", async (t) => {
  const { peer, router } = await start(t, { lp: { pollMs: 5, silentMs: 1_000 } });
  const statuses = new Inbox<number>();
  const counting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (String(input).endsWith("/receive")) statuses.push(response.status);
    return response;
  };
  const one = await peer({ transports: [longPoll({ fetch: counting })] });
  const events = new Inbox<unknown>();
  await one.subscribe("com.example.topic", ({ args }) => events.push(args[0]));
  for (let empty = 0; empty < 3; ) empty += (await statuses.next()) === 204 ? 1 : 0;
  const local = await join(t, router);
  await local.publish("com.example.topic", ["heard"]);
  expect(await events.next()).toBe("heard");
});

test("URLs and options that cannot be are refused in words", async (t) => {
  const { url } = await start(t);
  expect(await failureOf(connectPeer(t, { url }))).toMatchObject({
    message: expect.stringContaining("connect.url: expected a ws:"),
  });
  const tls = { url, transports: [longPoll()], tls: { servername: "app.example" }, reconnect: false as const };
  expect(await failureOf(connectPeer(t, tls))).toMatchObject({
    message: expect.stringContaining("longPoll() a `fetch`"),
  });
  expect(() => longPoll({ pollMs: 1 } as never)).toThrow("longPoll.pollMs: unknown option");
  expect(() => longPollListener({ path: "lp" })).toThrow("longPoll.path: expected a path of letters");
  const none = { url: `${url}x`, transports: [longPoll()], reconnect: false as const };
  expect(await failureOf(connectPeer(t, none))).toMatchObject({ message: expect.stringContaining("426") });
  const nobody = { url: "http://127.0.0.1:1/lp", transports: [longPoll()], reconnect: false as const };
  expect(await failureOf(connectPeer(t, nobody))).toMatchObject({
    message: expect.stringContaining("cannot connect to"),
  });
});

test("autobahn-js calls, serves, publishes and hears by its own long-poll transport", async (t) => {
  vi.stubGlobal("XMLHttpRequest", FetchRequest);
  t.onTestFinished(() => void vi.unstubAllGlobals());
  const { url, router } = await start(t, { lp: { pollMs: 50 } });
  const connection = new autobahn.Connection({
    transports: [{ type: "longpoll", url }],
    realm: REALM,
    max_retries: 0,
  } as never);
  const opened = createGate<autobahn.Session>();
  const closed = createGate<string>();
  connection.onopen = opened.open;
  connection.onclose = (reason) => {
    closed.open(reason);
    return true;
  };
  connection.open();
  const session = await opened.promise;
  const local = await join(t, router);
  await local.register("com.example.add", ({ args: [a, b] }) => (a as number) + (b as number));
  expect(await session.call("com.example.add", [2, 3])).toBe(5);
  await session.register("com.example.echo", ((args: unknown[]) => args?.[0]) as never);
  expect((await local.call("com.example.echo", ["hello"])).args).toEqual(["hello"]);
  const events = new Inbox<unknown>();
  await session.subscribe("com.example.topic", ((args: unknown[]) => events.push(args[0])) as never);
  for (let at = 0; at < 10; at++) await local.publish("com.example.topic", [at]);
  for (let at = 0; at < 10; at++) expect(await events.next()).toBe(at);
  const failed = await failureOf(session.call("com.example.none") as PromiseLike<unknown>);
  expect(failed).toMatchObject({ error: "wamp.error.no_such_procedure" });
  connection.close("wamp.close.normal", "bye");
  expect(await closed.promise).toBe("closed");
  await expect.poll(() => router.sessions(REALM).length).toBe(1);
});

const HELLO = JSON.stringify([1, REALM, { roles: { caller: {}, subscriber: {} } }]);

/** Opens a transport by bare requests. */
async function openBare(t: Finish, url: string, protocol = "wamp.2.json") {
  const post = (path: string, body = "") =>
    ask(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { status, body } = await post("/open", JSON.stringify({ protocols: ["wamp.9.none", protocol] }));
  const opened = JSON.parse(String(typeof body === "string" ? body : JSON.stringify(body))) as {
    transport: string;
    protocol: string;
  };
  const id = opened.transport;
  t.onTestFinished(async () => void (await post(`/${id}/close`)));
  return {
    status,
    ...opened,
    post,
    send: (message: string) => post(`/${id}/send`, message),
    receive: async (query = "") => {
      const answer = await post(`/${id}/receive${query}`);
      return { status: answer.status, text: String(answer.body) };
    },
    close: () => post(`/${id}/close`),
  };
}

test("requests are answered as the specification and its clients have them", async (t) => {
  const { url, router } = await start(t, { lp: { pollMs: 10 } });
  const bare = await openBare(t, url);
  expect(bare).toMatchObject({ status: 200, protocol: "wamp.2.json" });
  expect(bare.transport).toMatch(/^[\w-]{32}$/);
  expect(await bare.send(HELLO)).toMatchObject({ status: 204 });
  expect(JSON.parse((await bare.receive("?x=1")).text)).toEqual([2, expect.any(Number), expect.any(Object)]);
  expect(await bare.receive()).toEqual({ status: 204, text: "" });
  await bare.send('[48,1,{},"wamp.session.count"]');
  expect(await bare.receive()).toEqual({ status: 200, text: "[50,1,{},[1]]" });
  expect(await bare.close()).toMatchObject({ status: 204 });
  expect(router.sessions(REALM)).toEqual([]);
  expect(await bare.receive()).toMatchObject({ status: 404 });
  expect(await bare.send('[6,{},"x.y"]')).toMatchObject({ status: 404 });
});

test("of two requests for messages the second has them, and many that bring some are all taken", async (t) => {
  const { url, port } = await start(t);
  const bare = await openBare(t, url);
  const { socket, until } = await rawSocket(t, port);
  const receive = `POST /lp/${bare.transport}/receive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`;
  socket.write(receive + receive);
  await until(/204 No Content/);
  await bare.send(HELLO);
  expect(await until(/\[2,/)).toMatch(/^HTTP\/1.1 204 .*HTTP\/1.1 200 .*\[2,/s);
  await Promise.all([1, 2, 3].map((request) => bare.send(`[48,${request},{},"wamp.session.count"]`)));
  const texts = [(await bare.receive()).text, (await bare.receive()).text, (await bare.receive()).text];
  expect(texts.map((text) => JSON.parse(text)[1]).sort()).toEqual([1, 2, 3]);
});

test("a last word is still delivered after a violation, and then the transport is gone", async (t) => {
  const { url } = await start(t);
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  await bare.send("no message");
  const abort = JSON.parse((await bare.receive()).text);
  expect([abort[0], abort[2]]).toEqual([3, "wamp.error.protocol_violation"]);
  expect(await bare.receive()).toMatchObject({ status: 404 });
});

test("guessed, foreign and malformed transports are 404, and nothing else", async (t) => {
  const { url } = await start(t);
  const bare = await openBare(t, url);
  const ids = [
    "x",
    "open",
    "__proto__",
    "%00",
    bare.transport.slice(1),
    `${bare.transport}x`,
    bare.transport.toLowerCase(),
  ];
  for (const id of ids) expect(await bare.post(`/${id}/receive`), id).toMatchObject({ status: 404 });
  expect(await bare.post(`/${bare.transport}/steal`)).toMatchObject({ status: 404 });
  expect(await bare.post(`/${bare.transport}`)).toMatchObject({ status: 404 });
  expect(await ask(`${url}/${bare.transport}/receive`)).toMatchObject({ status: 405 });
  expect((await openBare(t, url)).transport).not.toBe(bare.transport);
});

test.for([
  "",
  "{",
  "[]",
  "null",
  '{"protocols":"wamp.2.json"}',
  '{"protocols":["wamp.2.none"]}',
  `{"x":"${"x".repeat(100_000)}"}`,
])("an opening with %s is 400", async (body, t) => {
  const { url } = await start(t);
  expect(await ask(`${url}/open`, { method: "POST", body })).toMatchObject({
    status: 400,
    body: expect.stringContaining("wamp.2.json"),
  });
});

test("a client that asks for nothing any more is dead, and is told apart", async (t) => {
  const left = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "left" && left.push(event);
  const { url } = await start(t, { lp: { silentMs: 50, pollMs: 10 }, router: { observer } });
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  expect(await left.next()).toMatchObject({ endedBy: "cut", cut: "dead" });
  expect(await bare.receive()).toMatchObject({ status: 404 });
});

test("a client that does not fetch what it is sent is cut", async (t) => {
  const left = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "left" && left.push(event);
  const { url, router } = await start(t, { listen: { maxUnsentBytes: 10_000 }, router: { observer } });
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  await bare.send('[32,1,{},"com.example.topic"]');
  await bare.receive();
  const local = await join(t, router);
  for (let at = 0; at < 10; at++)
    await local.publish("com.example.topic", ["x".repeat(2_000)], {}, { acknowledge: true });
  expect(await left.next()).toMatchObject({ endedBy: "cut", cut: "slow" });
  expect(router.status().unsentBytes).toBe(0);
});

test("a request for messages that goes away takes none with it", async (t) => {
  const { url, port, router } = await start(t);
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  const { socket } = await rawSocket(t, port);
  socket.write(`POST /lp/${bare.transport}/receive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
  const again = await rawSocket(t, port);
  again.socket.write(`POST /lp/${bare.transport}/receive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
  socket.destroy();
  await bare.send('[48,1,{},"wamp.session.count"]');
  expect(await again.until(/\[50,1/)).toContain("[50,1,{},[1]]");
  expect(router.sessions(REALM)).toHaveLength(1);
});

test("a connection that breaks after its answer was written ends the session, and one that the client closes does not", async (t) => {
  const left = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "left" && left.push(event);
  const { url, port, router } = await start(t, { router: { observer } });
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  const receive = `POST /lp/${bare.transport}/receive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`;
  const count = async (request: number) => {
    const connection = await rawSocket(t, port);
    connection.socket.write(receive);
    await bare.send(`[48,${request},{},"wamp.session.count"]`);
    await connection.until(new RegExp(`\\[50,${request}`));
    return connection;
  };
  const closing = await count(1);
  closing.socket.end();
  await once(closing.socket, "close");
  const asking = await count(2); // its request says that the first answer has arrived
  const other = await count(3);
  asking.socket.resetAndDestroy(); // and this one says that of the second
  expect((await bare.send('[48,4,{},"wamp.session.count"]')).status).toBe(204);
  expect(router.sessions(REALM)).toHaveLength(1);
  other.socket.resetAndDestroy();
  expect(await left.next()).toMatchObject({ endedBy: "cut", cut: "failed" });
  expect((await bare.receive()).status).toBe(404);
});

test("a peer stops reading an answer at its limit", async (t) => {
  const { peer, router } = await start(t);
  const pulled = { bytes: 0 };
  const flooding: typeof fetch = async (input, init) => {
    if (!String(input).endsWith("/receive") || router.sessions(REALM).length === 0) return fetch(input, init);
    return new Response(
      new ReadableStream({
        pull(controller) {
          pulled.bytes += 10_000;
          controller.enqueue(new Uint8Array(10_000));
        },
      }),
    );
  };
  const reported = new Inbox<unknown>();
  const one = await peer({
    transports: [longPoll({ fetch: flooding })],
    maxMessageBytes: 100_000,
    onError: (error) => reported.push(error),
  });
  const states = watchStates(one);
  expect(await states.until("closed")).toContain("more than 100000 bytes");
  expect(pulled.bytes).toBeLessThan(150_000);
});

test("a client that reads a large answer slowly is not dead", async (t) => {
  const { url, port, router } = await start(t, { lp: { silentMs: 5_000, pollMs: 50 } });
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  await bare.send('[32,1,{},"com.example.topic"]');
  await bare.receive();
  const local = await join(t, router);
  const { socket } = await rawSocket(t, port);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  t.onTestFinished(() => void vi.useRealTimers());
  socket.pause();
  socket.write(`POST /lp/${bare.transport}/receive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
  await local.publish("com.example.topic", ["x".repeat(15_000_000)], {}, { acknowledge: true });
  await waitFor(() => router.status().unsentBytes > 15_000_000);
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  socket.resume();
  await waitFor(() => router.status().unsentBytes === 0);
  expect((await bare.receive()).status).toBe(204);
});

test("requests that wait for their turn are not read: they use no memory", async (t) => {
  const { url, port } = await start(t);
  const bare = await openBare(t, url);
  await bare.send(HELLO);
  await bare.receive();
  const head = (length: number) =>
    `POST /lp/${bare.transport}/send HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
  const first = await rawSocket(t, port);
  first.socket.write(`${head(30)}[48,1,{},`);
  await bare.post("/none/send"); // by then the router has seen the first request
  const second = await rawSocket(t, port);
  const call = `[48,2,{},"com.example.none",["${"x".repeat(15_000_000)}"]]`;
  second.socket.write(head(call.length) + call);
  await bare.post("/none/send");
  expect(second.socket.writableLength).toBeGreaterThan(0);
  first.socket.write('"wamp.session.count"]');
  await first.until(/204/);
  await second.until(/204/);
  expect((await bare.receive()).text).toContain("[50,1,");
  expect((await bare.receive()).text).toContain("[8,48,2,");
});

test("sessions are bounded", async (t) => {
  const { url } = await start(t, { lp: { maxSessions: 1 } });
  await openBare(t, url);
  const answer = await ask(`${url}/open`, { method: "POST", body: '{"protocols":["wamp.2.json"]}' });
  expect(answer).toMatchObject({ status: 503 });
});

test("pages of other origins open nothing", async (t) => {
  const { url } = await start(t, { listen: { origins: ["https://app.example"] } });
  const open = (origin: string) =>
    ask(`${url}/open`, { method: "POST", headers: { origin }, body: '{"protocols":["wamp.2.json"]}' });
  expect((await open("https://evil.example")).status).toBe(403);
  const { status, headers } = await open("https://app.example");
  expect([status, headers.get("access-control-allow-credentials")]).toEqual([200, "true"]);
});

test("a router that closes says GOODBYE to its long-poll clients", async (t) => {
  const { router, peer } = await start(t);
  const one = await peer({ onError: () => {} });
  const states = watchStates(one);
  const closed = router.close();
  expect(await states.until("closed")).toContain("wamp.close.system_shutdown");
  await closed;
});
