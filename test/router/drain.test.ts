/** `router.close()`: calls under way are answered, new ones are refused, and everybody is told when to come back. */
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { expect, test } from "vitest";
import { createRouter } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { REALM, startRouter } from "../support/raw.js";

const PROCEDURE = "com.example.work";

test("a call under way is answered before anybody is told GOODBYE, and new calls are refused", async (t) => {
  const { router, join } = startRouter(t);
  const [caller, callee] = [await join(), await join()];
  await callee.register(PROCEDURE);
  const first = caller.call(PROCEDURE);
  const { request } = await callee.receive("INVOCATION");
  const closed = router.close();
  const second = caller.call(PROCEDURE);
  expect(await caller.receive("ERROR")).toMatchObject({ request: second, error: "wamp.error.unavailable" });
  expect(callee.unread()).toEqual([]);
  callee.send({ type: "YIELD", request, options: {} });
  expect(await caller.receive("RESULT")).toMatchObject({ request: first });
  for (const client of [caller, callee]) {
    expect(await client.receive("GOODBYE")).toMatchObject({ reason: "wamp.close.system_shutdown" });
    client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
  }
  await closed;
});

test("a call under way that its callee refuses is answered by the next callee before anybody is told GOODBYE", async (t) => {
  const clock = createFakeClock();
  const { router, join } = startRouter(t, { clock });
  const rerouting = { roles: { callee: { features: { call_reroute: true } } } };
  const [caller, first, second] = [await join(), await join(rerouting), await join(rerouting)];
  for (const callee of [first, second]) await callee.register(PROCEDURE, { invoke: "first" });
  const call = caller.call(PROCEDURE);
  const { request } = await first.receive("INVOCATION");
  const closed = router.close({ drainMs: 1_000 });
  first.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  const again = await second.receive("INVOCATION");
  await clock.advance(999);
  expect(caller.unread()).toEqual([]);
  second.send({ type: "YIELD", request: again.request, options: {} });
  expect(await caller.receive("RESULT")).toMatchObject({ request: call });
  for (const client of [caller, first, second]) client.close();
  await closed;
});

test("a call that takes longer than drainMs ends with its session, and its callee is told", async (t) => {
  const clock = createFakeClock();
  const { router, join } = startRouter(t, { clock });
  const [caller, callee] = [await join(), await join()];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  await callee.receive("INVOCATION");
  const closed = router.close({ drainMs: 1_000 });
  await clock.advance(999);
  expect(caller.unread()).toEqual([]);
  await clock.advance(1);
  await caller.receive("GOODBYE");
  await callee.receive("INTERRUPT");
  await callee.receive("GOODBYE");
  await clock.advance(1_000); // nobody answers
  await closed;
});

test("GOODBYE is told once no call has come for quietMs, and after ten times as long at the latest", async (t) => {
  for (const lastsLong of [false, true]) {
    const clock = createFakeClock();
    const { router, join } = startRouter(t, { clock });
    const caller = await join();
    const closed = router.close({ drainMs: 60_000, quietMs: 100 });
    await clock.advance(99);
    for (let round = 1; round < (lastsLong ? 10 : 2); round++) {
      caller.call(PROCEDURE);
      expect((await caller.receive("ERROR")).error).toBe("wamp.error.unavailable");
      await clock.advance(100);
      expect(caller.unread()).toEqual([]);
    }
    if (lastsLong) caller.call(PROCEDURE);
    if (lastsLong) await caller.receive("ERROR");
    await clock.advance(1);
    await caller.receive("GOODBYE");
    caller.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
    await closed;
  }
});

test("nobody waits for quiet where nobody is there, nor beyond drainMs", async (t) => {
  const clock = createFakeClock();
  await startRouter(t, { clock }).router.close({ quietMs: 100 });
  const { router, join } = startRouter(t, { clock });
  const client = await join();
  const closed = router.close({ drainMs: 10, quietMs: 100 });
  await clock.advance(10);
  await client.receive("GOODBYE");
  client.close();
  await closed;
  expect(clock.timers).toBe(0); // one would keep a process alive
});

test.for([
  "caller",
  "callee",
])("calls end with their sessions and no ERROR before, where the %s has joined first", async (first, t) => {
  const { router, join } = startRouter(t);
  const joined = [await join(), await join()] as const;
  const [caller, callee] = first === "caller" ? joined : [joined[1], joined[0]];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  await callee.receive("INVOCATION");
  const closed = router.close({ drainMs: 1 });
  expect((await caller.receive("GOODBYE")).reason).toBe("wamp.close.system_shutdown");
  expect(caller.unread()).toEqual([]);
  for (const client of joined) client.close();
  await closed;
});

test("a listener that never closes is given up after ten seconds, and reported", async (t) => {
  const faults: string[] = [];
  const clock = createFakeClock();
  const { router } = startRouter(t, { clock, onError: (error) => faults.push(String(error)) });
  const close = () => new Promise<void>(() => {});
  await router.listen({ listen: async () => ({ url: "carrier:pigeon", port: 0, close }) });
  const closed = router.close({ drainMs: 0 });
  await clock.advance(9_999);
  expect(faults).toEqual([]);
  await clock.advance(1);
  await closed;
  expect(faults).toEqual(["Error: the listener at carrier:pigeon has not closed within 10000 ms"]);
});

test("with drainMs 0 nobody is waited for", async (t) => {
  const { router, join } = startRouter(t, { clock: createFakeClock() });
  const [caller, callee] = [await join(), await join()];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  await callee.receive("INVOCATION");
  await router.close({ drainMs: 0 });
});

test("GOODBYE says when to come back, where the router says so", async (t) => {
  const { router, join } = startRouter(t);
  const client = await join();
  const closed = router.close({ retryAfterMs: 3_000 });
  expect((await client.receive("GOODBYE")).details).toMatchObject({ _retry_after_ms: 3_000 });
  client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
  await closed;
});

test("a connection that comes meanwhile is answered 503 with Retry-After", async (t) => {
  const { router, join } = startRouter(t);
  const { port } = await router.listen();
  const [caller, callee] = [await join(), await join()];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  await callee.receive("INVOCATION");
  const closed = router.close();
  const socket = connectTcp(port, "127.0.0.1");
  t.onTestFinished(() => void socket.destroy());
  socket.write(
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n",
  );
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: 1\r\n[\s\S]*the router is shutting down/);
  for (const client of [callee, caller]) client.close();
  await closed;
});

test("options that cannot be are refused, and the router stays open", () => {
  const router = createRouter({ realms: [{ name: REALM }] });
  expect(() => router.close({ drainMs: -1 })).toThrow("drainMs: expected a non-negative integer, got -1");
  expect(() => router.close({ drain: 5 } as never)).toThrow('drain: unknown option; did you mean "drainMs"?');
  expect(router.attach()).toBeDefined();
});

test("an observer that closes a router that is closing gets the end of the same shutdown", async () => {
  const told: string[] = [];
  const closed: Promise<void>[] = [];
  const router = createRouter({
    realms: [{ name: REALM }],
    observer: ({ type }) => {
      told.push(type);
      if (type === "draining") closed.push(router.close());
    },
  });
  const closing = router.close();
  expect(closed).toHaveLength(1);
  expect(closed[0]).toBe(closing);
  await closing;
  expect(told).toEqual(["draining", "closed"]);
});
