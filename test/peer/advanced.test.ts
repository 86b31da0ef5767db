import { expect, test, vi } from "vitest";
import { procedure, serve, topic } from "wampact";
import { connect, type Invocation, type WampEvent } from "wampact/peer";
import * as z from "zod";
import { FULL_DETAILS } from "../support/advanced.js";
import { connectToFake } from "../support/fake-router.js";
import { createGate, Inbox, stopTimers } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

type Test = Parameters<typeof startRouter>[0];

async function join(
  t: Test,
  { router }: ReturnType<typeof startRouter>,
  onError: (error: unknown) => void = (error) => expect.unreachable(String(error)),
) {
  const peer = await connect({ transport: router.attach(), realm: REALM, onError });
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  return peer;
}

async function* upTo(count: number) {
  for (let index = 1; index <= count; index++) yield { args: [index] };
}

test("chunks given to a call reach the handler as they come, and end", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  await callee.register("com.example.sum", async ({ args, chunks }) => {
    let sum = args[0] as number;
    for await (const chunk of chunks) sum += chunk.args[0] as number;
    return sum;
  });
  expect((await caller.call("com.example.sum", [100], {}, { chunks: upTo(4) })).args).toEqual([110]);
  expect((await caller.call("com.example.sum", [100])).args).toEqual([100]);
});

test("both directions at once: each chunk is answered by progress before the next is sent", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  await callee.register("com.example.echo", async ({ chunks, progress }) => {
    for await (const chunk of chunks) progress(chunk.args);
    return "done";
  });
  const heard: unknown[] = [];
  let answered = () => {};
  async function* chunks() {
    for (let index = 0; index < 3; index++) {
      const answer = new Promise<void>((resolve) => {
        answered = resolve;
      });
      yield { args: [index] };
      await answer;
    }
  }
  const call = caller.call("com.example.echo", [], {}, { chunks: chunks(), receiveProgress: true });
  for await (const value of call) {
    heard.push(value.args[0]);
    answered();
  }
  expect([heard, (await call).args]).toEqual([[0, 1, 2], ["done"]]);
});

test.for([
  "cancels it",
  "leaves",
] as const)("a handler that waits for a chunk is told when its caller %s", async (how, t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router, () => {}), await join(t, router)];
  const heard = new Inbox<unknown>();
  const read = async ({ chunks }: Invocation) => {
    try {
      for await (const { args } of chunks) heard.push(args[0]);
    } catch (error) {
      heard.push(error);
      throw error;
    }
  };
  await callee.register("com.example.read", read);
  const endless = createGate();
  t.onTestFinished(() => endless.open());
  async function* chunks() {
    yield { args: ["first"] };
    await endless.promise;
  }
  const call = caller.call("com.example.read", [], {}, { chunks: chunks() });
  const settled = call.safe();
  expect(await heard.next()).toBe("first");
  if (how === "cancels it") call.cancel();
  else await caller.close({ drainMs: 0 });
  expect(await heard.next()).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await settled).toMatchObject({ ok: false });
});

test("a call that ends before its chunks ends their iteration, and an exception in them is what the call fails with", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  await callee.register("com.example.first", async ({ chunks }) => {
    for await (const chunk of chunks) return chunk.args[0];
    return undefined;
  });
  let ended = false;
  async function* endless() {
    try {
      for (let index = 0; ; index++) {
        yield { args: [index] };
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended = true;
    }
  }
  expect((await caller.call("com.example.first", [], {}, { chunks: endless() })).args).toEqual([0]);
  await expect.poll(() => ended).toBe(true);
  const aborted = new Promise<boolean>((resolve) => {
    void callee.register(
      "com.example.slow",
      ({ signal }) => new Promise(() => signal.addEventListener("abort", () => resolve(true))),
    );
  });
  await expect
    .poll(async () => (await caller.call("wamp.registration.match", ["com.example.slow"])).args[0])
    .not.toBe(null);
  // biome-ignore lint/correctness/useYield: it fails before it yields
  async function* broken(): AsyncGenerator<never> {
    throw new Error("no more disk");
  }
  await expect(caller.call("com.example.slow", [], {}, { chunks: broken() })).rejects.toThrow("no more disk");
  expect(await aborted).toBe(true);
});

test("fact 37: chunks for a callee that cannot take them fail with wamp.error.feature_not_supported", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await join(t, router), await router.join()];
  await callee.register("com.example.plain");
  await expect(caller.call("com.example.plain", [], {}, { chunks: upTo(1) })).rejects.toMatchObject({
    uri: "wamp.error.feature_not_supported",
  });
});

test("getRetained gives each listener that asks for it the retained event, and nobody else a second time", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await join(t, router), await join(t, router)];
  await publisher.publish("com.example.t", [1], {}, { retain: true, acknowledge: true });
  const heard: Record<string, unknown[]> = { plain: [], first: [], second: [] };
  const listen = (name: string) => (event: WampEvent) =>
    void heard[name]?.push([event.args[0], event.details.retained ?? false]);
  await subscriber.subscribe("com.example.t", listen("plain"));
  await subscriber.subscribe("com.example.t", listen("first"), { getRetained: true });
  await subscriber.subscribe("com.example.t", listen("second"), { getRetained: true });
  await publisher.publish("com.example.t", [2], {}, { acknowledge: true });
  await expect.poll(() => heard.plain?.length).toBe(1);
  expect(heard).toEqual({
    plain: [[2, false]],
    first: [
      [1, true],
      [2, false],
    ],
    second: [
      [1, true],
      [2, false],
    ],
  });
});

