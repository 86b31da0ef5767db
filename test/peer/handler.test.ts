import { setTimeout as sleep } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { type Invocation, type PeerState, result, WampError } from "wampact/peer";
import { connectToFake, type FakeConnection } from "../support/fake-router.js";
import { connectPeer, createGate, failureOf, Inbox, join, startServer } from "../support/peers.js";
import { startRouter } from "../support/raw.js";

const PROCEDURE = "com.example.work";

/** A peer that has registered a handler as registration 7, and tells its errors. */
async function registered(t: TestContext, handler: (invocation: Invocation) => unknown) {
  const told = new Inbox<unknown>();
  const { peer, router } = await connectToFake(t, { onError: told.push });
  const registering = peer.register(PROCEDURE, handler);
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 7);
  return { peer, router, told, registration: await registering };
}

/** A handler that waits for its signal, then does what a test wants. */
function untilAborted(then: (signal: AbortSignal) => unknown) {
  const started = createGate();
  const handler = async ({ signal }: Invocation) => {
    started.open();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return then(signal);
  };
  return { started: started.promise, handler };
}

const invoke = (router: FakeConnection, request: number) => router.send("INVOCATION", request, 7, {}, [request]);

test.for<[string, unknown, readonly unknown[]]>([
  ["nothing", undefined, []],
  ["null", null, [[null]]],
  ["a value", { a: 1 }, [[{ a: 1 }]]],
  ["a list", [1, 2], [[[1, 2]]]],
  ["result()", result(), []],
  ["result(args)", result([1, 2]), [[1, 2]]],
  ["result(args, kwargs)", result([1], { b: 2 }), [[1], { b: 2 }]],
  ["a promise", Promise.resolve("later"), [["later"]]],
])("a handler that returns %s answers YIELD with it", async ([, value, payload], t) => {
  const { router } = await registered(t, () => value);
  invoke(router, 1);
  expect(await router.receive("YIELD")).toEqual([1, {}, ...payload]);
});

test.for<[string, unknown]>([
  ["a function", () => {}],
  ["NaN", Number.NaN],
  ["a Map", { inner: new Map() }],
])("a handler whose result cannot travel (%s) answers runtime_error, and onError is told why", async ([, value], t) => {
  const { router, told } = await registered(t, () => result([value]));
  invoke(router, 1);
  const [type, request, details, uri, args, kwargs] = await router.receive("ERROR");
  expect([type, request, details, uri, args]).toEqual([68, 1, {}, "wamp.error.runtime_error", []]);
  const { correlation_id } = kwargs as Record<string, unknown>;
  const error = (await told.next()) as Error;
  expect(error.message).toBe(`the handler of ${PROCEDURE} failed (correlation id ${correlation_id})`);
  expect(error.cause).toBeInstanceOf(TypeError);
  expect(told.values).toEqual([]);
});

test("the report of a failed handler names the URI that was called, not the pattern of its registration", async (t) => {
  const { router, told } = await registered(t, () => {
    throw new RangeError("out of range");
  });
  router.send("INVOCATION", 1, 7, { procedure: "com.example.rooms.tea.work" });
  expect(String(await told.next())).toContain("the handler of com.example.rooms.tea.work failed (correlation id");
});

test("an error whose arguments cannot travel answers with its URI alone, and onError is told why", async (t) => {
  const { router, told } = await registered(t, () => {
    throw new WampError("com.example.odd", { args: [Symbol("no")] });
  });
  invoke(router, 1);
  expect(await router.receive("ERROR")).toEqual([68, 1, {}, "com.example.odd"]);
  expect(await told.next()).toEqual(new TypeError("args[0]: a symbol cannot be serialized; send plain data"));
});

