import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { describe, expect, type TestContext, test } from "vitest";
import { createClient, error, procedure, retry, serve, topic, WampError } from "wampact";
import { msgpack } from "wampact/msgpack";
import { tracing } from "wampact/opentelemetry";
import { json, type Peer } from "wampact/peer";
import * as z from "zod";
import { connectToFake } from "../support/fake-router.js";
import { connectPeer, createGate, failureOf, startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { childOf, linksOf, nameOf, placeOf, type Recorded, recordSpans } from "../support/spans.js";

const { CLIENT, SERVER, PRODUCER, CONSUMER } = SpanKind;

const soldOut = error("com.example.error.sold_out", z.object({ secret: z.string() }));
const orders = {
  order: procedure("com.example.{shop}.order", {
    input: z.object({ secret: z.string() }),
    output: z.string(),
    errors: { soldOut },
  }),
  changed: topic("com.example.{shop}.changed", { event: z.object({ secret: z.string() }) }),
  news: topic("com.example.news", { event: z.string() }),
};
const stock = {
  take: procedure("com.example.stock.take", { input: z.string(), output: z.string(), idempotent: true }),
  count: procedure("com.example.count", { progress: z.int(), output: z.int() }),
  add: procedure("com.example.add", { chunks: z.int(), output: z.int() }),
  wait: procedure("com.example.wait", { output: z.string() }),
};

interface Setup {
  readonly recorded: Recorded;
  readonly use: readonly ReturnType<typeof tracing>[];
  /** A peer over a socket of its own. */
  open(): Promise<Peer>;
  readonly told: readonly unknown[];
}

const SERIALIZERS = { json, msgpack };

async function setUp(t: TestContext, serializer: keyof typeof SERIALIZERS = "json", manages = true): Promise<Setup> {
  const recorded = recordSpans(t, { manages });
  const { tracerProvider } = recorded;
  const { url } = await startServer(t);
  const told: unknown[] = [];
  const onError = (fault: unknown) => told.push(fault);
  const serializers = [SERIALIZERS[serializer]()];
  return {
    recorded,
    use: [tracing({ tracerProvider })],
    open: () => connectPeer(t, { url, serializers, reconnect: false, onError }),
    told,
  };
}

describe.for(["json", "msgpack"] as const)("over %s", (serializer) => {
  test("a span leads from the caller to its callee, and from there to what that one calls", async (t) => {
    const { recorded, use, open } = await setUp(t, serializer);
    const [shop, store, consumer] = [await open(), await open(), await open()];
    const fromShop = createClient(shop, stock, { use });
    await serve(store, stock, { take: (what) => `took ${what}` }, { pick: ["take"], use });
    const handlers = { order: ({ secret }: { secret: string }) => fromShop.take(secret) };
    await serve(shop, orders, handlers, { pick: ["order"], use });
    const client = createClient(consumer, orders, { use });
    expect(await client.order({ shop: "north" }, { secret: "hush" })).toBe("took hush");

    const called = recorded.one("com.example.{shop}.order", CLIENT);
    const served = recorded.one("com.example.{shop}.order", SERVER);
    const calledNext = recorded.one("com.example.stock.take", CLIENT);
    const servedNext = recorded.one("com.example.stock.take", SERVER);
    expect(called.parentSpanContext).toBeUndefined();
    expect(placeOf(served)).toEqual(childOf(called));
    expect(placeOf(calledNext)).toEqual(childOf(served));
    expect(placeOf(servedNext)).toEqual(childOf(calledNext));
    expect(served.parentSpanContext?.isRemote).toBe(true);
    expect(served.attributes).toEqual({
      "rpc.system.name": "wamp",
      "rpc.method": "com.example.{shop}.order",
      "wamp.procedure": "com.example.north.order",
      "wamp.realm": REALM,
      "wamp.session.id": String(shop.session?.id),
    });
    expect(calledNext.attributes).toMatchObject({ "rpc.method": "com.example.stock.take" });
    expect(calledNext.attributes).not.toHaveProperty("wamp.procedure");
    expect(recorded.ended()).toHaveLength(4);
  });

  test("each subscriber's span starts a trace of its own, and is linked to the publisher's", async (t) => {
    const { recorded, use, open } = await setUp(t, serializer);
    const [publisher, one, other] = [await open(), await open(), await open()];
    for (const peer of [one, other]) await createClient(peer, orders, { use }).changed.subscribe({}, () => {});
    const { publication } = await createClient(publisher, orders, { use }).changed.publish(
      { shop: "north" },
      { secret: "hush" },
      { acknowledge: true },
    );
    await recorded.until(3);
    const published = recorded.one("publish com.example.{shop}.changed", PRODUCER);
    const heard = recorded.ended().filter(({ kind }) => kind === CONSUMER);
    expect(heard.map(({ name }) => name)).toEqual(Array(2).fill("process com.example.{shop}.changed"));
    expect(heard.map(linksOf)).toEqual([[nameOf(published)], [nameOf(published)]]);
    expect(heard.map((span) => span.parentSpanContext)).toEqual([undefined, undefined]);
    expect(new Set([published, ...heard].map((span) => placeOf(span).traceId)).size).toBe(3);
    const shared = {
      "messaging.system": "wamp",
      "messaging.destination.name": "com.example.north.changed",
      "messaging.destination.template": "com.example.{shop}.changed",
      "messaging.message.id": String(publication),
      "wamp.realm": REALM,
    };
    expect(published.attributes).toEqual({
      ...shared,
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "wamp.session.id": String(publisher.session?.id),
    });
    for (const span of heard)
      expect(span.attributes).toMatchObject({
        ...shared,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
      });
  });

  test("a call with progress has one span on each side, which ends with its result", async (t) => {
    const { recorded, use, open } = await setUp(t, serializer);
    const [service, consumer] = [await open(), await open()];
    const handlers = {
      async *count() {
        yield 1;
        expect(trace.getActiveSpan()).toBeDefined(); // a generator runs within its span, too
        yield 2;
        return 3;
      },
      async add({ chunks }: { chunks: AsyncIterable<number> }) {
        let sum = 0;
        for await (const chunk of chunks) sum += chunk;
        return sum;
      },
    };
    await serve(service, stock, handlers, { pick: ["count", "add"], use });
    const client = createClient(consumer, stock, { use });
    const call = client.count();
    const values: number[] = [];
    for await (const value of call) values.push(value);
    expect([...values, await call]).toEqual([1, 2, 3]);
    expect(await client.add([1, 2, 3])).toBe(6);
    expect(recorded.ended()).toHaveLength(4);
    for (const name of ["com.example.count", "com.example.add"])
      expect(placeOf(recorded.one(name, SERVER))).toEqual(childOf(recorded.one(name, CLIENT)));
  });
});

test("a call that one callee refuses has a span at each callee, both below its caller's", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const [first, second, consumer] = [await open(), await open(), await open()];
  const refuse = () => {
    throw new WampError("wamp.error.unavailable");
  };
  const invoke = "first" as const;
  await serve(first, stock, { take: refuse }, { pick: ["take"], use, invoke });
  await serve(second, stock, { take: (what) => what }, { pick: ["take"], use, invoke });
  expect(await createClient(consumer, stock, { use }).take("one")).toBe("one");
  const called = recorded.one("com.example.stock.take", CLIENT);
  const served = recorded.ended().filter(({ kind }) => kind === SERVER);
  expect(served.map(placeOf)).toEqual([childOf(called), childOf(called)]);
  expect(served.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.UNSET]);
});