test("nodeKey and resourceKey send an event to one node, and a call to one callee", async (t) => {
  const router = startRouter(t);
  const [sender, ...nodes] = [await join(t, router), await join(t, router), await join(t, router)] as const;
  const heard: string[] = [];
  for (const [index, node] of nodes.entries()) {
    await node.subscribe("com.example.t", () => void heard.push(`event ${index}`), { nodeKey: `n${index}` });
    await node.register("com.example.p", () => index, { invoke: "roundrobin" });
  }
  for (let count = 0; count < 3; count++)
    await sender.publish("com.example.t", [], {}, { resourceKey: "k", acknowledge: true });
  const answers = new Set();
  for (let count = 0; count < 3; count++)
    answers.add((await sender.call("com.example.p", [], {}, { resourceKey: "k" })).args[0]);
  await expect.poll(() => heard.length).toBe(3);
  expect([new Set(heard).size, answers.size]).toEqual([1, 1]);
});

test("fact 39: a revoked registration or subscription is told to onError, and its handler hears no more", async (t) => {
  const router = startRouter(t);
  const told: string[] = [];
  const [admin, peer] = [await join(t, router), await join(t, router, (error) => void told.push(String(error)))];
  const registration = await peer.register("com.example.mine", () => {});
  const subscription = await peer.subscribe("com.example.topic", () => expect.unreachable());
  const session = peer.session?.id;
  await admin.call("wamp.registration.remove_callee", [registration.id, session], { reason: "moved" });
  await admin.call("wamp.subscription.remove_subscriber", [subscription.id, session]);
  await admin.publish("com.example.topic", [], {}, { acknowledge: true });
  expect((await admin.call("com.example.mine").safe()).ok).toBe(false);
  expect(told).toEqual([
    "Error: the router has revoked the registration of com.example.mine: moved",
    "Error: the router has revoked the subscription of com.example.topic: no reason given",
  ]);
});

test("serving a contract describes it to whoever asks, with JSON Schemas, until the peer is gone", async (t) => {
  const router = startRouter(t);
  const [peer, asking] = [await join(t, router), await router.join(FULL_DETAILS)];
  const contract = {
    add2: procedure("com.example.add2", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
    said: topic("com.example.{room}.said", { event: z.object({ text: z.string() }) }),
  };
  await serve(peer, contract, { add2: ({ a, b }) => a + b });
  asking.call("wamp.reflection.procedure.describe", {}, ["com.example.add2"]);
  expect((await asking.receive("RESULT")).args).toEqual([
    expect.objectContaining({
      kind: "procedure",
      uri: "com.example.add2",
      name: "add2",
      input: expect.objectContaining({ type: "object", required: ["a", "b"] }),
      output: expect.objectContaining({ type: "number" }),
    }),
  ]);
  asking.call("wamp.reflection.topic.list");
  expect((await asking.receive("RESULT")).args).toEqual([["com.example.{room}.said"]]);
  await peer.close();
  asking.call("wamp.reflection.procedure.list");
  expect((await asking.receive("RESULT")).args).toEqual([[]]);
});

test("a callee that is left the time limit answers wamp.error.timeout when it is up, and its handler is told", async (t) => {
  const { peer, router } = await connectToFake(t);
  const registering = peer.register(
    "com.example.slow",
    ({ details, signal }) =>
      new Promise((_, reject) => {
        expect(details.timeout).toBe(20);
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    { forwardTimeout: true },
  );
  expect(await router.receive("REGISTER")).toEqual([1, { forward_timeout: true }, "com.example.slow"]);
  router.send("REGISTERED", 1, 7);
  await registering;
  router.send("INVOCATION", 1, 7, { timeout: 20 });
  const timeout = [68, 1, {}, "wamp.error.timeout", ["no answer within 20 ms"]];
  expect(await router.receive("ERROR")).toEqual(timeout);
});

test("a time limit left to the callee counts anew from each progress value", async (t) => {
  const { peer, router } = await connectToFake(t);
  const steps = new Inbox<number>();
  const registering = peer.register("com.example.steps", async ({ progress, signal }) => {
    for (let step = await steps.next(); step < 3; step = await steps.next()) progress([step]);
    return signal.aborted;
  });
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 7);
  await registering;
  stopTimers(t);
  router.send("INVOCATION", 1, 7, { timeout: 1_000, receive_progress: true });
  for (let step = 0; step < 3; step++) {
    steps.push(step);
    expect(await router.receive("YIELD")).toEqual([1, { progress: true }, [step]]);
    vi.advanceTimersByTime(900);
  }
  steps.push(3);
  expect(await router.receive("YIELD")).toEqual([1, {}, [false]]);
});

test("an event that asks for it is acknowledged with EVENT_RECEIVED, any other is not", async (t) => {
  const { peer, router } = await connectToFake(t);
  const heard: unknown[] = [];
  const subscribing = peer.subscribe("com.example.news", ({ args }) => void heard.push(args[0]));
  await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", 1, 7);
  await subscribing;
  router.send("EVENT", 7, 11, {}, ["plain"]);
  router.send("EVENT", 7, 12, { x_acknowledged_delivery: true }, ["asked"]);
  expect(await router.receive("EVENT_RECEIVED")).toEqual([12]);
  expect(heard).toEqual(["plain", "asked"]);
});
