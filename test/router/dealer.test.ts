import { expect, test } from "vitest";
import { Payload } from "../../src/wire/payload.js";
import { startRouter } from "../support/raw.js";

const DOUBLE = "com.example.double";

test("a CALL reaches the callee and its YIELD the caller, args and kwargs as they were sent", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const registration = await callee.register(DOUBLE);
  const call = caller.call(DOUBLE, {}, [21], { exact: true });
  const invocation = await callee.receive("INVOCATION");
  expect(invocation).toEqual({
    type: "INVOCATION",
    request: 1,
    registration,
    details: {},
    args: [21],
    kwargs: { exact: true },
  });
  callee.send({ type: "YIELD", request: 1, options: {}, args: [42], kwargs: { unit: "m" } });
  expect(await caller.receive("RESULT")).toEqual({
    type: "RESULT",
    request: call,
    details: {},
    args: [42],
    kwargs: { unit: "m" },
  });
});

test("a callee's ERROR reaches the caller with its URI, args and kwargs", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const request = caller.call(DOUBLE);
  const invocation = await callee.receive("INVOCATION");
  callee.send({
    type: "ERROR",
    requestType: "INVOCATION",
    request: invocation.request,
    details: {},
    error: "com.example.odd",
    args: [1],
    kwargs: { a: 2 },
  });
  expect(await caller.receive("ERROR")).toEqual({
    type: "ERROR",
    requestType: "CALL",
    request,
    details: {},
    error: "com.example.odd",
    args: [1],
    kwargs: { a: 2 },
  });
});

test("a CALL of a procedure nobody has registered is answered wamp.error.no_such_procedure", async (t) => {
  const caller = await startRouter(t).join();
  caller.call("com.example.nothing");
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
});

test("fact 2: INVOCATION.request counts from 1 for each callee", async (t) => {
  const router = startRouter(t);
  const [caller, one, two] = [await router.join(), await router.join(), await router.join()];
  await one.register("com.example.one");
  await two.register("com.example.two");
  for (const procedure of ["com.example.one", "com.example.one", "com.example.two"]) caller.call(procedure);
  expect((await one.receive("INVOCATION")).request).toBe(1);
  expect((await one.receive("INVOCATION")).request).toBe(2);
  expect((await two.receive("INVOCATION")).request).toBe(1);
});

test("fact 4: a CALL under the request of one still under way ends the session", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  caller.send({ type: "CALL", request: 7, options: {}, procedure: DOUBLE });
  await callee.receive("INVOCATION");
  caller.send({ type: "CALL", request: 7, options: {}, procedure: DOUBLE });
  const abort = await caller.receive("ABORT");
  expect([abort.reason, abort.details.message]).toEqual([
    "wamp.error.protocol_violation",
    "CALL.request: 7 is the ID of a pending call",
  ]);
});

test("fact 12: YIELD for an invocation the session was never given aborts that session and no other", async (t) => {
  const router = startRouter(t);
  const [caller, callee, intruder] = [await router.join(), await router.join(), await router.join()];
  await callee.register("com.example.echo");
  caller.call("com.example.echo");
  const { request } = await callee.receive("INVOCATION");
  intruder.send({ type: "YIELD", request, options: {}, args: ["forged"] });
  expect((await intruder.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  expect(caller.unread()).toEqual([]);
  callee.send({ type: "YIELD", request, options: {}, args: ["mine"] });
  expect((await caller.receive("RESULT")).args).toEqual(["mine"]);
});

test("fact 12: a late YIELD for a call that was cancelled is dropped", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const call = caller.call(DOUBLE);
  const { request } = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request: call, options: { mode: "skip" } });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  callee.send({ type: "YIELD", request, options: {}, args: [1] });
  await callee.settle();
  await caller.settle();
  expect([caller.unread(), callee.unread(), callee.closed]).toEqual([[], [], undefined]);
});

