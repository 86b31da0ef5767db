import { describe, expect, type TestContext, test } from "vitest";
import { cbor } from "wampact/cbor";
import { msgpack } from "wampact/msgpack";
import { json, type Peer, result, WampError } from "wampact/peer";
import { rawSocket } from "wampact/router";
import {
  type ConnectForeign,
  connectAutobahn,
  connectWampy,
  type Foreign,
  ForeignError,
  type ForeignEvent,
  type SerializerName,
} from "../support/foreign.js";
import { connectPeer, createGate, failureOf, Inbox, startServer } from "../support/peers.js";

const CLIENTS: Readonly<Record<"autobahn" | "wampy", ConnectForeign>> = {
  autobahn: connectAutobahn,
  wampy: connectWampy,
};
type ClientName = keyof typeof CLIENTS;
const NAMES: readonly ClientName[] = ["autobahn", "wampy"];
const SERIALIZERS: readonly SerializerName[] = ["json", "msgpack", "cbor"];
interface Case {
  readonly name: ClientName;
  readonly serializer: SerializerName;
  /** Default `WebSocket`. */
  readonly transport?: "WebSocket" | "RawSocket";
}
const CASES: readonly Case[] = [
  ...NAMES.flatMap((name) => SERIALIZERS.map((serializer): Case => ({ name, serializer, transport: "WebSocket" }))),
  { name: "autobahn", serializer: "json", transport: "RawSocket" },
];

const WORK = "com.example.work";
const NEWS = "com.example.news";
const PAYLOAD = {
  args: [1, -2.5, "zwei ü", [true, null]],
  kwargs: { nested: { list: [1, { deep: "yes" }] } },
};
const ODD = { uri: "com.example.error.odd", args: ["not even", 3], kwargs: { limit: 2 } };

interface Setup {
  readonly foreign: Foreign;
  readonly ours: Peer;
  /** Another client of others, of the other library and over another serializer. */
  connectOther(): Promise<Foreign>;
}

async function setUp(t: TestContext, { name, serializer, transport }: Case) {
  const { url, router } = await startServer(t);
  const raw = transport === "RawSocket" ? (await router.listen(rawSocket())).url : undefined;
  const connect = (which: ClientName, over: SerializerName) => CLIENTS[which](t, { url, serializer: over });
  const setup: Setup = {
    foreign: await CLIENTS[name](t, { url: raw ?? url, serializer }),
    ours: await connectPeer(t, { url, serializers: [msgpack(), cbor(), json()], reconnect: false }),
    connectOther: () =>
      connect(name === "autobahn" ? "wampy" : "autobahn", SERIALIZERS.find((each) => each !== serializer) ?? "json"),
  };
  return setup;
}

