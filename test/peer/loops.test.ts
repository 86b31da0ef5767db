/** Whoever leaves a loop is let go at once, and the other side hears of it; whatever was awaited. */
import { expect, test } from "vitest";
import type { WampChunk } from "wampact/peer";
import { BoundedQueue } from "../../src/peer/bounded-queue.js";
import { connectToFake } from "../support/fake-router.js";
import { createGate, failureOf, join } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const DONE = { done: true, value: undefined };
const PROGRESS = { receiveProgress: true };
const CHUNKS = { broker: {}, dealer: { features: { call_canceling: true, progressive_call_invocations: true } } };

test.for([
  "return",
  "throw",
] as const)("%s() ends a call's loop while it waits for a value, and cancels the call", async (how, t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, PROGRESS);
  const failure = failureOf(call);
  await router.receive("CALL");
  const loop = call[Symbol.asyncIterator]();
  const pending = [loop.next(), loop.next()];
  const end = loop[how]?.(new Error("enough")).catch((error: Error) => error.message);
  expect(await Promise.all(pending)).toEqual([DONE, DONE]);
  expect(await end).toEqual(how === "throw" ? "enough" : DONE);
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
  expect(await failure).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await loop.next()).toEqual(DONE);
});

test("return() before the first next() cancels the call", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, PROGRESS);
  await router.receive("CALL");
  const loop = call[Symbol.asyncIterator]();
  expect(await loop.return?.()).toEqual(DONE);
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
});

test("a second loop over one call is a TypeError, during the first and after it", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, PROGRESS);
  await router.receive("CALL");
  const first = call[Symbol.asyncIterator]();
  const second = async () => {
    for await (const _ of call);
  };
  const words = new TypeError("a call can be iterated over once; keep its values, or call again");
  expect(await failureOf(second())).toEqual(words);
  router.send("RESULT", 1, { progress: true }, [1]);
  expect((await first.next()).value?.args).toEqual([1]);
  router.send("RESULT", 1, {}, [2]);
  expect(await first.next()).toEqual(DONE);
  expect(await failureOf(second())).toEqual(words);
  expect((await call).args).toEqual([2]);
});

test("a loop that begins after the call has ended gives what came before, then the outcome", async (t) => {
  const { peer, router } = await connectToFake(t);
  const calls = ["com.example.a", "com.example.b"].map((uri) => peer.call(uri, [], {}, PROGRESS));
  const outcomes = calls.map((call) => call.safe());
  for (const _ of calls) await router.receive("CALL");
  router.send("RESULT", 1, { progress: true }, [1]);
  router.send("RESULT", 1, {});
  router.send("ERROR", 48, 2, {}, "com.example.bad");
  await Promise.all(outcomes);
  const [fine, failed] = calls.map((call) => call[Symbol.asyncIterator]());
  expect((await fine?.next())?.value?.args).toEqual([1]);
  expect(await fine?.next()).toEqual(DONE);
  expect(await failureOf(failed?.next() as Promise<unknown>)).toMatchObject({ uri: "com.example.bad" });
});