test("fact 31: a second REGISTER of a single procedure, or under another policy, is refused", async (t) => {
  const router = startRouter(t);
  const [one, two] = [await router.join(), await router.join()];
  await one.register("com.example.single");
  await one.register("com.example.shared", { invoke: "roundrobin" });
  for (const [procedure, invoke] of [
    ["com.example.single", "single"],
    ["com.example.single", "first"],
    ["com.example.shared", "random"],
    ["com.example.shared", "single"],
  ]) {
    two.send({ type: "REGISTER", request: two.next(), options: { invoke }, procedure });
    expect((await two.receive("ERROR")).error).toBe("wamp.error.procedure_already_exists");
  }
});

test("fact 31: registering a shared procedure twice gives the same registration and one share", async (t) => {
  const router = startRouter(t);
  const [caller, one, two] = [await router.join(), await router.join(), await router.join()];
  const options = { invoke: "roundrobin" };
  const id = await one.register(DOUBLE, options);
  expect(await one.register(DOUBLE, options)).toBe(id);
  expect(await two.register(DOUBLE, options)).toBe(id);
  for (let round = 0; round < 4; round++) caller.call(DOUBLE);
  for (const callee of [one, one, two, two]) await callee.receive("INVOCATION");
  await one.settle();
  expect(one.unread()).toEqual([]);
});

test.for([
  ["first", [0, 0, 0]],
  ["last", [2, 2, 2]],
  ["roundrobin", [0, 1, 2]],
] as const)("fact 32: the policy %s picks callees %j in the order they registered", async ([invoke, order], t) => {
  const router = startRouter(t);
  const caller = await router.join();
  const callees = [await router.join(), await router.join(), await router.join()];
  for (const callee of callees) await callee.register(DOUBLE, { invoke });
  for (const index of order) {
    caller.call(DOUBLE);
    await callees[index]?.receive("INVOCATION");
  }
});

test("fact 32: under first, the next callee steps in when the first leaves", async (t) => {
  const router = startRouter(t);
  const [caller, one, two] = [await router.join(), await router.join(), await router.join()];
  await one.register(DOUBLE, { invoke: "first" });
  await two.register(DOUBLE, { invoke: "first" });
  one.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  await one.receive("GOODBYE");
  caller.call(DOUBLE);
  await two.receive("INVOCATION");
});

test("fact 33: CANCEL skip answers at once and leaves the callee alone", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const call = caller.call(DOUBLE);
  await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request: call, options: { mode: "skip" } });
  expect(await caller.receive("ERROR")).toMatchObject({
    requestType: "CALL",
    request: call,
    error: "wamp.error.canceled",
  });
  await callee.settle();
  expect(callee.unread()).toEqual([]);
});

test("fact 33: CANCEL killnowait, the default, answers at once and interrupts the callee", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const call = caller.call(DOUBLE);
  const { request } = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request: call, options: {} });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  expect(await callee.receive("INTERRUPT")).toEqual({ type: "INTERRUPT", request, options: { mode: "killnowait" } });
});

test.for(["YIELD", "ERROR"])("fact 33: under CANCEL kill the caller gets the callee's own %s", async (type, t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const call = caller.call(DOUBLE);
  const { request } = await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request: call, options: { mode: "kill" } });
  expect((await callee.receive("INTERRUPT")).options).toEqual({ mode: "kill" });
  expect(caller.unread()).toEqual([]);
  if (type === "YIELD") {
    callee.send({ type: "YIELD", request, options: {}, args: ["done after all"] });
    expect((await caller.receive("RESULT")).args).toEqual(["done after all"]);
  } else {
    callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "com.example.stopped" });
    expect((await caller.receive("ERROR")).error).toBe("com.example.stopped");
  }
});

test("fact 33: CANCEL of a call that is over or unknown is ignored", async (t) => {
  const caller = await startRouter(t).join();
  caller.send({ type: "CANCEL", request: 99, options: {} });
  await caller.settle();
  expect(caller.unread()).toEqual([]);
});

