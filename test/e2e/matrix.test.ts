import path from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { cbor } from "wampact/cbor";
import { msgpack } from "wampact/msgpack";
import { json, type Peer, result, type Serializer, WampError, type WampEvent } from "wampact/peer";
import { createRouter, type Listener, type Router, rawSocket, websocket } from "wampact/router";
import { temporary } from "../support/folder.js";
import { createNetwork } from "../support/network.js";
import { connectPeer, createGate, failureOf, Inbox, join } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { REALM } from "../support/raw.js";

const SERIALIZERS: Readonly<Record<string, () => Serializer>> = { json, msgpack, cbor };

/** How a peer reaches the router: without any serializer, or over a transport with one. */
type Transport = "WebSocket" | "batched WebSocket" | "RawSocket" | "Unix socket";
type Link = "memory" | `${Transport}, ${"json" | "msgpack" | "cbor"}`;
const LINKS: readonly Link[] = ["memory", "WebSocket, json", "WebSocket, msgpack", "WebSocket, cbor"];
const RAW_LINKS: readonly Link[] = (["RawSocket", "Unix socket"] as const).flatMap((transport) =>
  (["json", "msgpack", "cbor"] as const).map((serializer): Link => `${transport}, ${serializer}`),
);
const BATCHED_LINKS: readonly Link[] = (["json", "msgpack", "cbor"] as const).map(
  (serializer): Link => `batched WebSocket, ${serializer}`,
);
interface Links {
  readonly one: Link;
  readonly other: Link;
}
const PAIRS: readonly Links[] = [
  ...LINKS.flatMap((one) => LINKS.map((other) => ({ one, other }))),
  ...RAW_LINKS.map((link) => ({ one: link, other: link })),
  ...BATCHED_LINKS.flatMap((one) => BATCHED_LINKS.map((other) => ({ one, other }))),
  { one: "batched WebSocket, json", other: "RawSocket, msgpack" },
  { one: "RawSocket, msgpack", other: "batched WebSocket, json" },
  { one: "batched WebSocket, msgpack", other: "WebSocket, json" },
  { one: "WebSocket, cbor", other: "batched WebSocket, json" },
  { one: "batched WebSocket, cbor", other: "memory" },
  { one: "WebSocket, json", other: "RawSocket, msgpack" },
  { one: "RawSocket, json", other: "WebSocket, cbor" },
  { one: "RawSocket, cbor", other: "Unix socket, json" },
  { one: "Unix socket, msgpack", other: "memory" },
  { one: "memory", other: "RawSocket, cbor" },
];
/** The same for peers on two routers that are one cluster. */
const PAIRS_APART: readonly Links[] = [
  { one: "memory", other: "memory" },
  { one: "WebSocket, json", other: "WebSocket, json" },
  { one: "WebSocket, json", other: "RawSocket, msgpack" },
  { one: "batched WebSocket, msgpack", other: "WebSocket, cbor" },
  { one: "RawSocket, cbor", other: "batched WebSocket, json" },
  { one: "WebSocket, cbor", other: "memory" },
  { one: "memory", other: "WebSocket, msgpack" },
];

interface Places extends Links {
  readonly on: "one router" | "two routers";
}
const PLACES: readonly Places[] = [
  ...PAIRS.map((links) => ({ ...links, on: "one router" }) as const),
  ...PAIRS_APART.map((links) => ({ ...links, on: "two routers" }) as const),
];

const ECHO = "com.example.echo";
const TOPIC = "com.example.news";

interface Pair {
  /** Calls and publishes. */
  readonly one: Peer;
  /** Answers and subscribes. */
  readonly other: Peer;
  /** The errors that `onError` of `other` has received. */
  readonly told: readonly unknown[];
}

async function connectPair(t: TestContext, links: Places): Promise<Pair> {
  const cluster = links.on === "two routers" ? createNetwork() : undefined;
  const start = (node: string) => {
    const onError = (error: unknown) => expect.unreachable(String(error));
    const router = createRouter({ realms: [{ name: REALM }], onError, ...(cluster && { cluster: cluster(node) }) });
    t.onTestFinished(() => router.close({ drainMs: 0 }));
    return router;
  };
  const here = start("here");
  const there = cluster ? start("there") : here;
  const told: unknown[] = [];
  const open = async (router: Router, link: Link, options = {}) => {
    if (link === "memory") return join(t, router, options);
    const [transport, serializer] = link.split(", ") as [Transport, string];
    const { url } = await router.listen(listenerFor(t, transport));
    const make = SERIALIZERS[serializer] as () => Serializer;
    const batches = transport === "batched WebSocket";
    return connectPeer(t, { url, serializers: [make()], batches, reconnect: false, ...options });
  };
  return {
    one: await open(here, links.one),
    other: await open(there, links.other, { onError: (error: unknown) => told.push(error) }),
    told,
  };
}

