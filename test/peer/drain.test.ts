/** Ending in order: what runs is answered, and what comes too late is told so. */
import { expect, type TestContext, test } from "vitest";
import { createFakeClock } from "wampact/testing";
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
  await expect(callee.close({ drainMs: 0.5 })).rejects.toThrow("drainMs: expected an integer from 0, got 0.5");
});
