/** Calls whose caller and callee are at different routers. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test, vi } from "vitest";
import { Payload } from "../../src/wire/payload.js";
import { FULL_DETAILS } from "../support/advanced.js";
import { meta, slowTransport, startCluster } from "../support/cluster.js";
import { type RawClient, REALM, UNRESTRICTED } from "../support/raw.js";

const WORK = "com.example.work";

/** A caller at one of two routers, and a callee of `WORK` at the other. */
async function pair(t: Parameters<typeof startCluster>[0], options: object = {}) {
  const cluster = await startCluster(t, 2);
  const [callee, caller] = [await cluster.join(0, FULL_DETAILS), await cluster.join(1, FULL_DETAILS)];
  const registration = await callee.register(WORK, options);
  return { ...cluster, callee, caller, registration };
}

function answer(callee: RawClient, request: number, ...args: readonly unknown[]): void {
  callee.send({ type: "YIELD", request, options: {}, args });
}

test("a call goes to a callee at another router, with its arguments, and its result comes back", async (t) => {
  const { callee, caller, registration } = await pair(t);
  for (const [at, args] of [[1], [2]].entries()) {
    const request = caller.call(WORK, {}, args, { by: "hand" });
    const invocation = await callee.receive("INVOCATION");
    expect(invocation).toMatchObject({ request: at + 1, registration, args, kwargs: { by: "hand" }, details: {} });
    callee.send({ type: "YIELD", request: invocation.request, options: {}, args: [3], kwargs: { ok: true } });
    expect(await caller.receive("RESULT")).toEqual({
      type: "RESULT",
      request,
      details: {},
      args: [3],
      kwargs: { ok: true },
    });
  }
});

test("an error of the callee comes as it was sent, and one of a procedure nobody has likewise", async (t) => {
  const { callee, caller } = await pair(t);
  const request = caller.call(WORK);
  const invocation = await callee.receive("INVOCATION");
  const error = { requestType: "INVOCATION", request: invocation.request, details: {}, error: "com.example.bad" };
  callee.send({ type: "ERROR", ...error, args: ["why"], kwargs: { code: 7 } });
  const told = { requestType: "CALL", request, error: "com.example.bad", args: ["why"], kwargs: { code: 7 } };
  expect(await caller.receive("ERROR")).toMatchObject(told);
  caller.call("com.example.other");
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
});

test("progress comes in order, and the last result after it", async (t) => {
  const { callee, caller } = await pair(t);
  const request = caller.call(WORK, { receive_progress: true });
  const invocation = await callee.receive("INVOCATION");
  expect(invocation.details).toEqual({ receive_progress: true });
  for (let part = 1; part <= 3; part++)
    callee.send({ type: "YIELD", request: invocation.request, options: { progress: true }, args: [part] });
  answer(callee, invocation.request, "done");
  for (let part = 1; part <= 3; part++)
    expect(await caller.receive("RESULT")).toMatchObject({ request, details: { progress: true }, args: [part] });
  expect(await caller.receive("RESULT")).toMatchObject({ request, details: {}, args: ["done"] });
});

test("the parts of a progressive call come in order under one invocation", async (t) => {
  const { callee, caller, settle } = await pair(t);
  const request = caller.call(WORK, { progress: true }, [1]);
  for (const part of [2, 3]) {
    const options = part < 3 ? { progress: true } : {};
    caller.send({ type: "CALL", request, options, procedure: WORK, args: [part] });
  }
  const parts = [];
  for (let part = 1; part <= 3; part++) parts.push(await callee.receive("INVOCATION"));
  expect(parts.map(({ args, details }) => [args[0], details.progress])).toEqual([
    [1, true],
    [2, true],
    [3, undefined],
  ]);
  expect(new Set(parts.map((each) => each.request)).size).toBe(1);
  answer(callee, parts[0]?.request, "all");
  expect(await caller.receive("RESULT")).toMatchObject({ request, args: ["all"] });
  caller.send({ type: "CALL", request, options: { progress: true }, procedure: WORK, args: [4] }); // it is over
  await settle(caller, callee);
  expect([callee.unread(), caller.unread()]).toEqual([[], []]);
});