function listenerFor(t: TestContext, transport: Transport): Listener {
  if (transport === "WebSocket" || transport === "batched WebSocket") return websocket();
  if (transport === "RawSocket") return rawSocket();
  skipOnWindows(t, "it has no Unix sockets");
  return rawSocket({ path: path.join(temporary(t), "router.sock") });
}

/** The payload that a callee received, and the result that the caller received. */
async function roundTrip(t: TestContext, links: Places, value: unknown) {
  const { one, other } = await connectPair(t, links);
  const seen = new Inbox<unknown>();
  await other.register(ECHO, ({ args, kwargs }) => {
    seen.push({ args, kwargs });
    return result(args, kwargs);
  });
  const { args, kwargs } = await one.call(ECHO, [value], { value });
  return { seen: await seen.next(), back: { args, kwargs } };
}

const both = (value: unknown) => ({ args: [value], kwargs: { value } });

/** Returns a value with this many nested lists. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe.for(PLACES)("from $one to $other on $on", (links) => {
  test("a call carries args and kwargs there and back", async (t) => {
    const { one, other } = await connectPair(t, links);
    const seen = new Inbox<unknown>();
    await other.register(ECHO, ({ args, kwargs, procedure, caller }) => {
      seen.push({ args, kwargs, procedure, caller });
      return result([42, "zwei", [null, true]], { unit: "m", nested: { list: [1.5, -1] } });
    });
    expect(await one.call(ECHO, [1, "a", [false]], { b: { c: null } })).toEqual({
      args: [42, "zwei", [null, true]],
      kwargs: { unit: "m", nested: { list: [1.5, -1] } },
      details: {},
    });
    expect(await seen.next()).toEqual({
      args: [1, "a", [false]],
      kwargs: { b: { c: null } },
      procedure: ECHO,
      caller: undefined,
    });
  });

  test("a call with nothing, answered with nothing, carries empty args and kwargs", async (t) => {
    const { one, other } = await connectPair(t, links);
    const seen = new Inbox<unknown>();
    await other.register(ECHO, ({ args, kwargs }) => seen.push({ args, kwargs }));
    expect(await one.call(ECHO)).toEqual({ args: [], kwargs: {}, details: {} });
    expect(await seen.next()).toEqual({ args: [], kwargs: {} });
  });

  test("kwargs alone travel without args", async (t) => {
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, ({ args, kwargs }) => result(args, kwargs));
    expect(await one.call(ECHO, [], { only: 1 })).toEqual({ args: [], kwargs: { only: 1 }, details: {} });
  });

  test("an error keeps its URI, args and kwargs", async (t) => {
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, () => {
      throw new WampError("com.example.error.odd", { args: ["not even", 3], kwargs: { limit: { max: 2 } } });
    });
    expect(await failureOf(one.call(ECHO))).toMatchObject({
      name: "WampError",
      uri: "com.example.error.odd",
      args: ["not even", 3],
      kwargs: { limit: { max: 2 } },
      message: "com.example.echo failed with com.example.error.odd: not even",
    });
  });

  test("an exception of the handler arrives as runtime_error with a correlation id and without its message", async (t) => {
    const { one, other, told } = await connectPair(t, links);
    await other.register(ECHO, () => {
      throw new Error("the password is hunter2");
    });
    const error = (await failureOf(one.call(ECHO))) as WampError;
    const { correlation_id } = error.kwargs;
    expect([error.uri, error.args, error.kwargs]).toEqual([
      "wamp.error.runtime_error",
      [],
      { correlation_id: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      message: `the handler of ${ECHO} failed (correlation id ${correlation_id})`,
      cause: new Error("the password is hunter2"),
    });
  });

  test("a call of a procedure that nobody registered fails as no_such_procedure", async (t) => {
    const { one } = await connectPair(t, links);
    expect(await failureOf(one.call(ECHO))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  });

  test("progress comes in order and before the result", async (t) => {
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, ({ progress }) => {
      for (let left = 3; left > 0; left--) progress([left], { left });
      return "done";
    });
    const call = one.call(ECHO, [], {}, { receiveProgress: true });
    const seen: unknown[] = [];
    for await (const { args, kwargs, details } of call) seen.push([args, kwargs, details]);
    expect(seen).toEqual([3, 2, 1].map((left) => [[left], { left }, { progress: true }]));
    expect((await call.result).args).toEqual(["done"]);
  });

  test("a canceled call fails at once and its handler's signal is aborted", async (t) => {
    const { one, other } = await connectPair(t, links);
    const [started, aborted] = [createGate(), createGate<unknown>()];
    await other.register(ECHO, async ({ signal }) => {
      started.open();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.open(signal.reason);
      throw signal.reason;
    });
    const call = one.call(ECHO);
    await started.promise;
    call.cancel();
    expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
    expect(await aborted.promise).toMatchObject({ uri: "wamp.error.canceled" });
  });

  test("a pattern registration is told the procedure that was called", async (t) => {
    const { one, other } = await connectPair(t, links);
    await other.register("com.example.pre.", ({ procedure }) => procedure, { match: "prefix" });
    await other.register("com..wild", ({ procedure }) => procedure, { match: "wildcard" });
    expect((await one.call("com.example.pre.a.b")).args).toEqual(["com.example.pre.a.b"]);
    expect((await one.call("com.card.wild")).args).toEqual(["com.card.wild"]);
  });

  test("a caller that discloses itself is told to the callee", async (t) => {
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, ({ caller }) => caller);
    const { id: session, authid, authrole } = one.session ?? expect.unreachable();
    expect((await one.call(ECHO, [], {}, { disclose: true })).args).toEqual([{ session, authid, authrole }]);
  });

  test("an acknowledged publication reaches a subscriber under the ID the publisher is told", async (t) => {
    const { one, other } = await connectPair(t, links);
    const events = new Inbox<WampEvent>();
    await other.subscribe(TOPIC, events.push);
    const { publication } = await one.publish(TOPIC, [1, [2]], { three: { four: 4 } }, { acknowledge: true });
    expect(publication).toBeGreaterThan(0);
    expect(await events.next()).toEqual({
      topic: TOPIC,
      publication,
      args: [1, [2]],
      kwargs: { three: { four: 4 } },
      details: {},
    });
  });

  test("a publication that is not acknowledged arrives as well, and has no ID for its publisher", async (t) => {
    const { one, other } = await connectPair(t, links);
    const events = new Inbox<WampEvent>();
    await other.subscribe(TOPIC, events.push);
    expect(await one.publish(TOPIC)).toEqual({ publication: undefined });
    expect(await events.next()).toEqual({
      topic: TOPIC,
      publication: expect.any(Number),
      args: [],
      kwargs: {},
      details: {},
    });
  });

  test("a refused publication rejects where it was to be acknowledged", async (t) => {
    const { one } = await connectPair(t, links);
    expect(await failureOf(one.publish("wamp.not.ours", [], {}, { acknowledge: true }))).toMatchObject({
      uri: "wamp.error.invalid_uri",
    });
    expect(await one.publish("wamp.not.ours")).toEqual({ publication: undefined });
  });

  test("a pattern subscription is told the topic that was published to", async (t) => {
    const { one, other } = await connectPair(t, links);
    const events = new Inbox<WampEvent>();
    await other.subscribe("com.example.pre", events.push, { match: "prefix" });
    await other.subscribe("com..wild", events.push, { match: "wildcard" });
    await one.publish("com.example.prefixed.much");
    await one.publish("com.card.wild");
    expect(await events.next()).toMatchObject({
      topic: "com.example.prefixed.much",
      details: { topic: "com.example.prefixed.much" },
    });
    expect(await events.next()).toMatchObject({ topic: "com.card.wild", details: { topic: "com.card.wild" } });
  });

  test("a publisher that discloses itself is told to subscribers", async (t) => {
    const { one, other } = await connectPair(t, links);
    const events = new Inbox<WampEvent>();
    await other.subscribe(TOPIC, events.push);
    await one.publish(TOPIC, [], {}, { disclose: true });
    const { id: session, authid, authrole } = one.session ?? expect.unreachable();
    expect(await events.next()).toMatchObject({ publisher: { session, authid, authrole } });
  });

  test("binary arrives as the same bytes in a Uint8Array", async (t) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { seen, back } = await roundTrip(t, links, bytes);
    expect(seen).toStrictEqual(both(bytes));
    expect(back).toStrictEqual(both(bytes));
  });

  test("integers up to 2^53 − 1 arrive as they are, negative ones too", async (t) => {
    const integers = [2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 31) - 1, -(2 ** 53) + 1];
    const { seen, back } = await roundTrip(t, links, integers);
    expect(seen).toEqual(both(integers));
    expect(back).toEqual(both(integers));
  });

  test("integers beyond ±(2^53−1) arrive as BigInts and exactly, up to 64 bits", async (t) => {
    const big = [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n];
    const { seen, back } = await roundTrip(t, links, big);
    expect(seen).toEqual(both(big));
    expect(back).toEqual(both(big));
  });

  test("a BigInt that is a safe integer arrives as a number", async (t) => {
    const { seen, back } = await roundTrip(t, links, [2n ** 52n, -1n]);
    expect(seen).toEqual(both([2 ** 52, -1]));
    expect(back).toEqual(both([2 ** 52, -1]));
  });

  test("doubles arrive as they are, negative zero and those beyond 2^53 too", async (t) => {
    const doubles = [-0, 0.1, 2 ** 53 + 2, -(2 ** 60), 1e20, 1e21, 1e300, 5e-324];
    const { seen, back } = await roundTrip(t, links, doubles);
    expect(seen).toEqual(both(doubles)); // toEqual tells −0 from 0
    expect(back).toEqual(both(doubles));
  });

  test.for([
    ["half a surrogate pair", "a\ud800", "a lone surrogate"],
    ["half a surrogate pair in a key", { "\udc00": 1 }, "a lone surrogate"],
    ["an integer beyond 64 bits", 2n ** 64n, "an integer beyond 64 bits"],
    ["a list nested 128 levels within args", nested(128), "nested deeper than 128 levels"],
  ] as const)("%s is refused where it is sent, and the session goes on", async ([, value, why], t) => {
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, ({ args }) => result(args));
    for (const failure of [
      await failureOf((async () => one.call(ECHO, [value]))()), // a misuse is thrown at once
      await failureOf((async () => one.publish(TOPIC, [], { value }, { acknowledge: true }))()),
    ]) {
      expect(failure).toBeInstanceOf(TypeError);
      expect((failure as Error).message).toMatch(new RegExp(`^(args\\[0\\]|kwargs\\.value).*: ${why}`));
    }
    expect((await one.call(ECHO, [nested(127)])).args).toEqual([nested(127)]);
  });

  test.for([
    ["not a number", Number.NaN, "JSON cannot represent NaN"],
    ["infinity", -Infinity, "JSON cannot represent -Infinity"],
    ["text that JSON has for binary", "\0AQ==", "JSON reserves strings"],
  ] as const)("%s is refused where JSON would carry it, and arrives elsewhere", async ([, value, why], t) => {
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, ({ args }) => result(args));
    const call = (async () => one.call(ECHO, [value]))();
    if (links.one.endsWith("json")) {
      expect(await failureOf(call)).toMatchObject({ name: "TypeError", message: expect.stringContaining(why) });
    } else if (links.other.endsWith("json")) {
      expect(await failureOf(call)).toMatchObject({
        uri: "wamp.error.invalid_argument",
        message: expect.stringContaining(why),
      });
    } else expect((await call).args).toEqual([value]);
    expect((await one.call(ECHO, ["on"])).args).toEqual(["on"]);
  });

  test("text of every plane, control characters and a byte order mark arrive as they are, in keys too", async (t) => {
    const text = 'grüße\u0000\u0007\n\u2028\ufeff 漢字 \u{1f600} \u{10ffff} "\\';
    const value = { [text]: text, "\ufeffstart": "\ufeffstart", __proto__x: 1, "": "" };
    const { seen, back } = await roundTrip(t, links, value);
    expect(seen).toEqual(both(value));
    expect(back).toEqual(both(value));
  });

  test("a payload of 1 MB arrives whole", async (t) => {
    const value = { text: "0123456789abcdeé".repeat(32_768), bytes: new Uint8Array(512 * 1024).fill(0xa5) };
    const { one, other } = await connectPair(t, links);
    await other.register(ECHO, ({ args }) => result(args));
    const { args } = await one.call(ECHO, [value]);
    const back = args[0] as typeof value;
    expect(back.text === value.text).toBe(true); // a diff of a megabyte helps nobody
    expect(Buffer.compare(back.bytes, value.bytes)).toBe(0);
  });
});