test("retries inside have a span for each attempt, retries outside one for all", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  let asked = 0;
  const handlers = {
    take() {
      if (asked++ % 2 === 0) throw new WampError("wamp.error.timeout");
      return "taken";
    },
  };
  await serve(service, stock, handlers, { pick: ["take"] });
  const again = retry({ minMs: 1 });
  await createClient(consumer, stock, { use: [again, ...use] }).take("one");
  expect(recorded.ended()).toHaveLength(2);
  await createClient(consumer, stock, { use: [...use, again] }).take("one");
  expect(recorded.ended()).toHaveLength(3);
});

test("a declared error is recorded with its code: the caller has failed, and its callee has answered", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  await serve(
    service,
    orders,
    {
      order(_input, { errors }) {
        throw errors.soldOut({ secret: "hush" });
      },
    },
    { pick: ["order"], use },
  );
  await createClient(consumer, orders, { use }).order({ shop: "a" }, { secret: "hush" }).safe();
  const [called, served] = [CLIENT, SERVER].map((kind) => recorded.one("com.example.{shop}.order", kind));
  for (const span of [called, served]) {
    expect(span?.attributes["error.type"]).toBe("soldOut");
    expect(span?.attributes["rpc.response.status_code"]).toBe("com.example.error.sold_out");
  }
  expect(called?.status).toEqual({ code: SpanStatusCode.ERROR, message: "com.example.error.sold_out" });
  expect(served?.status.code).toBe(SpanStatusCode.UNSET);
});