test.for([
  ["skip", []],
  ["killnowait", ["killnowait"]],
  [undefined, ["killnowait"]],
] as const)("CANCEL %s answers at once", async ([mode, interrupts], t) => {
  const { callee, caller, settle, routers } = await pair(t);
  const request = caller.call(WORK);
  const invocation = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request, options: mode ? { mode } : {} });
  expect(await caller.receive("ERROR")).toMatchObject({ request, error: "wamp.error.canceled" });
  await settle(caller, callee);
  expect(callee.unread().map(({ type, options }) => [type, options.mode])).toEqual(
    interrupts.map((each) => ["INTERRUPT", each]),
  );
  answer(callee, invocation.request, "too late");
  await settle(callee, caller);
  expect(caller.unread()).toEqual([]);
  for (const router of routers) expect(router.stats(REALM).pendingCalls).toBe(0);
});

test("CANCEL kill has the callee answer", async (t) => {
  const { callee, caller } = await pair(t);
  const request = caller.call(WORK);
  const invocation = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request, options: { mode: "kill" } });
  expect(await callee.receive("INTERRUPT")).toMatchObject({ request: invocation.request, options: { mode: "kill" } });
  answer(callee, invocation.request, "in time");
  expect(await caller.receive("RESULT")).toMatchObject({ request, args: ["in time"] });
});

test("a timeout is watched by the caller's router, or by a callee that has asked for that", async (t) => {
  const { callee, caller } = await pair(t);
  const request = caller.call(WORK, { timeout: 20 });
  await callee.receive("INVOCATION");
  expect(await caller.receive("ERROR")).toMatchObject({ request, error: "wamp.error.timeout" });
  await callee.receive("INTERRUPT");

  const cluster = await startCluster(t, 2);
  const watching = await cluster.join(0, { roles: { callee: { features: { call_timeout: true } } } });
  await watching.register(WORK, { forward_timeout: true });
  (await cluster.join(1)).call(WORK, { timeout: 1_000 });
  expect((await watching.receive("INVOCATION")).details).toEqual({ timeout: 1_000 });
});

test("a call whose callee says that it is unavailable goes to one at another router", async (t) => {
  const { join } = await startCluster(t, 3);
  const callees = [await join(0, FULL_DETAILS), await join(1, FULL_DETAILS), await join(2, FULL_DETAILS)];
  const caller = await join(0);
  for (const callee of callees) await callee.register(WORK, { invoke: "first" });
  const request = caller.call(WORK, {}, ["kept"]);
  for (const callee of callees.slice(0, 2)) {
    const invocation = await callee.receive("INVOCATION");
    const error = { details: {}, error: "wamp.error.unavailable" };
    callee.send({ type: "ERROR", requestType: "INVOCATION", request: invocation.request, ...error });
  }
  const last = await (callees[2] as RawClient).receive("INVOCATION");
  expect(last.args).toEqual(["kept"]);
  answer(callees[2] as RawClient, last.request, "mine");
  expect(await caller.receive("RESULT")).toMatchObject({ request, args: ["mine"] });
});

test("payload passthru keys and the trace go along, and a caller is disclosed as its router says", async (t) => {
  const { join } = await startCluster(t, 2, (at) => ({
    realms: [{ name: REALM, trustLevel: () => at, disclosure: at === 1 ? "always" : "requested" }],
  }));
  const [callee, caller] = [await join(0, FULL_DETAILS), await join(1, FULL_DETAILS)];
  await callee.register(WORK);
  const passthru = { ppt_scheme: "x_a", ppt_serializer: "cbor" };
  const _traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  caller.call(WORK, { ...passthru, _traceparent }, [Uint8Array.of(1, 2)]);
  const { request, details, args } = await callee.receive("INVOCATION");
  const identity = { caller: caller.session, caller_authid: expect.any(String), caller_authrole: "anonymous" };
  expect(details).toEqual({ ...passthru, _traceparent, trustlevel: 1, ...identity });
  expect(args).toEqual([Uint8Array.of(1, 2)]);
  callee.send({ type: "YIELD", request, options: passthru, args: [Uint8Array.of(3)] });
  expect(await caller.receive("RESULT")).toMatchObject({ details: passthru, args: [Uint8Array.of(3)] });
});

