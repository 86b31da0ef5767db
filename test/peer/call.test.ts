import { setTimeout as sleep } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { type Call, isWampError, type Peer, WampError, type WampResult } from "wampact/peer";
import { connectToFake, type FakeConnection } from "../support/fake-router.js";
import { connectPeer, createGate, failureOf, Inbox, join } from "../support/peers.js";
import { startRouter } from "../support/raw.js";

const ODD = { uri: "com.example.odd", args: [3], kwargs: { even: false } };

/** A peer that tells its errors, and a call under way; `fail` answers it with an error. */
async function failingCall(t: TestContext) {
  const told = new Inbox<unknown>();
  const { peer, router } = await connectToFake(t, { onError: told.push });
  const call = peer.call("com.example.a", [], {}, { receiveProgress: true });
  const [request] = await router.receive("CALL");
  const fail = () => router.send("ERROR", 48, request, {}, ODD.uri, ODD.args, ODD.kwargs);
  return { peer, router, told, call, fail };
}

/** Resolves when a further call has gone there and back, and every macrotask that was due before has run. */
async function roundTrip(peer: Peer, router: FakeConnection): Promise<void> {
  const call = peer.call("com.example.marker");
  const [request] = await router.receive("CALL");
  router.send("RESULT", request, {});
  await call;
  await sleep(0); // behind the timer that an unseen failure waits for
}

/** Everything Node reports as an unhandled rejection until the test ends. */
function watchUnhandled(t: TestContext): readonly unknown[] {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", listener);
  t.onTestFinished(() => {
    process.off("unhandledRejection", listener);
  });
  return unhandled;
}

async function iterate(call: Call<WampResult, WampResult>): Promise<void> {
  for await (const _ of call);
}

test.for<[string, (call: Call<WampResult, WampResult>) => PromiseLike<unknown>]>([
  ["await", (call) => call],
  ["result", (call) => call.result],
  ["iteration", iterate],
])("a call's failure is seen by %s and not by onError", async ([, consume], t) => {
  const unhandled = watchUnhandled(t);
  const { peer, router, told, call, fail } = await failingCall(t);
  const consumed = failureOf(consume(call));
  fail();
  const error = await consumed;
  expect(isWampError(error)).toBe(true);
  expect(error).toMatchObject(ODD);
  await roundTrip(peer, router);
  expect([told.values, unhandled]).toEqual([[], []]);
});

test("a call's failure is seen by safe(), which never rejects, and not by onError", async (t) => {
  const { peer, router, told, call, fail } = await failingCall(t);
  const settled = call.safe();
  fail();
  expect(await settled).toMatchObject({ ok: false, error: { code: "unknown", ...ODD } });
  await roundTrip(peer, router);
  expect(told.values).toEqual([]);
});

test("safe() gives the value of a call that succeeds", async (t) => {
  const { peer, router } = await connectToFake(t);
  const settled = peer.call("com.example.a").safe();
  await router.receive("CALL");
  router.send("RESULT", 1, {}, [1], { b: 2 });
  expect(await settled).toEqual({ ok: true, value: { args: [1], kwargs: { b: 2 }, details: {} } });
});

test("a failure that nobody looks at goes to onError and is no unhandled rejection", async (t) => {
  const unhandled = watchUnhandled(t);
  const { peer, router, told, fail } = await failingCall(t);
  fail();
  expect(await told.next()).toMatchObject(ODD);
  await roundTrip(peer, router);
  expect([told.values, unhandled]).toEqual([[], []]);
});

test("a failure seen after onError was told of it is there all the same", async (t) => {
  const { told, call, fail } = await failingCall(t);
  fail();
  await told.next();
  expect(await failureOf(call)).toMatchObject(ODD);
  expect(await call.safe()).toMatchObject({ ok: false, error: ODD });
});

test("a result nobody looked at is nothing to tell", async (t) => {
  const { peer, router } = await connectToFake(t);
  peer.call("com.example.a");
  const [request] = await router.receive("CALL");
  router.send("RESULT", request, {}, [1]);
  await roundTrip(peer, router); // the default onError of tests fails the test
});

test.for([
  ["wamp.error.canceled", "canceled"],
  ["wamp.error.timeout", "timeout"],
  ["wamp.error.no_such_procedure", "noSuchProcedure"],
  ["wamp.error.not_authorized", "notAuthorized"],
  ["wamp.error.authorization_failed", "notAuthorized"],
  ["wamp.error.authorization_denied", "notAuthorized"],
  ["wamp.error.authorization_required", "notAuthorized"],
  ["wamp.error.unavailable", "unavailable"],
  ["wamp.error.no_available_callee", "unavailable"],
])("safe() tells %s by the code %s", async ([uri, code], t) => {
  const { peer, router } = await connectToFake(t);
  const settled = peer.call("com.example.a").safe();
  await router.receive("CALL");
  router.send("ERROR", 48, 1, {}, uri, ["in words"]);
  expect(await settled).toMatchObject({ ok: false, error: { code, uri } });
});