test("progress that cannot travel is the handler's exception", async (t) => {
  const { router, told } = await registered(t, ({ progress }) => progress([() => {}]));
  router.send("INVOCATION", 1, 7, { receive_progress: true });
  expect((await router.receive("ERROR")).slice(0, 4)).toEqual([68, 1, {}, "wamp.error.runtime_error"]);
  expect(((await told.next()) as Error).cause).toBeInstanceOf(TypeError);
});

test("progress is sent where the caller asked for it, and nowhere else, and not after the answer", async (t) => {
  const late = new Inbox<() => void>();
  const { router } = await registered(t, ({ progress }) => {
    progress([1], { a: 1 });
    late.push(() => progress([2]));
  });
  router.send("INVOCATION", 1, 7, { receive_progress: true });
  expect(await router.receive("YIELD")).toEqual([1, { progress: true }, [1], { a: 1 }]);
  expect(await router.receive("YIELD")).toEqual([1, {}]);
  (await late.next())();
  router.send("INVOCATION", 2, 7, {});
  expect(await router.receive("YIELD")).toEqual([2, {}]);
});

test("a handler is told of the procedure, the caller and the details", async (t) => {
  const seen = new Inbox<unknown>();
  const { router } = await registered(t, ({ procedure, caller, details, args, kwargs }) => {
    seen.push({ procedure, caller, details, args, kwargs });
  });
  const details = { procedure: "com.example.concrete", caller: 5, caller_authid: "ada", trustlevel: 2 };
  router.send("INVOCATION", 1, 7, details, [1], { b: 2 });
  expect(await seen.next()).toEqual({
    procedure: "com.example.concrete",
    caller: { session: 5, authid: "ada" },
    details,
    args: [1],
    kwargs: { b: 2 },
  });
});

test("INTERRUPT aborts the handler's signal, and its AbortError answers canceled", async (t) => {
  const { started, handler } = untilAborted(() => {
    throw new DOMException("stopped", "AbortError");
  });
  const { router, told } = await registered(t, handler);
  invoke(router, 1);
  await started;
  router.send("INTERRUPT", 1, { mode: "kill" });
  expect(await router.receive("ERROR")).toEqual([68, 1, {}, "wamp.error.canceled", ["canceled by the caller"]]);
  expect(told.values).toEqual([]);
});

test("an interrupted handler that throws its signal's reason answers canceled", async (t) => {
  const { started, handler } = untilAborted((signal) => signal.throwIfAborted());
  const { router } = await registered(t, handler);
  invoke(router, 1);
  await started;
  router.send("INTERRUPT", 1, {});
  expect((await router.receive("ERROR")).slice(0, 4)).toEqual([68, 1, {}, "wamp.error.canceled"]);
});

test("INTERRUPT with a reason gives the signal that URI", async (t) => {
  const { started, handler } = untilAborted((signal) => signal.throwIfAborted());
  const { router } = await registered(t, handler);
  invoke(router, 1);
  await started;
  router.send("INTERRUPT", 1, { reason: "wamp.error.timeout" });
  expect((await router.receive("ERROR"))[3]).toBe("wamp.error.timeout");
});

test("an interrupted handler that returns all the same answers with its result", async (t) => {
  const { started, handler } = untilAborted(() => "done after all");
  const { router } = await registered(t, handler);
  invoke(router, 1);
  await started;
  router.send("INTERRUPT", 1, { mode: "kill" });
  expect(await router.receive("YIELD")).toEqual([1, {}, ["done after all"]]);
});

test("an AbortError without INTERRUPT is an exception like any other", async (t) => {
  const { router, told } = await registered(t, () => {
    throw new DOMException("somebody else's", "AbortError");
  });
  invoke(router, 1);
  expect((await router.receive("ERROR"))[3]).toBe("wamp.error.runtime_error");
  expect(((await told.next()) as Error).cause).toMatchObject({ name: "AbortError" });
});

test("INTERRUPT of an invocation that is over is ignored", async (t) => {
  const { router } = await registered(t, ({ args }) => args[0]);
  invoke(router, 1);
  await router.receive("YIELD");
  router.send("INTERRUPT", 1, {});
  invoke(router, 2);
  expect(await router.receive("YIELD")).toEqual([2, {}, [2]]);
});

