import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { Peer, RequestOptions } from "wampact/peer";
import { connectToFake, type FakeConnection, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, createGate, failureOf, join, stopTimers } from "../support/peers.js";
import { startRouter } from "../support/raw.js";

/** A request with limits, and what travels for it. */
interface Kind {
  readonly name: string;
  readonly message: "CALL" | "REGISTER" | "SUBSCRIBE" | "PUBLISH";
  start(peer: Peer, options: RequestOptions): PromiseLike<unknown>;
  answer(router: FakeConnection, request: unknown): void;
  /** The message that undoes a request whose answer comes too late. */
  readonly undo?: "UNREGISTER" | "UNSUBSCRIBE";
}

const KINDS: readonly Kind[] = [
  {
    name: "a call",
    message: "CALL",
    start: (peer, options) => peer.call("com.example.a", [], {}, options),
    answer: (router, request) => router.send("RESULT", request, {}, ["late"]),
  },
  {
    name: "a registration",
    message: "REGISTER",
    start: (peer, options) => peer.register("com.example.a", () => {}, options),
    answer: (router, request) => router.send("REGISTERED", request, 7),
    undo: "UNREGISTER",
  },
  {
    name: "a subscription",
    message: "SUBSCRIBE",
    start: (peer, options) => peer.subscribe("com.example.a", () => {}, options),
    answer: (router, request) => router.send("SUBSCRIBED", request, 7),
    undo: "UNSUBSCRIBE",
  },
  {
    name: "an acknowledged publication",
    message: "PUBLISH",
    start: (peer, options) => peer.publish("com.example.a", [], {}, { ...options, acknowledge: true }),
    answer: (router, request) => router.send("PUBLISHED", request, 7),
  },
];

/** Asserts that the next thing the peer sends is a PUBLISH of ours, so nothing came before it. */
async function expectNothingSent(peer: Peer, router: FakeConnection): Promise<void> {
  await peer.publish("com.example.marker");
  expect((await router.receive("PUBLISH"))[2]).toBe("com.example.marker");
}