test("fact 33: a callee without call_canceling is never interrupted", async (t) => {
  const router = startRouter(t);
  const caller = await router.join();
  const callee = await router.join({ roles: { callee: {} } });
  await callee.register(DOUBLE);
  const call = caller.call(DOUBLE);
  await callee.receive("INVOCATION");
  caller.send({ type: "CANCEL", request: call, options: { mode: "kill" } });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  await callee.settle();
  expect(callee.unread()).toEqual([]);
});

test("fact 34: when the caller goes, its callee is interrupted", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  caller.call(DOUBLE);
  const { request } = await callee.receive("INVOCATION");
  caller.close();
  expect(await callee.receive("INTERRUPT")).toMatchObject({ request, options: { mode: "killnowait" } });
});

test.for([
  "GOODBYE",
  "ABORT",
  "a closed transport",
  "a violation",
  "endSession",
])("fact 34: when the callee goes by %s, every caller gets wamp.error.canceled and the procedure is free again", async (how, t) => {
  const router = startRouter(t);
  const [caller, callee, next] = [await router.join(), await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const request = caller.call(DOUBLE);
  await callee.receive("INVOCATION");
  if (how === "GOODBYE") callee.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  else if (how === "ABORT") callee.send({ type: "ABORT", details: {}, reason: "com.example.crashed" });
  else if (how === "a violation") callee.send({ type: "WELCOME", session: 1, details: {} });
  else if (how === "endSession") expect(router.router.endSession("com.example", callee.session)).toBe(true);
  else callee.close();
  expect(await caller.receive("ERROR")).toMatchObject({ requestType: "CALL", request, error: "wamp.error.canceled" });
  await next.register(DOUBLE);
});

test("fact 34: UNREGISTER during a call does not end the call", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  const registration = await callee.register(DOUBLE);
  caller.call(DOUBLE);
  const { request } = await callee.receive("INVOCATION");
  callee.send({ type: "UNREGISTER", request: callee.next(), registration });
  await callee.receive("UNREGISTERED");
  callee.send({ type: "YIELD", request, options: {}, args: ["still"] });
  expect((await caller.receive("RESULT")).args).toEqual(["still"]);
});

test("fact 35: progressive results come in order before the final one, to callers that asked", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  caller.call(DOUBLE, { receive_progress: true });
  const { request, details } = await callee.receive("INVOCATION");
  expect(details).toEqual({ receive_progress: true });
  callee.send({ type: "YIELD", request, options: { progress: true }, args: [1] });
  callee.send({ type: "YIELD", request, options: { progress: true }, args: [2] });
  callee.send({ type: "YIELD", request, options: {}, args: [3] });
  expect(await caller.receive("RESULT")).toMatchObject({ details: { progress: true }, args: [1] });
  expect(await caller.receive("RESULT")).toMatchObject({ details: { progress: true }, args: [2] });
  expect(await caller.receive("RESULT")).toMatchObject({ details: {}, args: [3] });
});

test("fact 35: progress nobody asked for is dropped", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  caller.call(DOUBLE);
  const { request } = await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request, options: { progress: true }, args: [1] });
  callee.send({ type: "YIELD", request, options: {}, args: [2] });
  expect((await caller.receive("RESULT")).args).toEqual([2]);
});

test.for([
  [{}, {}],
  [{ progressive_call_results: true }, { receive_progress: true }],
])("fact 36: a callee with the features %j is told %j, and may send progress in any case", async ([
  features,
  told,
], t) => {
  const router = startRouter(t);
  const caller = await router.join();
  const callee = await router.join({ roles: { callee: { features: features as Record<string, boolean> } } });
  await callee.register(DOUBLE);
  caller.call(DOUBLE, { receive_progress: true });
  const { request, details } = await callee.receive("INVOCATION");
  expect(details).toEqual(told);
  callee.send({ type: "YIELD", request, options: { progress: true }, payload: Payload.of(["half"]) });
  expect((await caller.receive("RESULT")).details).toEqual({ progress: true });
});