test("the source of chunks is ended when its call is, though it owes a value", async (t) => {
  const { peer, router } = await connectToFake(t, {}, CHUNKS);
  const left = createGate();
  const source = {
    next: () => new Promise<IteratorResult<object>>(() => {}),
    return: async () => {
      left.open();
      return { done: true, value: undefined } as const;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const call = peer.call("com.example.a", [], {}, { chunks: source });
  await router.receive("CALL");
  router.send("RESULT", 1, {}, [7]);
  expect((await call).args).toEqual([7]);
  await left.promise;
});

test("a source of chunks that cannot be ended goes to onError", async (t) => {
  const told: unknown[] = [];
  const { peer, router } = await connectToFake(t, { onError: (error) => told.push(error) }, CHUNKS);
  const source = {
    next: () => new Promise<IteratorResult<object>>(() => {}),
    return() {
      throw new Error("stuck");
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const call = peer.call("com.example.a", [], {}, { chunks: source });
  await router.receive("CALL");
  router.send("RESULT", 1, {});
  await call;
  await expect.poll(() => told.map(String)).toEqual(["Error: stuck"]);
});

test("a loop over an invocation's chunks ends at once, and another one goes on after it", async (t) => {
  const { router } = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  const sent = createGate();
  async function* chunks() {
    yield { args: [1] };
    await sent.promise;
    yield { args: [2] };
  }
  await callee.register("com.example.read", async (invocation) => {
    const loop = invocation.chunks[Symbol.asyncIterator]();
    const heard: unknown[] = [(await loop.next()).value?.args];
    const pending = loop.next();
    expect(() => invocation.chunks[Symbol.asyncIterator]()).toThrow("another loop already reads these values");
    await loop.return?.();
    heard.push(await pending);
    sent.open();
    for await (const { args } of invocation.chunks as AsyncIterable<WampChunk>) heard.push(args);
    return heard;
  });
  const { args } = await caller.call("com.example.read", [], {}, { chunks: chunks() });
  expect(args).toEqual([[[1], { done: true }, [2]]]);
});

test("return() of a loop over events ends it while it waits, and unsubscribes", async (t) => {
  const { peer, router } = await connectToFake(t);
  const loop = peer.events("com.example.a")[Symbol.asyncIterator]();
  const pending = loop.next();
  await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", 1, 7);
  router.send("EVENT", 7, 1, {}, [1]);
  expect((await pending).value?.args).toEqual([1]);
  const next = loop.next();
  const left = loop.return?.();
  expect(await next).toEqual(DONE);
  expect(await router.receive("UNSUBSCRIBE")).toEqual([2, 7]);
  router.send("UNSUBSCRIBED", 2);
  expect(await left).toEqual(DONE);
});

test("a loop over events that is left before SUBSCRIBED ends at once, and unsubscribes when it comes", async (t) => {
  const { peer, router } = await connectToFake(t);
  const loop = peer.events("com.example.a")[Symbol.asyncIterator]();
  const pending = loop.next();
  await router.receive("SUBSCRIBE");
  expect(await loop.return?.()).toEqual(DONE);
  expect(await pending).toEqual(DONE);
  router.send("SUBSCRIBED", 1, 7);
  expect(await router.receive("UNSUBSCRIBE")).toEqual([2, 7]);
  router.send("UNSUBSCRIBED", 2);
});

test("a loop over events that was left, or whose signal was aborted before, subscribes to nothing", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  const left = peer.events("com.example.a")[Symbol.asyncIterator]();
  await left.return?.();
  const aborted = peer.events("com.example.a", { signal: AbortSignal.abort() })[Symbol.asyncIterator]();
  expect(await Promise.all([left.next(), aborted.next()])).toEqual([DONE, DONE]);
  expect(router.stats(REALM).subscriptions).toBe(0);
});

test("a queue that is full drops the oldest and counts them, or ends its loop, as it was told", async () => {
  const [dropping, failing] = (["drop", "fail"] as const).map(
    (overflow) => new BoundedQueue<number>({ limit: 2, overflow }),
  ) as [BoundedQueue<number>, BoundedQueue<number>];
  const read = (value: number, dropped: number) => [value, dropped];
  const [counted, ended] = [dropping.read({ read }), failing.read({ read })];
  for (const value of [1, 2, 3, 4]) for (const queue of [dropping, failing]) queue.push(value);
  dropping.end();
  expect([await counted.next(), await counted.next(), await counted.next()]).toEqual([
    { done: false, value: [3, 2] },
    { done: false, value: [4, 0] },
    DONE,
  ]);
  expect([await ended.next(), await ended.next()].map(({ value }) => value)).toEqual([
    [1, 0],
    [2, 0],
  ]);
  expect(await failureOf(ended.next())).toMatchObject({ uri: "wampact.error.queue_overflow" });
  expect(await ended.next()).toEqual(DONE);
});

test("a queue keeps the order of a hundred thousand values that wait", async () => {
  const queue = new BoundedQueue<number>({ limit: 100_000, overflow: "drop" });
  for (let value = 0; value < 150_000; value++) queue.push(value);
  queue.end();
  let expected = 50_000;
  for await (const value of queue.read({ read: (each) => each })) expect(value).toBe(expected++);
  expect(expected).toBe(150_000);
});