describe.for(KINDS)("$name", ({ message, start, answer, undo }) => {
  const giveUp = async (router: FakeConnection, request: unknown) => {
    if (message === "CALL") expect(await router.receive("CANCEL")).toEqual([request, { mode: "killnowait" }]);
  };
  const answerLate = async (peer: Peer, router: FakeConnection, request: unknown) => {
    answer(router, request);
    if (undo) {
      const [undone, id] = await router.receive(undo);
      expect(id).toBe(7);
      router.send(undo === "UNREGISTER" ? "UNREGISTERED" : "UNSUBSCRIBED", undone);
    }
    await expectNothingSent(peer, router);
  };

  test("whose signal is aborted already is not sent", async (t) => {
    const { peer, router } = await connectToFake(t);
    expect(await failureOf(start(peer, { signal: AbortSignal.abort() }))).toMatchObject({ uri: "wamp.error.canceled" });
    await expectNothingSent(peer, router);
  });

  test("whose signal is aborted under way fails as canceled, and a late answer is undone", async (t) => {
    const { peer, router } = await connectToFake(t);
    const controller = new AbortController();
    const asked = failureOf(start(peer, { signal: controller.signal }));
    const [request] = await router.receive(message);
    controller.abort();
    expect(await asked).toMatchObject({ uri: "wamp.error.canceled" });
    await giveUp(router, request);
    await answerLate(peer, router, request);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test("whose signal is aborted after the answer has its answer, and nothing more is sent", async (t) => {
    const { peer, router } = await connectToFake(t);
    const controller = new AbortController();
    const asked = start(peer, { signal: controller.signal });
    const [request] = await router.receive(message);
    answer(router, request);
    await asked;
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    controller.abort();
    await expectNothingSent(peer, router);
  });

  test("that is not answered within timeoutMs fails as timeout, and a late answer is undone", async (t) => {
    const { peer, router } = await connectToFake(t);
    const signal = new AbortController().signal;
    const asked = failureOf(start(peer, { timeoutMs: 5, signal }));
    const [request] = await router.receive(message);
    expect(await asked).toMatchObject({ uri: "wamp.error.timeout", args: ["no answer within 5 ms"] });
    await giveUp(router, request);
    await answerLate(peer, router, request);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test.for([
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])("with timeoutMs %d is a TypeError and not sent", async (timeoutMs, t) => {
    const { peer, router } = await connectToFake(t);
    const failure = await failureOf(Promise.resolve().then(() => start(peer, { timeoutMs })));
    expect(String(failure)).toMatch(/^TypeError: \w+\.timeoutMs: expected a non-negative integer/);
    await expectNothingSent(peer, router);
  });
});

test("a time limit longer than a timer can take is kept, not over at once", async (t) => {
  const { peer, router } = await connectToFake(t);
  stopTimers(t);
  const call = peer.call("com.example.a", [], {}, { timeoutMs: 2 ** 31 });
  await router.receive("CALL");
  vi.advanceTimersByTime(60_000);
  await expectNothingSent(peer, router);
  router.send("RESULT", 1, {}, [1]);
  expect((await call).args).toEqual([1]);
});

test("with progress, timeoutMs limits the gap between answers", async (t) => {
  const { peer, router } = await connectToFake(t);
  stopTimers(t);
  const call = peer.call("com.example.a", [], {}, { timeoutMs: 60_000, receiveProgress: true });
  await router.receive("CALL");
  const loop = call[Symbol.asyncIterator]();
  for (let part = 0; part < 4; part++) {
    vi.advanceTimersByTime(59_000);
    router.send("RESULT", 1, { progress: true }, [part]);
    expect((await loop.next()).value?.args).toEqual([part]);
  }
  vi.advanceTimersByTime(60_000);
  expect(await failureOf(loop.next())).toMatchObject({ uri: "wamp.error.timeout" });
});

test("nothing of a call is left behind when it is answered, canceled or out of time", async (t) => {
  const { peer, router } = await connectToFake(t);
  stopTimers(t);
  const options = { timeoutMs: 60_000, cancelMode: "kill" as const };
  const calls = [1, 2, 3].map(() => peer.call("com.example.a", [], {}, options));
  const settled = calls.map((call) => call.safe());
  for (const _ of calls) await router.receive("CALL");
  router.send("RESULT", 1, {});
  await settled[0];
  calls[1]?.cancel();
  await router.receive("CANCEL");
  router.send("RESULT", 2, {});
  await settled[1];
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(await settled[2]).toMatchObject({ error: { code: "timeout" } });
  vi.advanceTimersByTime(1); // by then an unseen failure would have been told
  expect(vi.getTimerCount()).toBe(0);
});

test.for(["killnowait", "skip"] as const)("a call canceled with %s says so and fails at once", async (mode, t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a");
  await router.receive("CALL");
  call.cancel(mode);
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled", args: ["canceled by the caller"] });
  expect(await router.receive("CANCEL")).toEqual([1, { mode }]);
});

test("cancelMode is what signal and cancel() send", async (t) => {
  const { peer, router } = await connectToFake(t);
  const controller = new AbortController();
  const calls = [
    peer.call("com.example.a", [], {}, { cancelMode: "skip", signal: controller.signal }),
    peer.call("com.example.b", [], {}, { cancelMode: "skip" }),
  ];
  const failures = calls.map(failureOf);
  controller.abort();
  calls[1]?.cancel();
  for (const failure of failures) expect(await failure).toMatchObject({ uri: "wamp.error.canceled" });
  await router.receive("CALL");
  await router.receive("CALL");
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "skip" }]);
  expect(await router.receive("CANCEL")).toEqual([2, { mode: "skip" }]);
});

test("a call canceled with kill settles with the callee's own result", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, { cancelMode: "kill" });
  await router.receive("CALL");
  call.cancel();
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "kill" }]);
  router.send("RESULT", 1, {}, ["done after all"]);
  expect((await call).args).toEqual(["done after all"]);
});

test("a call canceled with kill settles with the callee's own error", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, { cancelMode: "kill" });
  await router.receive("CALL");
  call.cancel();
  await router.receive("CANCEL");
  router.send("ERROR", 48, 1, {}, "com.example.stopped", ["half way"]);
  expect(await failureOf(call)).toMatchObject({ uri: "com.example.stopped", args: ["half way"] });
});

test("a call canceled with kill fails as canceled when nothing comes within cancelTimeoutMs", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, { cancelMode: "kill", cancelTimeoutMs: 5 });
  await router.receive("CALL");
  call.cancel();
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "kill" }]);
  router.send("RESULT", 1, {}, ["too late"]);
  await expectNothingSent(peer, router);
});

test("a call is canceled without a word where the router does not announce call_canceling", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false });
  const router = await server.accept();
  await router.welcome(1, { broker: {}, dealer: {} });
  const peer = await connecting;
  const call = peer.call("com.example.a", [], {}, { cancelMode: "kill" });
  await router.receive("CALL");
  call.cancel();
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
  await expectNothingSent(peer, router);
});

test("cancel() of a call that is over sends nothing", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a");
  await router.receive("CALL");
  router.send("RESULT", 1, {});
  await call;
  call.cancel();
  await expectNothingSent(peer, router);
});

test("leaving a progress loop early cancels the call and interrupts its handler", async (t) => {
  const { router } = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  const interrupted = createGate<unknown>();
  await callee.register("com.example.ticks", async ({ progress, signal }) => {
    progress([1]);
    progress([2]);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    interrupted.open(signal.reason);
  });
  const call = caller.call("com.example.ticks", [], {}, { receiveProgress: true });
  for await (const { args } of call) {
    expect(args).toEqual([1]);
    break;
  }
  expect(await interrupted.promise).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
});