test("fact 38: timeout is in milliseconds; the caller gets wamp.error.timeout and the callee an INTERRUPT", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(DOUBLE);
  const request = caller.call(DOUBLE, { timeout: 20 });
  await callee.receive("INVOCATION");
  expect(await caller.receive("ERROR")).toMatchObject({ request, error: "wamp.error.timeout" });
  await callee.receive("INTERRUPT");
});

test("fact 38: forward_timeout hands the limit to a callee that announces call_timeout", async (t) => {
  const router = startRouter(t);
  const caller = await router.join();
  const callee = await router.join({ roles: { callee: { features: { call_timeout: true } } } });
  await callee.register(DOUBLE, { forward_timeout: true });
  caller.call(DOUBLE, { timeout: 5 });
  expect((await callee.receive("INVOCATION")).details).toEqual({ timeout: 5 });
});

test("fact 18: REGISTER below wamp. is refused, and a first component that only starts so is not", async (t) => {
  const callee = await startRouter(t).join();
  callee.send({ type: "REGISTER", request: callee.next(), options: {}, procedure: "wamp.session.count" });
  expect((await callee.receive("ERROR")).error).toBe("wamp.error.invalid_uri");
  await callee.register("wampfoo.x");
});

test("fact 23: INVOCATION.details.procedure is there for patterns and not for exact registrations", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.exact");
  await callee.register("com.example.pre", { match: "prefix" });
  await callee.register("com..wild", { match: "wildcard" });
  caller.call("com.example.exact");
  expect((await callee.receive("INVOCATION")).details).toEqual({});
  caller.call("com.example.prefixed.much");
  expect((await callee.receive("INVOCATION")).details).toEqual({ procedure: "com.example.prefixed.much" });
  caller.call("com.any.wild");
  expect((await callee.receive("INVOCATION")).details).toEqual({ procedure: "com.any.wild" });
});

test("a caller is told only when it asks, or the registration does", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.discreet");
  await callee.register("com.example.curious", { disclose_caller: true });
  const known = { caller: caller.session, caller_authid: expect.any(String), caller_authrole: "anonymous" };
  caller.call("com.example.discreet");
  expect((await callee.receive("INVOCATION")).details).toEqual({});
  caller.call("com.example.discreet", { disclose_me: true });
  expect((await callee.receive("INVOCATION")).details).toEqual(known);
  caller.call("com.example.curious");
  expect((await callee.receive("INVOCATION")).details).toEqual(known);
});

test("UNREGISTER of a registration the session does not hold is answered wamp.error.no_such_registration", async (t) => {
  const router = startRouter(t);
  const [one, two] = [await router.join(), await router.join()];
  const registration = await one.register(DOUBLE);
  two.send({ type: "UNREGISTER", request: two.next(), registration });
  expect((await two.receive("ERROR")).error).toBe("wamp.error.no_such_registration");
});

test("an unknown match or invocation policy is refused with the allowed ones named", async (t) => {
  const callee = await startRouter(t).join();
  callee.send({ type: "REGISTER", request: callee.next(), options: { match: "regex" }, procedure: DOUBLE });
  expect(await callee.receive("ERROR")).toMatchObject({
    error: "wamp.error.invalid_argument",
    args: ["options.match: expected exact, prefix, wildcard, got a string"],
  });
});

test("a new call may have a lower ID than one before it, whatever its caller has announced", async (t) => {
  const router = startRouter(t);
  const callee = await router.join();
  const caller = await router.join({ roles: { caller: { features: { progressive_call_invocations: true } } } });
  await callee.register(DOUBLE);
  for (const request of [5_000, 77]) {
    caller.send({ type: "CALL", request, options: {}, procedure: DOUBLE });
    const { request: invocation } = await callee.receive("INVOCATION");
    callee.send({ type: "YIELD", request: invocation, options: {} });
    expect((await caller.receive("RESULT")).request).toBe(request);
  }
});