describe.for(CASES)("$name over $transport with $serializer", (which) => {
  test("calls our peer with args and kwargs, and is given both", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    await ours.register(WORK, ({ args, kwargs }) => {
      expect({ args, kwargs }).toEqual(PAYLOAD);
      return result(["back", args], { ...kwargs });
    });
    expect(await foreign.call(WORK, PAYLOAD)).toEqual({ args: ["back", PAYLOAD.args], kwargs: PAYLOAD.kwargs });
  });

  test("calls our peer with nothing and is given nothing", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    const seen = new Inbox<unknown>();
    await ours.register(WORK, ({ args, kwargs }) => {
      seen.push({ args, kwargs });
    });
    expect(await foreign.call(WORK)).toEqual({ args: [], kwargs: {} });
    expect(await seen.next()).toEqual({ args: [], kwargs: {} });
  });

  test("is called by our peer with args and kwargs, and gives both", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    await foreign.register(WORK, ({ args, kwargs }) => ({ args: ["back", args], kwargs }));
    expect(await ours.call(WORK, PAYLOAD.args, PAYLOAD.kwargs)).toEqual({
      args: ["back", PAYLOAD.args],
      kwargs: PAYLOAD.kwargs,
      details: {},
    });
  });

  test("is called by a client of the other library over another serializer, and calls it", async (t) => {
    const { foreign, connectOther } = await setUp(t, which);
    const other = await connectOther();
    await foreign.register(WORK, ({ args, kwargs }) => ({ args: ["first", args], kwargs }));
    await other.register("com.example.other", ({ args, kwargs }) => ({ args: ["second", args], kwargs }));
    expect(await other.call(WORK, PAYLOAD)).toEqual({ args: ["first", PAYLOAD.args], kwargs: PAYLOAD.kwargs });
    expect(await foreign.call("com.example.other", PAYLOAD)).toEqual({
      args: ["second", PAYLOAD.args],
      kwargs: PAYLOAD.kwargs,
    });
  });

  test("is given our peer's errors with URI, args and kwargs", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    await ours.register(WORK, () => {
      throw new WampError(ODD.uri, ODD);
    });
    const error = await failureOf(foreign.call(WORK));
    expect(error).toBeInstanceOf(ForeignError);
    expect(error).toMatchObject(ODD);
  });

  test("gives our peer its errors with URI, args and kwargs", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    await foreign.register(WORK, () => {
      throw new ForeignError(ODD.uri, ODD);
    });
    expect(await failureOf(ours.call(WORK))).toMatchObject({ name: "WampError", ...ODD });
  });

  test("is told the router's own errors", async (t) => {
    const { foreign } = await setUp(t, which);
    expect(await failureOf(foreign.call("com.example.nothing"))).toMatchObject({
      uri: "wamp.error.no_such_procedure",
      args: ['no callee is registered for "com.example.nothing"'],
    });
  });

  test("publishes to our peer and to the other library, and its publication is acknowledged", async (t) => {
    const { foreign, ours, connectOther } = await setUp(t, which);
    const [ourEvents, otherEvents] = [new Inbox<unknown>(), new Inbox<ForeignEvent>()];
    const other = await connectOther();
    await ours.subscribe(NEWS, ({ args, kwargs, topic }) => ourEvents.push({ args, kwargs, topic }));
    await other.subscribe(NEWS, otherEvents.push);
    await foreign.publish(NEWS, PAYLOAD);
    expect(await ourEvents.next()).toEqual({ ...PAYLOAD, topic: NEWS });
    expect(await otherEvents.next()).toEqual({ ...PAYLOAD, topic: NEWS });
  });

  test("is published to by our peer and by the other library", async (t) => {
    const { foreign, ours, connectOther } = await setUp(t, which);
    const events = new Inbox<ForeignEvent>();
    const other = await connectOther();
    await foreign.subscribe(NEWS, events.push);
    await ours.publish(NEWS, PAYLOAD.args, PAYLOAD.kwargs);
    expect(await events.next()).toEqual({ ...PAYLOAD, topic: NEWS });
    await other.publish(NEWS, PAYLOAD);
    expect(await events.next()).toEqual({ ...PAYLOAD, topic: NEWS });
  });

  test("subscribes to patterns and is told the topics", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    const [prefix, wildcard] = [new Inbox<ForeignEvent>(), new Inbox<ForeignEvent>()];
    await foreign.subscribe("com.example.pre", prefix.push, "prefix");
    await foreign.subscribe("com..wild", wildcard.push, "wildcard");
    await ours.publish("com.example.prefixed.much", [1]);
    await ours.publish("com.any.wild", [2]);
    expect(await prefix.next()).toEqual({ topic: "com.example.prefixed.much", args: [1], kwargs: {} });
    expect(await wildcard.next()).toEqual({ topic: "com.any.wild", args: [2], kwargs: {} });
  });

  test("registers patterns and is told the procedures", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    const told = ({ details }: { details: unknown }) => ({
      args: [(details as { procedure: string }).procedure],
      kwargs: {},
    });
    await foreign.register("com.example.pre", told, "prefix");
    await foreign.register("com..wild", told, "wildcard");
    expect((await ours.call("com.example.prefixed")).args).toEqual(["com.example.prefixed"]);
    expect((await ours.call("com.any.wild")).args).toEqual(["com.any.wild"]);
  });

  test("is given our peer's progress in order, before the result", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    await ours.register(WORK, ({ progress }) => {
      for (const part of [1, 2, 3]) progress([part]);
      return "done";
    });
    const seen: unknown[] = [];
    const { args } = await foreign.call(WORK, {}, (part) => seen.push(part));
    expect([seen, args]).toEqual([[[1], [2], [3]], ["done"]]);
  });

  test("fact 36: gives our peer progress, though as a callee it lacks call_canceling or announces nothing of it", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    await foreign.register(WORK, ({ progress }) => {
      for (const part of [1, 2, 3]) progress?.([part]);
      return { args: ["done"], kwargs: {} };
    });
    const call = ours.call(WORK, [], {}, { receiveProgress: true });
    const seen: unknown[] = [];
    for await (const { args } of call) seen.push(args);
    expect([seen, (await call.result).args]).toEqual([[[1], [2], [3]], ["done"]]);
  });

  test("known fault: never heeds INTERRUPT and announces so; a canceled call fails at once, and its late answer is dropped", async (t) => {
    const { foreign, ours } = await setUp(t, which);
    const [started, gate] = [createGate(), createGate()];
    await foreign.register(WORK, async ({ args }) => {
      if (args[0] === "slow") {
        started.open();
        await gate.promise;
      }
      return { args, kwargs: {} };
    });
    const call = ours.call(WORK, ["slow"], {}, { cancelMode: "kill" });
    await started.promise;
    call.cancel();
    expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
    gate.open();
    expect((await ours.call(WORK, ["quick"])).args).toEqual(["quick"]);
  });
});

