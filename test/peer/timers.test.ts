/** No timer of a peer outlives the peer: one would keep a Node process alive. */
import { expect, type TestContext, test } from "vitest";
import { createPeer } from "wampact/peer";
import { createFakeClock } from "wampact/testing";
import { connectToFake } from "../support/fake-router.js";
import { connectPeer, createGate, startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const PROCEDURE = "com.example.slow";

/** A peer at a router that can be cut. */
async function start(t: TestContext) {
  const clock = createFakeClock();
  const server = await startServer(t);
  const options = { url: server.url, realm: REALM, clock, onError: () => {} };
  return { clock, server, options, peer: await connectPeer(t, options) };
}

test.for(["waiting", "connecting"] as const)("a peer that a state listener closes while it is %s", async (state, t) => {
  const { clock, server, peer } = await start(t);
  const closed = createGate();
  let isCut = false;
  peer.on("state", (now) => {
    if (isCut && now === state) closed.open(peer.close() as never);
  });
  isCut = true;
  await server.kill();
  await expect.poll(() => clock.advance(state === "waiting" ? 0 : 60_000).then(() => peer.state)).toBe("closed");
  await closed.promise;
  expect(clock.timers).toBe(0);
});

test("a peer whose first connection fails, and that onError closes", async () => {
  const clock = createFakeClock();
  const peer = createPeer({
    url: "ws://127.0.0.1:1",
    realm: REALM,
    clock,
    reconnect: { minMs: 60_000 },
    onError: () => void peer.close(),
  });
  await expect(peer.start()).rejects.toThrow();
  expect([peer.state, clock.timers]).toEqual(["closed", 0]);
});

test("a peer that is closed while it joins again", async (t) => {
  const clock = createFakeClock();
  const { peer, router } = await connectToFake(t, { clock });
  await peer.leave();
  const joining = peer.join("com.example.other");
  await router.receive("HELLO");
  expect(clock.timers).toBeGreaterThan(0);
  await peer.close();
  await expect(joining).rejects.toThrow();
  expect(clock.timers).toBe(0);
});

test("a peer that leaves, and whose router closes the connection instead of an answer", async (t) => {
  const clock = createFakeClock();
  const { peer, router } = await connectToFake(t, { clock });
  router.answersGoodbye = false;
  const leaving = peer.leave();
  await router.receive("GOODBYE");
  router.cut();
  await leaving;
  await peer.close();
  expect(clock.timers).toBe(0);
});

test("a callee that is closed at once while another close waits for a handler that never ends", async (t) => {
  const { clock, peer, options } = await start(t);
  const started = createGate();
  await peer.register(PROCEDURE, () => {
    started.open();
    return new Promise(() => {});
  });
  const caller = await connectPeer(t, { ...options, clock: createFakeClock() });
  const call = caller.call(PROCEDURE).safe();
  await started.promise;
  const closing = peer.close();
  await peer.close({ drainMs: 0 });
  await Promise.all([closing, call]);
  expect(clock.timers).toBe(0);
});

test("a callee with one handler for two procedures, which close when the handler has answered", async (t) => {
  const { clock, peer, options } = await start(t);
  const [started, answer] = [createGate(), createGate<string>()];
  const handler = () => {
    started.open();
    return answer.promise;
  };
  await peer.register(PROCEDURE, handler);
  await peer.register("com.example.alias", handler);
  const caller = await connectPeer(t, { ...options, clock: createFakeClock() });
  const call = caller.call(PROCEDURE);
  await started.promise;
  const closing = peer.close();
  await expect.poll(() => caller.call("com.example.alias").safe()).toMatchObject({ ok: false });
  answer.open("answered");
  expect((await call).args).toEqual(["answered"]);
  await closing;
  expect(clock.timers).toBe(0);
});

test("a caller whose calls wait for a connection and for a router that shuts down", async (t) => {
  const clock = createFakeClock();
  const { peer, router } = await connectToFake(t, { clock });
  const waiting = peer.call(PROCEDURE, [], {}, { offline: "wait", timeoutMs: 60_000 }).safe();
  await router.receive("CALL");
  router.send("ERROR", 48, 1, { _going_down: true }, "wamp.error.unavailable");
  await expect.poll(() => clock.timers).toBeGreaterThan(0);
  await peer.close();
  expect((await waiting).ok).toBe(false);
  expect(clock.timers).toBe(0);
});