test("an exception of a handler is told by its class, and with its words only where that is asked for", async (t) => {
  const { recorded, use, open, told } = await setUp(t);
  const { tracerProvider } = recorded;
  const [service, consumer] = [await open(), await open()];
  const fail = () => {
    throw new RangeError("a hush in a message");
  };
  const client = createClient(consumer, stock, { use });
  const quiet = await serve(service, stock, { take: fail }, { pick: ["take"], use });
  await client.take("one").safe();
  const served = recorded.one("com.example.stock.take", SERVER);
  expect(served.attributes["error.type"]).toBe("RangeError");
  expect(served.status.code).toBe(SpanStatusCode.ERROR);
  expect(served.events).toEqual([]);
  expect(recorded.one("com.example.stock.take", CLIENT).attributes).toMatchObject({
    "error.type": "wamp.error.runtime_error",
    "rpc.response.status_code": "wamp.error.runtime_error",
  });
  await quiet.close();
  const saying = tracing({ tracerProvider, recordExceptions: true });
  await serve(service, stock, { take: fail }, { pick: ["take"], use: [saying] });
  await client.take("one").safe();
  const last = recorded.ended().findLast(({ kind }) => kind === SERVER);
  expect(last?.events).toMatchObject([{ name: "exception", attributes: { "exception.type": "RangeError" } }]);
  expect(last?.events[0]?.attributes?.["exception.message"]).toContain("hush");
  expect(told).toHaveLength(2); // what a handler throws goes to onError as ever
});

test("calls that are refused or given up end their span with the reason's URI", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  const client = createClient(consumer, stock, { use });
  const typeOf = () => recorded.ended().at(-1)?.attributes["error.type"];
  await client.take("one").safe();
  expect(typeOf()).toBe("wamp.error.no_such_procedure");
  await client.take(7 as never).safe();
  expect(typeOf()).toBe("wamp.error.invalid_argument");
  expect(recorded.ended()).toHaveLength(2);

  const begun = createGate();
  const handlers = {
    async wait({ signal }: { signal: AbortSignal }) {
      begun.open();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return "never";
    },
  };
  await serve(service, stock, handlers, { pick: ["wait"], use });
  const call = client.wait();
  await begun.promise;
  call.cancel();
  expect(await failureOf(call)).toMatchObject({ code: "canceled" });
  await recorded.until(4);
  const [called, served] = [CLIENT, SERVER].map((kind) => recorded.one("com.example.wait", kind));
  expect([called, served].map((span) => span?.attributes["error.type"])).toEqual(Array(2).fill("wamp.error.canceled"));
  expect(called?.status.code).toBe(SpanStatusCode.ERROR);
  expect(served?.status.code).toBe(SpanStatusCode.UNSET); // its caller has ended it
});

test("no span holds anything of a payload", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  await serve(
    service,
    orders,
    {
      order({ secret }, { errors }) {
        if (secret === "hush-1") return "hush-2";
        if (secret === "hush-3") throw errors.soldOut({ secret });
        throw new WampError("com.example.error.other", { args: [secret], kwargs: { secret } });
      },
    },
    { pick: ["order"], use },
  );
  const client = createClient(consumer, orders, { use });
  await createClient(service, orders, { use }).changed.subscribe({}, () => {});
  await client.changed.publish({ shop: "a" }, { secret: "hush-0" });
  for (const secret of ["hush-1", "hush-3", "hush-4"]) await client.order({ shop: "a" }, { secret }).safe();
  await client.order({ shop: "a" }, { hush: 1 } as never).safe();
  await recorded.until(9);
  const told = recorded
    .ended()
    .map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links }));
  expect(told).toHaveLength(9);
  expect(JSON.stringify(told)).not.toContain("hush");
});

test("a message is in its sender's trace or in one of its own, never in that of whoever opened the connection", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const tracer = recorded.tracerProvider.getTracer("test");
  const consumer = await open();
  await tracer.startActiveSpan("startup", async (startup) => {
    const service = await open();
    await serve(service, stock, { take: (what) => what }, { pick: ["take"], use });
    await createClient(service, orders, { use }).news.subscribe(() => {});
    startup.end();
  });
  await createClient(consumer, stock).take("one"); // by a client that has no tracing
  await createClient(consumer, orders).news.publish("new");
  await recorded.until(3);
  for (const span of [
    recorded.one("com.example.stock.take", SERVER),
    recorded.one("process com.example.news", CONSUMER),
  ]) {
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.links).toEqual([]);
  }
});

