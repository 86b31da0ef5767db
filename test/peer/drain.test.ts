/** Ending in order: what runs is answered, and what comes too late is told so. */
import { expect, type TestContext, test } from "vitest";
import { createClient, procedure } from "wampact";
import { createFakeClock } from "wampact/testing";
import * as z from "zod";
import { connectToFake } from "../support/fake-router.js";
import { connectPeer, createGate, failureOf, join, startServer, watchStates } from "../support/peers.js";
import { startRouter } from "../support/raw.js";

const A = "com.example.a";
const B = "com.example.b";

/** A callee whose one invocation is under way until the gate opens, and its caller. */
async function startServing(t: TestContext) {
  const { router } = startRouter(t);
  const [callee, caller] = [await join(t, router), await join(t, router)];
  const [gate, started] = [createGate<string>(), createGate()];
  await callee.register(A, () => {
    started.open();
    return gate.promise;
  });
  const call = caller.call(A);
  const underWay = call.then(({ args }) => args[0]);
  await started.promise;
  return { router, callee, caller, gate, underWay };
}

test("close unregisters, answers what runs, then says GOODBYE", async (t) => {
  const { router, callee, caller, gate, underWay } = await startServing(t);
  const other = await join(t, router);
  await other.register(B, () => "asked");
  const closing = callee.close();
  await expect.poll(async () => (await caller.call(A).safe()).ok).toBe(false);
  expect(await failureOf(caller.call(A))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  expect(callee.state).toBe("ready");
  expect((await callee.call(B)).args).toEqual(["asked"]); // handlers may need others to finish
  gate.open("answered");
  expect(await underWay).toBe("answered");
  await closing;
  expect(callee.state).toBe("closed");
});

test("close with a drainMs of 0 cancels what runs, also where another close waits for it", async (t) => {
  const { callee, underWay } = await startServing(t);
  const closing = callee.close();
  await callee.close({ drainMs: 0 });
  await closing;
  expect(await failureOf(underWay)).toMatchObject({ uri: "wamp.error.canceled" });
});

test("an invocation that crosses the UNREGISTER of a closing peer is answered unavailable", async (t) => {
  const { peer, router } = await connectToFake(t);
  const registering = peer.register(A, () => "never");
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 11);
  await registering;
  const closing = peer.close();
  await router.receive("UNREGISTER");
  router.send("INVOCATION", 1, 11, {});
  router.send("UNREGISTERED", 2);
  expect((await router.receive("ERROR")).slice(0, 4)).toEqual([68, 1, {}, "wamp.error.unavailable"]);
  await closing;
});

test("close waits for a router that does not answer no longer than drainMs", async (t) => {
  const clock = createFakeClock();
  const { peer, router } = await connectToFake(t, { clock });
  const registering = peer.register(A, () => "never");
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 11);
  await registering;
  const closing = peer.close({ drainMs: 300 });
  await router.receive("UNREGISTER");
  await clock.advance(299);
  expect(peer.state).toBe("ready");
  await clock.advance(1);
  await closing;
});

test("a peer that loses its connection while it closes does not connect again", async (t) => {
  const server = await startServer(t);
  const peer = await connectPeer(t, { url: server.url, reconnect: { minMs: 1 } });
  const [started, watch] = [createGate(), watchStates(peer)];
  await peer.register(A, () => {
    started.open();
    return new Promise(() => {});
  });
  peer.call(A).safe();
  await started.promise;
  const closing = peer.close();
  server.cut();
  await closing;
  expect(watch.states).toEqual(["closed"]);
});

test("unregister waits for handlers only where it is told to", async (t) => {
  const { router } = startRouter(t);
  const [callee, caller] = [await join(t, router), await join(t, router)];
  const [gate, started] = [createGate<string>(), createGate()];
  const registration = await callee.register(A, () => {
    started.open();
    return gate.promise;
  });
  const call = caller.call(A).then(({ args }) => args[0]);
  await started.promise;
  await registration.unregister();
  gate.open("answered");
  expect(await call).toBe("answered");
  await expect(callee.close({ drainMs: 0.5 })).rejects.toThrow("drainMs: expected a non-negative integer, got 0.5");
});

const contract = {
  read: procedure(A, { output: z.string(), idempotent: true }),
  buy: procedure(A, { output: z.string() }),
  hold: procedure(B, { output: z.string(), idempotent: true }),
};

test("calls that would wait for a connection wait through the drain of a router, others fail as unavailable", async (t) => {
  const server = await startServer(t);
  const [callee, other] = [await join(t, server.router), await join(t, server.router)];
  const [started, never, last] = [createGate(), createGate<string>(), createGate()];
  await other.register("com.example.last", () => last.promise);
  await callee.register(A, () => "before");
  await callee.register(B, () => {
    started.open();
    return never.promise;
  });
  const peer = await connectPeer(t, { url: server.url, reconnect: { minMs: 10 }, onError: () => {} });
  const client = createClient(peer, contract);
  const held = client.hold();
  const underWay = other.call("com.example.last");
  await started.promise;
  const closed = server.router.close();
  const kept = [client.read(), client.buy({ offline: "wait" })];
  const tooMany = client.buy({ offline: { wait: { maxCount: 1 } } }).safe();
  for (const call of [client.buy(), client.read({ offline: "fail" })]) {
    expect(await call.safe()).toMatchObject({ error: { code: "unavailable" } });
  }
  expect(await tooMany).toMatchObject({ error: { code: "disconnected" } });
  await callee.close({ drainMs: 0 });
  expect(await failureOf(client.read({ timeoutMs: 300 }))).toMatchObject({ uri: "wamp.error.timeout" });
  last.open();
  await underWay;
  await closed;
  await server.kill();
  await server.restart(async (router) => {
    const next = await join(t, router);
    await next.register(A, () => "after");
    await next.register(B, () => "after");
  });
  expect(await Promise.all([...kept, held])).toEqual(["after", "after", "after"]);
});