test("a call whose callee leaves is answered, and one that has not reached it goes to another", async (t) => {
  const { join, hub, settle, routers } = await startCluster(t, 3);
  const [first, second, caller] = [await join(0, FULL_DETAILS), await join(1, FULL_DETAILS), await join(2)];
  for (const callee of [first, second]) await callee.register(WORK, { invoke: "first" });
  const reached = caller.call(WORK);
  await first.receive("INVOCATION");
  hub.hold("a");
  const onItsWay = caller.call(WORK);
  first.close();
  hub.release("a");
  expect(await caller.answer(reached)).toMatchObject({ type: "ERROR", error: "wamp.error.canceled" });
  const { request } = await second.receive("INVOCATION");
  answer(second, request, "instead");
  expect(await caller.answer(onItsWay)).toMatchObject({ type: "RESULT", args: ["instead"] });
  await settle(caller, second);
  for (const router of routers) expect(router.stats(REALM).pendingCalls).toBe(0);
});

test("a caller that leaves has its callee interrupted, and nothing of the call is left", async (t) => {
  const { callee, caller, settle, routers } = await pair(t);
  caller.call(WORK);
  await callee.receive("INVOCATION");
  caller.close();
  await callee.receive("INTERRUPT");
  await settle(callee);
  for (const router of routers) expect(router.stats(REALM).pendingCalls).toBe(0);
});

test("calls to a router that crashes are answered, and those that may be made twice go to another", async (t) => {
  const { join, hub, routers } = await startCluster(t, 3);
  const [first, second, caller] = [await join(0, FULL_DETAILS), await join(1, FULL_DETAILS), await join(2)];
  for (const callee of [first, second]) await callee.register(WORK, { invoke: "first" });
  const [once, twice] = [caller.call(WORK), caller.call(WORK, { _idempotent: true }, ["again"])];
  for (const _call of [once, twice]) await first.receive("INVOCATION");
  await hub.crash("a");
  expect(await caller.answer(once)).toMatchObject({ type: "ERROR", error: "wamp.error.canceled" });
  const { request, args } = await second.receive("INVOCATION");
  expect(args).toEqual(["again"]);
  answer(second, request, "done");
  expect(await caller.answer(twice)).toMatchObject({ type: "RESULT", args: ["done"] });
  expect(routers[2]?.sessions(REALM).map(({ id }) => id)).toEqual(
    expect.arrayContaining([second.session, caller.session]),
  );
  expect(routers[2]?.sessions(REALM)).toHaveLength(2);
});

test("callees of a router that is suspect are passed over, and their calls that may be made twice go to others", async (t) => {
  const { join, hub } = await startCluster(t, 3);
  const [first, second, caller] = [await join(0, FULL_DETAILS), await join(1, FULL_DETAILS), await join(2)];
  for (const callee of [first, second]) await callee.register(WORK, { invoke: "first" });
  caller.call(WORK, { _idempotent: true });
  await first.receive("INVOCATION");
  hub.suspect("a", true);
  const moved = await second.receive("INVOCATION");
  answer(second, moved.request);
  await caller.receive("RESULT");
  caller.call(WORK);
  await second.receive("INVOCATION");
  hub.suspect("a", false);
  caller.call(WORK);
  await first.receive("INTERRUPT"); // of the call that has moved
  await first.receive("INVOCATION");
});

test("a callee that reads slowly makes its callers at other routers wait, and those of others not", async (t) => {
  const { join, joinOver, settle } = await startCluster(t, 2);
  const [slow, busy] = [slowTransport(), slowTransport(1024 * 1024)];
  const callee = await joinOver(0, slow.over);
  const other = await join(0, FULL_DETAILS);
  const caller = await joinOver(1, busy.over);
  const second = await join(1, FULL_DETAILS);
  await callee.register("com.example.slow");
  await other.register("com.example.quick");
  slow.unsentBytes = 300; // more than a quarter of what it may hold
  const upload = caller.call("com.example.slow", { progress: true });
  await callee.receive("INVOCATION");
  await settle(second, other);
  caller.send({ type: "CALL", request: upload, options: { progress: true }, procedure: "com.example.slow" });
  await callee.receive("INVOCATION");
  expect(busy.paused).toBe(true);
  const quick = second.call("com.example.quick");
  answer(other, (await other.receive("INVOCATION")).request, "at once");
  expect(await second.answer(quick)).toMatchObject({ args: ["at once"] });
  slow.drain();
  await settle(second, other);
  expect(busy.paused).toBe(false);
});

