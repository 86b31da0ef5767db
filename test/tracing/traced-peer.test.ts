import { SpanKind } from "@opentelemetry/api";
import { expect, type TestContext, test } from "vitest";
import { tracedPeer } from "wampact/opentelemetry";
import type { Peer } from "wampact/peer";
import { connectPeer, failureOf, startServer } from "../support/peers.js";
import { childOf, linksOf, nameOf, placeOf, recordSpans } from "../support/spans.js";

const { CLIENT, SERVER, PRODUCER, CONSUMER } = SpanKind;

async function setUp(t: TestContext) {
  const recorded = recordSpans(t);
  const { url } = await startServer(t);
  const told: unknown[] = [];
  const open = () => connectPeer(t, { url, reconnect: false, onError: (error) => told.push(error) });
  const { tracerProvider } = recorded;
  return { recorded, open, told, traced: (peer: Peer) => tracedPeer(peer, { tracerProvider }) };
}

test("untyped calls and handlers have spans, under the URI that is registered", async (t) => {
  const { recorded, open, traced } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  const own = traced(service);
  await own.register("com.example.add", ({ args: [a, b] }) => Number(a) + Number(b));
  const sum = async (args: readonly unknown[]) => (await own.call("com.example.add", args)).args[0];
  await own.register("com.example", ({ args }) => sum(args), { match: "prefix" });
  expect((await traced(consumer).call("com.example.some.sum", [1, 2])).args).toEqual([3]);
  const called = recorded.one("com.example.some.sum", CLIENT);
  const served = recorded.one("com.example", SERVER);
  const next = recorded.one("com.example.add", CLIENT);
  expect(placeOf(served)).toEqual(childOf(called));
  expect(placeOf(next)).toEqual(childOf(served));
  expect(placeOf(recorded.one("com.example.add", SERVER))).toEqual(childOf(next));
  expect(served.attributes).toMatchObject({ "rpc.method": "com.example", "wamp.procedure": "com.example.some.sum" });
});

test("an untyped event's span is linked to its publication's", async (t) => {
  const { recorded, open, traced } = await setUp(t);
  const [publisher, subscriber] = [await open(), await open()];
  await traced(subscriber).subscribe("com.example", () => {}, { match: "prefix" });
  const { publication } = await traced(publisher).publish("com.example.news", [1], {}, { acknowledge: true });
  await recorded.until(2);
  const published = recorded.one("publish com.example.news", PRODUCER);
  const heard = recorded.one("process com.example", CONSUMER);
  expect(linksOf(heard)).toEqual([nameOf(published)]);
  for (const span of [published, heard]) expect(span.attributes["messaging.message.id"]).toBe(String(publication));
});

test("an untyped call is the peer's own but for its span: progress, cancelation, failures and misuse", async (t) => {
  const { recorded, open, traced, told } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  await service.register("com.example.count", (invocation) => {
    invocation.progress([1]);
    return 2;
  });
  await service.register("com.example.wait", ({ signal }) => {
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const peer = traced(consumer);
  const counted: unknown[] = [];
  const call = peer.call("com.example.count", [], {}, { receiveProgress: true });
  for await (const { args } of call) counted.push(args[0]);
  expect([...counted, (await call).args[0]]).toEqual([1, 2]);

  expect(await failureOf(peer.call("com.example.none"))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  const aborted = new AbortController();
  const waiting = peer.call("com.example.wait", [], {}, { signal: aborted.signal });
  aborted.abort();
  expect(await failureOf(waiting)).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await failureOf(peer.publish("not a topic", [], {}, { acknowledge: true }))).toMatchObject({
    uri: "wamp.error.invalid_uri",
  });
  expect(recorded.ended().map(({ attributes }) => attributes["error.type"])).toEqual([
    undefined,
    "wamp.error.no_such_procedure",
    "wamp.error.canceled",
    "wamp.error.invalid_uri",
  ]);

  expect(() => peer.call("com.example.count", [], {}, { timeout: 5 } as never)).toThrow("timeout: unknown option");
  expect(await failureOf(peer.publish(7 as never))).toBeInstanceOf(TypeError);
  expect(await failureOf(peer.register("com.example.x", 7 as never))).toBeInstanceOf(TypeError);
  expect(await failureOf(peer.subscribe("com.example.x", 7 as never))).toBeInstanceOf(TypeError);
  expect(told).toEqual([]);
});