test("with publicEndpoint a caller's span is linked, and decides neither the trace nor the sampling", async (t) => {
  const { recorded, use, open } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  const own = tracing({ tracerProvider: recorded.tracerProvider, publicEndpoint: true });
  await serve(service, stock, { take: (what) => what }, { pick: ["take"], use: [own] });
  await createClient(consumer, stock, { use }).take("one");
  const [called, served] = [CLIENT, SERVER].map((kind) => recorded.one("com.example.stock.take", kind));
  expect(served?.parentSpanContext).toBeUndefined();
  expect(served && linksOf(served)).toEqual([called && nameOf(called)]);
});

test("tracestate goes along, and a span that is not sampled says so", async (t) => {
  const { use, open } = await setUp(t);
  const [service, consumer] = [await open(), await open()];
  const seen: unknown[] = [];
  await service.register("com.example.stock.take", ({ details: { _traceparent, _tracestate } }) => {
    seen.push(_traceparent, _tracestate);
    return "seen";
  });
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const outer = { traceId, spanId: "00f067aa0ba902b7", traceFlags: 0, isRemote: true };
  const { createTraceState } = await import("@opentelemetry/api");
  const within = trace.setSpanContext(context.active(), { ...outer, traceState: createTraceState("vendor=abc") });
  await context.with(within, () => createClient(consumer, stock, { use }).take("one"));
  expect(seen).toEqual([expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`)), "vendor=abc"]);
});

test("without an SDK there are no spans and no trace context, and all goes on as ever", async (t) => {
  const { open } = await setUp(t, "json", false);
  const [service, consumer] = [await open(), await open()];
  const details: unknown[] = [];
  await serve(
    service,
    stock,
    { take: (what) => what },
    {
      pick: ["take"],
      use: [
        (call, next) => {
          details.push(call.details);
          return next();
        },
        tracing(),
      ],
    },
  );
  const client = createClient(consumer, { ...stock, ...orders }, { use: [tracing()] });
  expect(await client.take("one")).toBe("one");
  expect(await failureOf(client.wait())).toMatchObject({ code: "noSuchProcedure" });
  expect(await client.news.publish("new", { acknowledge: true })).toMatchObject({ publication: expect.any(Number) });
  expect(details).toEqual([{}]);
});

test("without a context manager a callee's span is below its caller's, and what it calls starts anew", async (t) => {
  const { recorded, use, open } = await setUp(t, "json", false);
  const [shop, store, consumer] = [await open(), await open(), await open()];
  await serve(store, stock, { take: (what) => what }, { pick: ["take"], use });
  const fromShop = createClient(shop, stock, { use });
  const handlers = { order: ({ secret }: { secret: string }) => fromShop.take(secret) };
  await serve(shop, orders, handlers, { pick: ["order"], use });
  await createClient(consumer, orders, { use }).order({ shop: "a" }, { secret: "hush" });
  const called = recorded.one("com.example.{shop}.order", CLIENT);
  expect(placeOf(recorded.one("com.example.{shop}.order", SERVER))).toEqual(childOf(called));
  const next = recorded.one("com.example.stock.take", CLIENT);
  expect(next.parentSpanContext).toBeUndefined();
  expect(placeOf(recorded.one("com.example.stock.take", SERVER))).toEqual(childOf(next));
});

test("behind a router that drops the trace context, or forges one, a callee's trace starts anew", async (t) => {
  const recorded = recordSpans(t);
  const { peer, router } = await connectToFake(t);
  const use = [tracing({ tracerProvider: recorded.tracerProvider })];
  const served = serve(peer, stock, { take: (what) => what }, { pick: ["take"], use });
  const [request] = await router.receive("REGISTER");
  router.send("REGISTERED", request, 7);
  await served;
  const forged = [{}, { _traceparent: 7 }, { _traceparent: "00-x" }, { _traceparent: {} }, { _tracestate: "a=b" }];
  for (const [index, details] of forged.entries()) {
    router.send("INVOCATION", index + 1, 7, details, ["one"]);
    expect((await router.receive("YIELD"))[2]).toEqual(["one"]);
  }
  expect(recorded.ended().map((span) => span.parentSpanContext)).toEqual(forged.map(() => undefined));
});

test("an option that is unknown or wrong is refused by name", () => {
  expect(() => tracing({ provider: {} } as never)).toThrow("provider: unknown option");
  expect(() => tracing({ tracerProvider: {} as never })).toThrow(
    "tracerProvider: expected a TracerProvider of @opentelemetry/api, got a dictionary",
  );
  expect(() => tracing({ publicEndpoint: "yes" as never })).toThrow("publicEndpoint: expected true or false");
});