test("a caller that reads its results slowly makes its callee at another router wait", async (t) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }); // its patience does not end
  t.onTestFinished(() => void vi.useRealTimers());
  const { join, joinOver, hub, settle } = await startCluster(t, 2);
  const [busy, slow] = [slowTransport(1024 * 1024), slowTransport(64 * 1024)];
  const [callee, other] = [await joinOver(0, busy.over), await join(0)];
  const [caller, second] = [await joinOver(1, slow.over), await join(1)];
  await callee.register(WORK);
  for (let call = 0; call < 2; call++) caller.call(WORK);
  const [first, last] = [await callee.receive("INVOCATION"), await callee.receive("INVOCATION")];
  slow.unsentBytes = 20 * 1024; // more than a quarter of what it may hold
  answer(callee, first.request);
  await caller.receive("RESULT");
  await expect.poll(() => hub.framesFrom("b", "CHOKE")).toBe(1);
  await settle(other, second);
  expect(busy.paused).toBe(false);
  answer(callee, last.request);
  await caller.receive("RESULT");
  expect(busy.paused).toBe(true);
  slow.drain();
  await expect.poll(() => busy.paused).toBe(false);
});

test("a callee that reads far too slowly is given no more calls of other routers", async (t) => {
  const { join, joinOver } = await startCluster(t, 2);
  const slow = slowTransport();
  const callee = await joinOver(0, slow.over);
  const caller = await join(1);
  await callee.register(WORK);
  slow.unsentBytes = 600;
  caller.call(WORK);
  await callee.receive("INVOCATION");
  expect(await caller.answer(caller.call(WORK))).toMatchObject({ type: "ERROR", error: "wamp.error.unavailable" });
  slow.drain();
  caller.call(WORK);
  await callee.receive("INVOCATION");
});

test("a callee is called only after it is told that it is registered, though other routers know before", async (t) => {
  const { join, hub, routers } = await startCluster(t, 3);
  const [callee, caller] = [await join(0, FULL_DETAILS), await join(1)];
  hub.hold("c"); // which does not say that it knows
  callee.send({ type: "REGISTER", request: callee.next(), options: {}, procedure: WORK });
  await expect.poll(() => routers[1]?.stats(REALM).registrations).toBe(1);
  expect((await callee.answer(callee.call(WORK))).error).toBe("wamp.error.no_such_procedure"); // not here, yet
  const [first, canceled, last] = [caller.call(WORK, {}, [1]), caller.call(WORK, {}, [2]), caller.call(WORK, {}, [3])];
  caller.send({ type: "CANCEL", request: canceled, options: { mode: "kill" } });
  await expect.poll(() => hub.framesFrom("b", "CALL")).toBe(3);
  for (const client of [caller, callee]) await client.settle();
  expect(callee.unread()).toEqual([]);
  hub.release("c");
  await callee.receive("REGISTERED");
  const invocations = [];
  for (let call = 1; call <= 3; call++) invocations.push(await callee.receive("INVOCATION"));
  expect(invocations.map(({ args }) => args[0])).toEqual([1, 2, 3]);
  expect((await callee.receive("INTERRUPT")).request).toBe(invocations[1]?.request);
  for (const { request, args } of invocations) answer(callee, request, ...args);
  for (const [at, request] of [first, canceled, last].entries())
    expect(await caller.answer(request)).toMatchObject({ type: "RESULT", args: [at + 1] });
});

test("calls that wait for a callee to be registered are given back when it leaves instead", async (t) => {
  const { join, hub, routers } = await startCluster(t, 3);
  const [callee, caller] = [await join(0), await join(1)];
  hub.hold("c");
  callee.send({ type: "REGISTER", request: callee.next(), options: {}, procedure: WORK });
  await expect.poll(() => routers[1]?.stats(REALM).registrations).toBe(1);
  const request = caller.call(WORK);
  await expect.poll(() => hub.framesFrom("b", "CALL")).toBe(1);
  callee.close();
  expect((await caller.answer(request)).error).toBe("wamp.error.no_such_procedure");
  hub.release("c");
});