test.for(
  SERIALIZERS,
)("known fault: an exception in autobahn's procedure is runtime_error with the exception in args, over %s", async (serializer, t) => {
  const { foreign, ours } = await setUp(t, { name: "autobahn", serializer });
  await foreign.register(WORK, () => {
    throw "in plain text";
  });
  expect(await ours.call(WORK).safe()).toMatchObject({
    ok: false,
    error: { code: "unknown", uri: "wamp.error.runtime_error", args: ["in plain text"], kwargs: {} },
  });
});

test.for(
  SERIALIZERS,
)("known fault: an exception in wampy's procedure is wamp.error.invocation_exception without a word, over %s", async (serializer, t) => {
  const { foreign, ours } = await setUp(t, { name: "wampy", serializer });
  await foreign.register(WORK, () => {
    throw new Error("lost");
  });
  expect(await failureOf(ours.call(WORK))).toMatchObject({
    uri: "wamp.error.invocation_exception",
    args: [],
    kwargs: {},
  });
});

const BIG = [2 ** 40, -(2 ** 40), 2 ** 53 - 1];

test.for(
  CASES.filter(({ name, serializer }) => name !== "wampy" || serializer !== "msgpack"),
)("$name over $serializer takes integers beyond 32 bits, and gives them back", async (which, t) => {
  const { foreign, ours } = await setUp(t, which);
  await foreign.register(WORK, ({ args }) => ({ args: [args[0] === BIG[0], ...args], kwargs: {} }));
  expect((await ours.call(WORK, BIG)).args).toEqual([true, ...BIG]);
});

test("known fault: wampy over msgpack reads an integer beyond 32 bits as a BigInt, which it sends back as an integer", async (t) => {
  const { foreign, ours } = await setUp(t, { name: "wampy", serializer: "msgpack" });
  await foreign.register(WORK, ({ args }) => ({ args: [typeof args[0], ...args], kwargs: {} }));
  expect((await ours.call(WORK, BIG)).args).toEqual(["bigint", ...BIG]);
});

test.for([
  "msgpack",
  "cbor",
] as const)("known fault: wampy over %s says undefined for the options it is not given, which are read as missing", async (serializer, t) => {
  const { foreign, ours } = await setUp(t, { name: "wampy", serializer });
  const events = new Inbox<ForeignEvent>();
  await foreign.subscribe("com.example", events.push); // SUBSCRIBE.options: match and get_retained are undefined
  await ours.publish("com.example.more", ["not below it"]);
  await ours.publish("com.example", ["exact"]);
  expect((await events.next()).args).toEqual(["exact"]);
});

test.for(CASES)("$name over $serializer is told who calls, in the router's own numbers", async (which, t) => {
  const { foreign, ours } = await setUp(t, which);
  await foreign.register(WORK, ({ details }) => ({ args: [(details as { caller: unknown }).caller], kwargs: {} }));
  expect((await ours.call(WORK, [], {}, { disclose: true })).args).toEqual([ours.session?.id]);
});

const BYTES = new Uint8Array([0, 1, 127, 128, 255]);

test.for(
  NAMES,
)("fact 44, known fault: %s over json neither reads nor writes binary, and is given the text that stands for it", async (name, t) => {
  const { foreign, ours } = await setUp(t, { name, serializer: "json" });
  const events = new Inbox<ForeignEvent>();
  await foreign.subscribe(NEWS, events.push);
  await ours.publish(NEWS, [BYTES]);
  expect((await events.next()).args).toEqual([`\u0000${Buffer.from(BYTES).toString("base64")}`]);
  // The same text sent by hand is binary to everybody who knows the rule.
  const ourEvents = new Inbox<unknown>();
  await ours.subscribe("com.example.back", ({ args }) => ourEvents.push(args));
  await foreign.publish("com.example.back", { args: [`\u0000${Buffer.from(BYTES).toString("base64")}`] });
  expect(await ourEvents.next()).toEqual([BYTES]);
});

test.for(
  NAMES.flatMap((name) => (["msgpack", "cbor"] as const).map((serializer) => ({ name, serializer }))),
)("$name over $serializer carries binary both ways", async (which, t) => {
  const { foreign, ours } = await setUp(t, which);
  await foreign.register(WORK, ({ args }) => ({ args: [Buffer.from(args[0] as Uint8Array)], kwargs: {} }));
  const [back] = (await ours.call(WORK, [BYTES])).args;
  expect(back).toStrictEqual(BYTES);
});
