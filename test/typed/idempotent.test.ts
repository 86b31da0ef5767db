import { expect, test } from "vitest";
import { createClient, procedure } from "wampact";
import * as z from "zod";
import { type FakeConnection, type FakeRouter, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, type Finish, failureOf, watchStates } from "../support/peers.js";

const contract = {
  fetch: procedure("com.example.fetch", { input: z.object({ id: z.int() }), output: z.int(), idempotent: true }),
  buy: procedure("com.example.buy", { output: z.int() }),
};

/** A client on a connection whose other end the test holds, and which comes back quickly. */
async function start(t: Finish) {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: { minMs: 1, maxMs: 10 }, onError: () => {} });
  const router = await accept(server, 1);
  const peer = await connecting;
  return { server, router, peer, client: createClient(peer, contract) };
}

async function accept(server: FakeRouter, session: number): Promise<FakeConnection> {
  const router = await server.accept();
  await router.welcome(session);
  return router;
}

test("an idempotent call that loses its connection is made again in the next session", async (t) => {
  const { server, router, client } = await start(t);
  const call = client.fetch({ id: 7 });
  expect(await router.receive("CALL")).toEqual([1, { _idempotent: true }, "com.example.fetch", [], { id: 7 }]);
  router.cut();
  const next = await accept(server, 2);
  expect(await next.receive("CALL")).toEqual([1, { _idempotent: true }, "com.example.fetch", [], { id: 7 }]);
  next.send("RESULT", 1, {}, [42]);
  expect(await call).toBe(42);
});

test("an idempotent call waits for a peer that is not ready", async (t) => {
  const { server, router, peer, client } = await start(t);
  const watch = watchStates(peer);
  router.cut();
  await watch.until("waiting");
  const call = client.fetch({ id: 7 });
  const next = await accept(server, 2);
  await next.receive("CALL");
  next.send("RESULT", 1, {}, [42]);
  expect(await call).toBe(42);
});

test("a call that is not idempotent settles as disconnected, and says whether it was sent", async (t) => {
  const { router, peer, client } = await start(t);
  const watch = watchStates(peer);
  const calls = [client.buy(), peer.call("com.example.buy")];
  await router.receive("CALL");
  await router.receive("CALL");
  router.cut();
  for (const call of calls) expect(await call.safe()).toMatchObject({ error: { code: "disconnected", sent: true } });
  await watch.until("waiting");
  const waiting = client.buy({ offline: "wait" });
  const unsent = [client.buy(), peer.call("com.example.buy"), client.buy({ offline: { wait: { maxCount: 1 } } })];
  for (const call of unsent) expect(await failureOf(call)).toMatchObject({ code: "disconnected", sent: false });
  await peer.close();
  for (const call of [waiting, client.buy()]) {
    expect(await call.safe()).toMatchObject({ error: { code: "disconnected", sent: false } });
  }
});

test("a call whose callee passes on that its own call was not sent, was sent", async (t) => {
  const { router, client } = await start(t);
  const call = client.buy().safe();
  await router.receive("CALL");
  router.send("ERROR", 48, 1, {}, "wampact.error.disconnected", ["no connection"], { sent: false });
  expect(await call).toMatchObject({ error: { code: "disconnected", sent: true } });
});

test("an idempotent call keeps to its own time limit over all its attempts", async (t) => {
  const { server, router, client } = await start(t);
  const call = failureOf(client.fetch({ id: 7 }, { timeoutMs: 50 }));
  await router.receive("CALL");
  router.cut();
  const next = await accept(server, 2);
  const [, options] = await next.receive("CALL");
  expect((options as { timeout: number }).timeout).toBeLessThanOrEqual(50);
  expect(await call).toMatchObject({ uri: "wamp.error.timeout" });
});

test("an idempotent call that waits for the next session settles when it is cancelled, or the peer is closed", async (t) => {
  const { router, peer, client } = await start(t);
  const watch = watchStates(peer);
  const [cancelled, open] = [client.fetch({ id: 1 }), client.fetch({ id: 2 })];
  await router.receive("CALL");
  router.cut();
  await watch.until("waiting");
  await new Promise((resolve) => setImmediate(resolve)); // neither call is under way any more
  cancelled.cancel();
  expect(await cancelled.safe()).toMatchObject({ error: { code: "canceled" } });
  await peer.close();
  expect(await open.safe()).toMatchObject({ error: { code: "disconnected" } });
});

test("an idempotent call is sent again three times, then fails", async (t) => {
  const { server, router, client } = await start(t);
  const outcome = client.fetch({ id: 7 }).safe();
  await router.receive("CALL");
  router.cut();
  for (let repeat = 1; repeat <= 3; repeat++) {
    const next = await accept(server, repeat + 1);
    await next.receive("CALL");
    next.cut();
  }
  expect(await outcome).toMatchObject({ error: { code: "disconnected" } });
  const last = await accept(server, 5);
  expect(last.unread()).toEqual([]);
});

test.for([
  "wamp.error.canceled",
  "wamp.error.unavailable",
])("an idempotent call that a router answers %s as it goes down is sent again in the next session", async (error, t) => {
  const { server, router, client } = await start(t);
  const call = client.fetch({ id: 7 });
  const bought = client.buy().safe();
  await router.receive("CALL");
  await router.receive("CALL");
  for (const request of [1, 2]) router.send("ERROR", 48, request, {}, error);
  router.send("GOODBYE", {}, "wamp.close.system_shutdown");
  expect(await bought).toMatchObject({ ok: false, error: { uri: error } }); // it is not idempotent
  const next = await accept(server, 2);
  expect(await next.receive("CALL")).toEqual([1, { _idempotent: true }, "com.example.fetch", [], { id: 7 }]);
  next.send("RESULT", 1, {}, [42]);
  expect(await call).toBe(42);
});

test("an idempotent call that is answered canceled fails so where no shutdown follows", async (t) => {
  const { server, router, client } = await start(t);
  const calls = [client.fetch({ id: 1 }).safe(), client.fetch({ id: 2 }).safe()];
  await router.receive("CALL");
  await router.receive("CALL");
  router.send("ERROR", 48, 1, {}, "wamp.error.canceled");
  expect(await calls[0]).toMatchObject({ error: { code: "canceled" } });
  router.send("ERROR", 48, 2, {}, "wamp.error.canceled");
  router.cut(); // a loss is no shutdown
  expect(await calls[1]).toMatchObject({ error: { code: "canceled" } });
  expect((await accept(server, 2)).unread()).toEqual([]);
});

test("an idempotent call whose answer ended the session is not sent again", async (t) => {
  const { server, router, peer, client } = await start(t);
  const outcome = client.fetch({ id: 7 }).safe();
  await router.receive("CALL");
  router.send("RESULT", 1, "no details");
  expect(await outcome).toMatchObject({ error: { code: "disconnected" } });
  const watch = watchStates(peer);
  const next = await accept(server, 2);
  await watch.until("ready");
  expect(next.unread()).toEqual([]);
});