test("a call that comes when its callee has lost the registration goes to the next match", async (t) => {
  const { join, hub, routers } = await startCluster(t, 3);
  const [narrow, wide, caller] = [await join(0), await join(1), await join(2)];
  await narrow.register("com.example.a.", { match: "prefix" });
  await wide.register("com.example.", { match: "prefix" });
  hub.hold("a");
  const request = caller.call("com.example.a.x");
  const deny = [{ uri: "com.example.a.", match: "prefix", deny: ["register"] }] as const;
  await routers[0]?.reconfigure(REALM, { roles: { anonymous: { permissions: deny } } });
  hub.release("a");
  const invocation = await wide.receive("INVOCATION");
  expect(invocation.details.procedure).toBe("com.example.a.x");
  answer(wide, invocation.request, "instead");
  expect(await caller.answer(request)).toMatchObject({ args: ["instead"] });
  expect(narrow.unread()).toEqual([]);
});

test("calls of one caller to one callee come in the order in which they were made", async (t) => {
  const { callee, caller } = await pair(t);
  const big = Payload.of(["x".repeat(100_000)]).args;
  for (let at = 0; at < 200; at++) caller.call(WORK, {}, at % 10 === 0 ? [at, ...big] : [at]);
  for (let at = 0; at < 200; at++) expect((await callee.receive("INVOCATION")).args[0]).toBe(at);
});

test("a call is told of once, by the router of its caller", async (t) => {
  const { callee, caller } = await pair(t);
  const told: unknown[] = [];
  const hear = (event: unknown) => void told.push(event);
  subscribe("wampact:router:called", hear);
  t.onTestFinished(() => void unsubscribe("wampact:router:called", hear));
  const request = caller.call(WORK);
  answer(callee, (await callee.receive("INVOCATION")).request);
  await caller.answer(request);
  const parties = { caller: caller.session, callee: callee.session };
  expect(told).toEqual([expect.objectContaining({ procedure: WORK, outcome: undefined, ...parties })]);
});

test("a session of another router is ended by the meta API, and its calls with it", async (t) => {
  const { join, settle, routers } = await startCluster(t, 2, { realms: [UNRESTRICTED] });
  const [callee, caller] = [await join(0), await join(1)];
  await callee.register(WORK);
  const request = caller.call(WORK);
  await callee.receive("INVOCATION");
  expect(await meta(caller, "wamp.session.count")).toBe(2);
  caller.call("wamp.session.kill", {}, [callee.session], { reason: "com.example.enough", message: "go" });
  expect(await callee.receive("GOODBYE")).toMatchObject({ reason: "com.example.enough", details: { message: "go" } });
  expect(await caller.answer(request)).toMatchObject({ type: "ERROR", error: "wamp.error.canceled" });
  await settle(caller);
  expect(await meta(caller, "wamp.session.list")).toEqual([caller.session]);
  for (const router of routers) expect(router.stats(REALM)).toMatchObject({ pendingCalls: 0, registrations: 0 });
});

test("all sessions of all routers but one are ended, without a word of it", async (t) => {
  const { join, settle, routers } = await startCluster(t, 3, { realms: [UNRESTRICTED] });
  const [killer, ...others] = [await join(0), await join(0), await join(1), await join(2)];
  await killer.subscribe("wamp.", { match: "prefix" });
  for (const [at, other] of others.entries()) await other.register(`com.example.n${at}`);
  await settle(killer);
  const before = killer.unread().length;
  const request = killer.call("wamp.session.kill_all");
  expect((await killer.answer(request)).args).toEqual([3]);
  for (const other of others) await other.receive("GOODBYE");
  await settle(killer);
  expect(killer.unread().slice(before)).toEqual([]);
  expect(await meta(killer, "wamp.session.list")).toEqual([killer.session]);
  for (const router of routers) expect(router.stats(REALM)).toMatchObject({ registrations: 0, callees: 0 });
});

test("a session of another router is taken out of a registration by the meta API, and told", async (t) => {
  const { join } = await startCluster(t, 2, { realms: [UNRESTRICTED] });
  const [callee, other] = [await join(0, FULL_DETAILS), await join(1)];
  const registration = await callee.register(WORK);
  await meta(other, "wamp.registration.remove_callee", registration, callee.session);
  expect(await callee.receive("UNREGISTERED")).toMatchObject({ request: 0, details: { registration } });
  await other.register(WORK);
});
