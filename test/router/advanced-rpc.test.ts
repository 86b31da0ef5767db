import { expect, onTestFinished, test } from "vitest";
import { createFakeClock } from "wampact/testing";
import { FULL_DETAILS } from "../support/advanced.js";
import { CLIENT_DETAILS, type RawClient, REALM, startRouter } from "../support/raw.js";

const UPLOAD = "com.example.upload";

test("fact 37: every part of a progressive call goes where the first went, under its details", async (t) => {
  const router = startRouter(t);
  const caller = await router.join(FULL_DETAILS);
  const callees = [await router.join(FULL_DETAILS), await router.join(FULL_DETAILS)];
  for (const callee of callees) await callee.register(UPLOAD, { invoke: "roundrobin" });
  const request = caller.call(UPLOAD, { progress: true, disclose_me: true }, ["one"]);
  caller.send({ type: "CALL", request, options: { progress: true }, procedure: UPLOAD, args: ["two"] });
  caller.send({ type: "CALL", request, options: {}, procedure: UPLOAD, args: ["three"] });
  const [first, second] = callees as [RawClient, RawClient];
  const details = { caller: caller.session, caller_authid: expect.any(String), caller_authrole: "anonymous" };
  expect(await first.receive("INVOCATION")).toMatchObject({
    request: 1,
    details: { ...details, progress: true },
    args: ["one"],
  });
  expect(await first.receive("INVOCATION")).toMatchObject({
    request: 1,
    details: { ...details, progress: true },
    args: ["two"],
  });
  expect(await first.receive("INVOCATION")).toEqual({
    type: "INVOCATION",
    request: 1,
    registration: 1,
    details,
    args: ["three"],
    kwargs: {},
  });
  await second.settle();
  expect(second.unread()).toEqual([]);
  first.send({ type: "YIELD", request: 1, options: {}, args: [3] });
  expect((await caller.receive("RESULT")).args).toEqual([3]);
});

test("fact 37: a caller that has not announced progressive invocations is aborted, a callee that has not is refused", async (t) => {
  const router = startRouter(t);
  const [plain, caller, callee] = [
    await router.join(),
    await router.join(FULL_DETAILS),
    await router.join(CLIENT_DETAILS),
  ];
  await callee.register(UPLOAD);
  caller.call(UPLOAD, { progress: true });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.feature_not_supported");
  plain.call(UPLOAD, { progress: true });
  expect((await plain.receive("ABORT")).details.message).toMatch(/^CALL\.options\.progress: /);
});