test.for<[string, string, object, object]>([
  [
    "an exception of the handler",
    "wamp.error.runtime_error",
    { correlation_id: "17" },
    { code: "internal", correlationId: "17" },
  ],
  [
    "another client's exception",
    "wamp.error.runtime_error",
    { why: 1 },
    { code: "unknown", args: [], kwargs: { why: 1 } },
  ],
  [
    "refused input with issues",
    "wamp.error.invalid_argument",
    { issues: [{ path: ["a"], code: "c", message: "m" }] },
    { code: "invalidInput", issues: [{ path: ["a"], code: "c", message: "m" }] },
  ],
  ["refused input without issues", "wamp.error.invalid_argument", {}, { code: "unknown", args: [], kwargs: {} }],
  ["invalid output", "wampact.error.invalid_output", {}, { code: "invalidOutput", issues: [] }],
])("safe() tells %s by its kwargs", async ([, uri, kwargs, error], t) => {
  const { peer, router } = await connectToFake(t);
  const settled = peer.call("com.example.a").safe();
  await router.receive("CALL");
  router.send("ERROR", 48, 1, {}, uri, [], kwargs);
  expect(await settled).toMatchObject({ ok: false, error: { uri, ...error } });
});

test("safe() tells a lost connection as disconnected", async (t) => {
  const { peer, router } = await connectToFake(t);
  const settled = peer.call("com.example.a").safe();
  await router.receive("CALL");
  router.cut();
  expect(await settled).toMatchObject({
    ok: false,
    error: { code: "disconnected", uri: "wampact.error.disconnected" },
  });
});

test("a call is sent at once, whether or not anybody waits for it", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a");
  await router.receive("CALL");
  router.send("RESULT", 1, {}, ["kept"]);
  await roundTrip(peer, router);
  expect((await call).args).toEqual(["kept"]);
  expect((await call).args).toEqual(["kept"]);
});

test("an argument that cannot travel is a TypeError that names its path, and nothing is sent", async (t) => {
  const { peer, router } = await connectToFake(t);
  expect(() => peer.call("com.example.a", [{ fine: 1, not: [() => 1] }])).toThrow(
    new TypeError("args[0].not[0]: a function cannot be serialized; send plain data"),
  );
  expect(() => peer.call("com.example.a", [], { ratio: Number.NaN })).toThrow(
    new TypeError("kwargs.ratio: JSON cannot represent NaN; send null or a string, or use msgpack or cbor"),
  );
  expect(await failureOf(peer.publish("com.example.a", [new Map()]))).toEqual(
    new TypeError("args[0]: a Map cannot be serialized; send a list or a plain object"),
  );
  await roundTrip(peer, router);
});

test("progress that nobody reads is kept up to a bound, the newest of it", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, { receiveProgress: true });
  await router.receive("CALL");
  for (let part = 0; part < 10_005; part++) router.send("RESULT", 1, { progress: true }, [part]);
  router.send("RESULT", 1, {});
  await call.result;
  const seen: unknown[] = [];
  for await (const { args } of call) seen.push(args[0]);
  expect([seen.length, seen[0], seen.at(-1)]).toEqual([10_000, 5, 10_004]);
});

test("a progress loop that falls too far behind ends with an error and cancels the call", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [], {}, { receiveProgress: true });
  await router.receive("CALL");
  const reading = createGate();
  const looped = failureOf(
    (async () => {
      for await (const _ of call) await reading.promise;
    })(),
  );
  for (let part = 0; part < 10_005; part++) router.send("RESULT", 1, { progress: true }, [part]);
  const marker = peer.call("com.example.marker");
  await router.receive("CALL");
  router.send("RESULT", 2, {});
  await marker;
  reading.open();
  expect(await looped).toMatchObject({ uri: "wampact.error.queue_overflow" });
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
});

test("a WampError thrown by a handler reaches the caller whole, and onError is told of nothing", async (t) => {
  const { router } = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  await callee.register("com.example.a", () => {
    throw new WampError(ODD.uri, { ...ODD, message: "for people", cause: "stays here" });
  });
  const error = await failureOf(caller.call("com.example.a"));
  expect(error).toMatchObject({ ...ODD, message: "com.example.a failed with com.example.odd" });
  expect((error as Error).cause).toBeUndefined();
});

test("a call is refused with words where the peer is closed", async (t) => {
  const { router } = startRouter(t);
  const peer = await connectPeer(t, { transport: router.attach() });
  await peer.close();
  expect(await failureOf(peer.call("com.example.a"))).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["the peer is closed: closed by the application"],
  });
});