test("a lost session aborts the handler's signal as disconnected, and its answer goes nowhere", async (t) => {
  const reason = createGate<unknown>();
  const { started, handler } = untilAborted((signal) => {
    reason.open(signal.reason);
    signal.throwIfAborted();
  });
  const { router, told } = await registered(t, handler);
  invoke(router, 1);
  await started;
  router.cut();
  expect(await reason.promise).toMatchObject({ uri: "wampact.error.disconnected" });
  await sleep(0); // behind the handler's own end
  expect(told.values).toEqual([]);
});

test("a handler's exception after its session was lost still reaches onError", async (t) => {
  const { started, handler } = untilAborted(() => {
    throw new Error("could not roll back");
  });
  const { router, told } = await registered(t, handler);
  invoke(router, 1);
  await started;
  router.cut();
  expect(await told.next()).toEqual(new Error("could not roll back"));
});

test("unregister sends UNREGISTER once, and invocations under way are still answered", async (t) => {
  const [started, gate] = [createGate(), createGate<string>()];
  const { router, registration } = await registered(t, () => {
    started.open();
    return gate.promise;
  });
  invoke(router, 1);
  await started.promise;
  const unregistering = Promise.all([registration.unregister(), registration.unregister()]);
  expect(await router.receive("UNREGISTER")).toEqual([2, 7]);
  router.send("UNREGISTERED", 2);
  await unregistering;
  gate.open("still");
  expect(await router.receive("YIELD")).toEqual([1, {}, ["still"]]);
});

test("an invocation that crosses UNREGISTER is answered unavailable, so that a dealer can route it on", async (t) => {
  const { router, registration } = await registered(t, () => "never");
  const unregistering = registration.unregister();
  await router.receive("UNREGISTER");
  invoke(router, 1);
  router.send("UNREGISTERED", 2);
  await unregistering;
  expect(await router.receive("ERROR")).toEqual([68, 1, {}, "wamp.error.unavailable", ["the callee has unregistered"]]);
});

test("await using a registration unregisters it", async (t) => {
  const { router } = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  {
    await using _ = await callee.register(PROCEDURE, () => "here");
    expect((await caller.call(PROCEDURE)).args).toEqual(["here"]);
  }
  expect(await failureOf(caller.call(PROCEDURE))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
});

test("a refused registration rejects with the router's error", async (t) => {
  const { router } = startRouter(t);
  const [one, two] = [await join(t, router), await join(t, router)];
  await one.register(PROCEDURE, () => 1);
  expect(await failureOf(two.register(PROCEDURE, () => 2))).toMatchObject({
    uri: "wamp.error.procedure_already_exists",
    args: [`"${PROCEDURE}" is registered with match "exact" and invoke "single"`],
  });
});

test("under kill, a caller gets the answer its interrupted callee gives", async (t) => {
  const server = await startServer(t);
  const [caller, callee] = [
    await connectPeer(t, { url: server.url, reconnect: false }),
    await connectPeer(t, { url: server.url, reconnect: false }),
  ];
  const { started, handler } = untilAborted(() => "partly done");
  await callee.register(PROCEDURE, handler);
  const call = caller.call(PROCEDURE, [], {}, { cancelMode: "kill" });
  await started;
  call.cancel();
  expect((await call).args).toEqual(["partly done"]);
});

test("registrations end with their session, and the peer says why it closed", async (t) => {
  const states = new Inbox<readonly [PeerState, string | undefined]>();
  const { peer, router } = await registered(t, () => {});
  peer.on("state", (state, reason) => states.push([state, reason]));
  router.cut();
  expect(await states.next()).toEqual(["closed", "the connection is lost: closed with code 1006"]);
  expect([peer.state, peer.session]).toEqual(["closed", undefined]);
});