test("fact 5: a CALL under the ID of a call that is over is dropped, one under way that is not progressive aborts", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(FULL_DETAILS), await router.join(FULL_DETAILS)];
  await callee.register(UPLOAD);
  const request = caller.call(UPLOAD, { progress: true }, [1]);
  await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request: 1, options: {}, args: ["enough"] });
  await caller.receive("RESULT");
  caller.send({ type: "CALL", request, options: {}, procedure: UPLOAD, args: [2] });
  await caller.settle();
  await callee.settle();
  expect([caller.unread(), callee.unread()]).toEqual([[], []]);
  const plain = caller.call(UPLOAD);
  caller.send({ type: "CALL", request: plain, options: {}, procedure: UPLOAD });
  expect((await caller.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test("fact 40: wamp.error.unavailable sends the call on by the policy, and to nobody when all refuse", async (t) => {
  const router = startRouter(t);
  const caller = await router.join();
  const callees = [await router.join(FULL_DETAILS), await router.join(FULL_DETAILS), await router.join(FULL_DETAILS)];
  for (const callee of callees) await callee.register("com.example.busy", { invoke: "first" });
  const refuse = async (callee: RawClient) => {
    const { request } = await callee.receive("INVOCATION");
    callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  };
  caller.call("com.example.busy", {}, ["once"]);
  for (const callee of callees.slice(0, 2)) await refuse(callee);
  const invocation = await callees[2]?.receive("INVOCATION");
  expect(invocation?.args).toEqual(["once"]);
  callees[2]?.send({ type: "YIELD", request: invocation?.request, options: {}, args: ["done"] });
  expect((await caller.receive("RESULT")).args).toEqual(["done"]);
  caller.call("com.example.busy");
  for (const callee of callees) await refuse(callee);
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_available_callee");
});

test.each(["roundrobin", "first", "last", "random"])("fact 40: %s asks each of 100 callees once", async (invoke) => {
  const router = startRouter({ onTestFinished });
  const caller = await router.join();
  const callees = await Promise.all(Array.from({ length: 100 }, () => router.join(FULL_DETAILS)));
  for (const callee of callees) await callee.register("com.example.busy", { invoke });
  const asked: RawClient[] = [];
  for (const callee of callees) {
    void callee.receive("INVOCATION").then(({ request }) => {
      asked.push(callee);
      callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
    });
  }
  caller.call("com.example.busy");
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_available_callee");
  for (const callee of callees) await callee.settle();
  expect(callees.flatMap((callee) => callee.unread())).toEqual([]);
  if (invoke === "random") expect(new Set(asked).size).toBe(100);
  else expect(asked).toEqual(invoke === "last" ? [...callees].reverse() : callees);
});

test("fact 40: a single callee that is unavailable leaves no available callee, one without call_reroute is passed on", async (t) => {
  const router = startRouter(t);
  const [caller, rerouting, plain] = [await router.join(), await router.join(FULL_DETAILS), await router.join()];
  for (const [callee, procedure, error] of [
    [rerouting, "com.example.one", "wamp.error.no_available_callee"],
    [plain, "com.example.two", "wamp.error.unavailable"],
  ] as const) {
    await callee.register(procedure);
    caller.call(procedure);
    const { request } = await callee.receive("INVOCATION");
    callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
    expect((await caller.receive("ERROR")).error).toBe(error);
  }
});

const REROUTABLE_ONLY = { roles: { callee: { features: { call_reroute: true } } } };

test.for([
  ["a passthru call", { ppt_scheme: "x_mine" }],
  ["a progressive call", { progress: true }],
] as const)("%s that its callee refuses is not given to one that cannot read it", async ([, options], t) => {
  const router = startRouter(t);
  const [caller, able, unable] = [
    await router.join(FULL_DETAILS),
    await router.join(FULL_DETAILS),
    await router.join(REROUTABLE_ONLY),
  ];
  for (const callee of [able, unable]) await callee.register("com.example.busy", { invoke: "first" });
  caller.call("com.example.busy", options, [Uint8Array.of(1)]);
  const { request } = await able.receive("INVOCATION");
  able.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_available_callee");
  await unable.settle();
  expect(unable.unread()).toEqual([]);
});

test("the timeout of a call goes on while it is given from callee to callee", async (t) => {
  const clock = createFakeClock({ now: Date.UTC(2026, 0) });
  const router = startRouter(t, { clock });
  const [caller, first, second] = [
    await router.join(),
    await router.join(FULL_DETAILS),
    await router.join(FULL_DETAILS),
  ];
  for (const callee of [first, second]) await callee.register("com.example.busy", { invoke: "first" });
  caller.call("com.example.busy", { timeout: 500 });
  const { request } = await first.receive("INVOCATION");
  await clock.advance(400);
  first.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.unavailable" });
  await second.receive("INVOCATION");
  await clock.advance(99);
  await caller.settle();
  expect(caller.unread()).toEqual([]);
  await clock.advance(1);
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.timeout");
});

test("a partitioned call goes to the same callee for the same rkey, and needs one", async (t) => {
  const router = startRouter(t);
  const caller = await router.join();
  const callees = [await router.join(), await router.join(), await router.join()];
  for (const callee of callees) await callee.register("com.example.shard", { invoke: "random" });
  const reached = async (rkey: string) => {
    const call = caller.call("com.example.shard", { runmode: "partition", rkey });
    for (const callee of callees) await callee.settle();
    const at = callees.findIndex((callee) => callee.unread().length > 0);
    const invocation = await callees[at]?.receive("INVOCATION");
    callees[at]?.send({ type: "YIELD", request: invocation?.request, options: {} });
    expect((await caller.receive("RESULT")).request).toBe(call);
    return at;
  };
  const keys = Array.from({ length: 12 }, (_, index) => `key${index}`);
  const first = [];
  for (const key of keys) first.push(await reached(key));
  for (const [index, key] of keys.entries()) expect(await reached(key)).toBe(first[index]);
  expect(new Set(first).size).toBeGreaterThan(1);
  caller.call("com.example.shard", { runmode: "partition" });
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.invalid_argument");
});

test("fact 54: payload passthru keys go along with every message, and the payload as it came", async (t) => {
  const router = startRouter(t);
  const [caller, callee] = [await router.join(FULL_DETAILS), await router.join(FULL_DETAILS)];
  await callee.register("com.example.secret");
  const ppt = { ppt_scheme: "x_mine", ppt_serializer: "cbor", ppt_cipher: "aes256gcm", ppt_keyid: "k1" };
  caller.call("com.example.secret", ppt, [Uint8Array.of(1, 2)]);
  const invocation = await callee.receive("INVOCATION");
  expect([invocation.details, invocation.args]).toEqual([ppt, [Uint8Array.of(1, 2)]]);
  callee.send({ type: "YIELD", request: 1, options: ppt, args: [Uint8Array.of(3)] });
  expect(await caller.receive("RESULT")).toMatchObject({ details: ppt, args: [Uint8Array.of(3)] });
  caller.call("com.example.secret", ppt, [Uint8Array.of(1)]);
  await callee.receive("INVOCATION");
  callee.send({
    type: "ERROR",
    requestType: "INVOCATION",
    request: 2,
    details: ppt,
    error: "com.example.no",
    args: [Uint8Array.of(4)],
  });
  expect(await caller.receive("ERROR")).toMatchObject({ details: ppt, args: [Uint8Array.of(4)] });
});

test("fact 54: passthru that was not announced aborts its sender, and a callee that cannot read it is not called", async (t) => {
  const router = startRouter(t);
  const [plain, caller] = [await router.join(), await router.join(FULL_DETAILS)];
  await plain.register("com.example.plain");
  caller.call("com.example.plain", { ppt_scheme: "x_mine" }, [Uint8Array.of(1)]);
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.feature_not_supported");
  plain.call("com.example.plain", { ppt_scheme: "x_mine" }, [Uint8Array.of(1)]);
  expect((await plain.receive("ABORT")).details.message).toMatch(/^CALL\.options\.ppt_scheme: /);
});

test("fact 54: a passthru ERROR that was not announced aborts its sender, and a caller that cannot read it is told so", async (t) => {
  const router = startRouter(t);
  const [plain, able] = [await router.join(), await router.join(FULL_DETAILS)];
  await plain.register("com.example.plain");
  await able.register("com.example.able");
  const answer = async (callee: RawClient) => {
    const { request } = await callee.receive("INVOCATION");
    const details = { ppt_scheme: "x_mine" };
    const error = "com.example.no";
    callee.send({ type: "ERROR", requestType: "INVOCATION", request, details, error, args: [Uint8Array.of(1)] });
  };
  plain.call("com.example.able");
  await answer(able);
  expect(await plain.receive("ERROR")).toMatchObject({ error: "wamp.error.feature_not_supported", details: {} });
  able.call("com.example.plain");
  await answer(plain);
  expect((await plain.receive("ABORT")).details.message).toMatch(/^ERROR\.details\.ppt_scheme: /);
});

test("a callee is told the trust level that the realm gives a call", async (t) => {
  const trustLevel = (_who: unknown, uri: string, action: string) =>
    action === "call" && uri.endsWith("trusted") ? 5 : undefined;
  const router = startRouter(t, { realms: [{ name: REALM, trustLevel }] });
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.trusted");
  await callee.register("com.example.other");
  caller.call("com.example.trusted");
  expect((await callee.receive("INVOCATION")).details).toEqual({ trustlevel: 5 });
  caller.call("com.example.other");
  expect((await callee.receive("INVOCATION")).details).toEqual({});
});

test("fact 4: on a realm with strictRequestIds a gap in the request IDs aborts", async (t) => {
  const client = await startRouter(t, { realms: [{ name: REALM, strictRequestIds: true }] }).join();
  client.send({ type: "SUBSCRIBE", request: 1, options: {}, topic: "com.example.a" });
  await client.receive("SUBSCRIBED");
  client.send({ type: "REGISTER", request: 2, options: {}, procedure: "com.example.b" });
  await client.receive("REGISTERED");
  client.send({ type: "SUBSCRIBE", request: 4, options: {}, topic: "com.example.c" });
  expect((await client.receive("ABORT")).details.message).toBe("SUBSCRIBE.request: expected 3, got 4");
});
