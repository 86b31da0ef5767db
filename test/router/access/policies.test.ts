/** `policies`: hooks in code that refuse or rewrite what sessions do. */
import { expect, type TestContext, test } from "vitest";
import { WampError } from "wampact/peer";
import { createRouter, type PermissionRule, type Policy } from "wampact/router";
import { type RawClient, REALM, type Received, startRouter } from "../../support/raw.js";

const PROCEDURE = "com.app.work";
const TOPIC = "com.app.news";
const REFUSED = "com.app.error.refused";
const ADD_TESTAMENT = "wamp.session.add_testament";

function start(t: TestContext, policies: readonly Policy[], config: object = {}) {
  return startRouter(t, { realms: [{ name: REALM, policies, enforce: [] }], ...config });
}

const refuse = () => {
  throw new WampError(REFUSED, { args: ["not here"], kwargs: { why: "policy" } });
};

async function answer(client: RawClient, message: Record<string, unknown> & { type: "CALL" }): Promise<Received> {
  client.send({ request: client.next(), options: {}, ...message });
  await expect.poll(() => client.unread().length).toBe(1);
  return (client.unread() as Received[]).splice(0)[0] as Received;
}
const requestOf = (type: string, fields: object) => ({ type, ...fields }) as Record<string, unknown> & { type: "CALL" };

test.for([
  ["subscribe", requestOf("SUBSCRIBE", { topic: TOPIC })],
  ["register", requestOf("REGISTER", { procedure: PROCEDURE })],
  ["publish", requestOf("PUBLISH", { topic: TOPIC, options: { acknowledge: true } })],
  ["call", requestOf("CALL", { procedure: PROCEDURE })],
] as const)("%s refuses with the error that it throws, and with a fault where it throws anything else", async ([
  hook,
  message,
], t) => {
  const client = await start(t, [{ [hook]: refuse }]).join();
  expect(await answer(client, message)).toMatchObject({
    error: REFUSED,
    args: ["not here"],
    kwargs: { why: "policy" },
  });
  const faults: string[] = [];
  const onError = (error: unknown) => faults.push(String(error));
  for (const [broken, words] of [
    [() => Promise.reject(new Error("late")), `policy.${hook}: expected nothing or an object, got a promise`],
    [() => "no", `policy.${hook}: expected nothing or an object, got a string`],
    [() => ({ uri: 1 }), `policy.${hook}: uri: expected a string, got an integer`],
    [() => ({ options: { match: 1, disclose_me: 1 } }), `policy.${hook}: options.`],
    [() => ({ option: {} }), `policy.${hook}.option: unknown option; did you mean "options"?`],
    [() => ({ topic: TOPIC }), `policy.${hook}.topic: unknown option`],
    [
      () => {
        throw new Error("broken");
      },
      "broken",
    ],
  ] as const) {
    const other = await start(t, [{ [hook]: broken as never }], { onError }).join();
    expect((await answer(other, message)).error).toBe("wamp.error.runtime_error");
    expect(faults.splice(0)[0]).toContain(words);
  }
});

test("each sees who asks for what, with which options, and the payload where it asks for it", async (t) => {
  const seen: unknown[] = [];
  const note = (hook: string) => (request: object) => {
    const { payload, ...rest } = request as { payload?: () => { args: unknown; kwargs: unknown } };
    const values = payload?.();
    seen.push([hook, rest, ...(values ? [values.args, values.kwargs] : [])]);
  };
  const hooks = ["subscribe", "register", "publish", "call", "result"] as const;
  const router = start(t, [Object.fromEntries(hooks.map((hook) => [hook, note(hook)]))]);
  const [one, two] = [await router.join(), await router.join()];
  await one.subscribe(TOPIC, { match: "prefix" });
  await one.register(PROCEDURE, { invoke: "last" });
  await two.publish(TOPIC, {}, ["news"]);
  two.call(PROCEDURE, { receive_progress: true }, [1], { two: 2 });
  await one.receive("EVENT");
  const { request } = await one.receive("INVOCATION");
  one.send({ type: "YIELD", request, options: { progress: true }, args: ["half"] });
  one.send({ type: "YIELD", request, options: {}, args: ["all"] });
  await two.receive("RESULT");
  await two.receive("RESULT");
  const party = ({ session }: RawClient) => ({ session, authid: expect.any(String), authrole: "anonymous" });
  const [who, other] = [party(one), party(two)];
  expect(seen).toEqual([
    ["subscribe", { who, uri: TOPIC, options: { match: "prefix" } }],
    ["register", { who, uri: PROCEDURE, options: { invoke: "last" } }],
    ["publish", { who: other, uri: TOPIC, options: { acknowledge: true } }, ["news"], {}],
    ["call", { who: other, uri: PROCEDURE, options: { receive_progress: true } }, [1], { two: 2 }],
    ["result", { caller: other, callee: who, uri: PROCEDURE, progress: true }, ["half"], {}],
    ["result", { caller: other, callee: who, uri: PROCEDURE, progress: false }, ["all"], {}],
  ]);
});

test("each may rewrite what is carried out, one after the other", async (t) => {
  const moved = (request: { readonly uri: string }) => ({ uri: request.uri.replace("old", "new") });
  const doubled: Policy = {
    publish: ({ payload, options }) => ({
      args: [payload().args[0], "seen"],
      options: { ...options, exclude_me: false },
    }),
    call: ({ payload }) => ({ args: [Number(payload().args[0]) * 2] }),
    result: ({ payload }) => ({ args: [Number(payload().args[0]) + 1], kwargs: { by: "policy" } }),
  };
  const router = start(t, [{ subscribe: moved, register: moved, publish: moved, call: moved }, doubled]);
  const client = await router.join();
  await client.subscribe("com.new.topic");
  await client.register("com.old.work");
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: "com.old.topic", args: ["news"] });
  expect((await client.receive("EVENT")).args).toEqual(["news", "seen"]);
  client.call("com.new.work", {}, [21]);
  const { request, args } = await client.receive("INVOCATION");
  expect(args).toEqual([42]);
  client.send({ type: "YIELD", request, options: {}, args });
  expect(await client.receive("RESULT")).toMatchObject({ args: [43], kwargs: { by: "policy" } });
});

test.for([
  ["the last", {}],
  ["one of several", { progress: true }],
] as const)("a refused result fails the call: %s", async ([, options], t) => {
  const router = start(t, [{ result: refuse }]);
  const [callee, caller] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE, { receive_progress: true });
  callee.send({ type: "YIELD", request: (await callee.receive("INVOCATION")).request, options });
  expect(await caller.receive("ERROR")).toMatchObject({ error: REFUSED, args: ["not here"] });
  await caller.settle();
  expect(caller.unread()).toEqual([]);
  expect(router.router.stats(REALM).pendingCalls).toBe(0);
});

test("join refuses a client with ABORT, or says who it is", async (t) => {
  const policy: Policy = {
    join: ({ authrole, authmethod, info }) => {
      if (info.kind !== "memory" || authmethod !== "anonymous") refuse();
      return { authid: "ada", authrole: `${authrole}s`, authextra: { greeting: "hello" } };
    },
  };
  const welcome = await start(t, [policy]).open().hello(REALM);
  expect(welcome.details).toMatchObject({ authid: "ada", authrole: "anonymouss", authextra: { greeting: "hello" } });
  const client = start(t, [{ join: refuse }]).open();
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect((await client.receive("ABORT")).reason).toBe(REFUSED);
});

test.for([
  ["role", { role: "guest" }],
  ["authRole", { authRole: "guest" }],
] as const)("join that returns a member %s, which no principal has, lets nobody in", async ([name, returned], t) => {
  const faults: unknown[] = [];
  const onError = (error: unknown) => faults.push(String(error));
  const client = start(t, [{ join: () => returned as object }], { onError }).open();
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.runtime_error");
  expect(faults).toEqual([expect.stringContaining(`policy.join.${name}: unknown option`)]);
});

test("each may return what it was shown, with a change in it", async (t) => {
  const policy: Policy = {
    join: (joining) => ({ ...joining, authrole: "user" }),
    publish: (message) => ({ ...message, uri: `${message.uri}.moved` }),
    call: (message) => ({ ...message, ...message.payload(), args: ["changed"] }),
    result: ({ payload }) => payload(),
  };
  const router = start(t, [policy]);
  const [callee, caller] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);
  await callee.subscribe(`${TOPIC}.moved`);
  caller.call(PROCEDURE, {}, ["as it was"], { kept: true });
  const { request, args, kwargs } = await callee.receive("INVOCATION");
  expect([args, kwargs]).toEqual([["changed"], { kept: true }]);
  callee.send({ type: "YIELD", request, options: {}, args: ["done"] });
  expect((await caller.receive("RESULT")).args).toEqual(["done"]);
  await caller.publish(TOPIC);
  await callee.receive("EVENT");
});

test("options that a policy replaces leave what the client waits for as it is", async (t) => {
  const rewrite = () => ({ options: {} });
  const router = start(t, [{ publish: rewrite, call: rewrite }]);
  const [callee, caller] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);
  expect(await answer(caller, requestOf("PUBLISH", { topic: TOPIC, options: { acknowledge: true } }))).toMatchObject({
    type: "PUBLISHED",
  });
  caller.call(PROCEDURE, { receive_progress: true, disclose_me: true });
  const { request, details } = await callee.receive("INVOCATION");
  expect(details).toMatchObject({ receive_progress: true });
  expect(details.caller).toBe(undefined);
  callee.send({ type: "YIELD", request, options: { progress: true }, args: [1] });
  expect((await caller.receive("RESULT")).details).toEqual({ progress: true });
  const silent = start(t, [{ publish: () => ({ options: { acknowledge: true } }) }]);
  const client = await silent.join();
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: TOPIC });
  await client.settle();
  expect(client.unread()).toEqual([]);
});

test("createRouter refuses a policy with a hook that is not there, or is no function", () => {
  const create = (policy: object) => () => createRouter({ realms: [{ name: REALM, policies: [policy] }] });
  expect(create({ publishes: refuse })).toThrow("realms[0].policies[0].publishes: unknown option");
  expect(create({ publish: true })).toThrow("realms[0].policies[0].publish: expected a function");
});

const PROGRESSIVE = {
  roles: {
    caller: { features: { progressive_call_invocations: true } },
    callee: { features: { progressive_call_invocations: true, call_canceling: true } },
  },
};

test("a later part of a progressive call is asked about as the first, and may not name another procedure", async (t) => {
  const call: Policy["call"] = ({ uri, payload }) => {
    if (uri === PROCEDURE && payload().args[0] === "evil") refuse();
    return { uri: uri.replace("com.alias.", "com.app.") };
  };
  const router = start(t, [{ call }]);
  const [callee, caller] = [await router.join(PROGRESSIVE), await router.join(PROGRESSIVE)];
  await callee.register(PROCEDURE);
  const part = (request: number, procedure: string, value: string) =>
    caller.send({ type: "CALL", request, options: { progress: true }, procedure, args: [value] });
  for (const [procedure, error] of [
    [PROCEDURE, REFUSED],
    ["com.app.harmless", "wamp.error.invalid_argument"],
  ] as const) {
    const request = caller.next();
    part(request, PROCEDURE, "good");
    part(request, "com.alias.work", "good"); // which is the same one, once rewritten
    for (let n = 0; n < 2; n++) expect((await callee.receive("INVOCATION")).args).toEqual(["good"]);
    part(request, procedure, "evil");
    expect(await caller.receive("ERROR")).toMatchObject({ request, error });
    await callee.receive("INTERRUPT");
  }
  await callee.settle();
  expect(callee.unread()).toEqual([]);
  expect(router.router.stats(REALM).pendingCalls).toBe(0);
});

test("a testament is seen by the policies as a publication: when it is made, and as its session's", async (t) => {
  const publish: Policy["publish"] = ({ uri, who, payload }) => {
    if (uri === "com.app.forbidden") refuse();
    return { uri: uri.replace("old", "new"), args: [payload().args[0], who.session] };
  };
  const router = start(t, [{ publish }]);
  const [heir, testator] = [await router.join(), await router.join()];
  await heir.subscribe("com.", { match: "prefix" });
  const add = (topic: string) =>
    answer(testator, requestOf("CALL", { procedure: ADD_TESTAMENT, args: [topic, ["bye"], {}] }));
  expect(await add("com.app.forbidden")).toMatchObject({ type: "ERROR", error: REFUSED });
  expect(await add("com.old.news")).toMatchObject({ type: "RESULT" });
  testator.close();
  expect(await heir.receive("EVENT")).toMatchObject({
    details: { topic: "com.new.news" },
    args: ["bye", testator.session],
  });
  await heir.settle();
  expect(heir.unread()).toEqual([]);
});

test("a testament that a policy has given another topic is left by the right to the one that its session named", async (t) => {
  const permissions: PermissionRule[] = [{ uri: "", match: "prefix", allow: ["call", "subscribe"] }];
  const allowed = [...permissions, { uri: "com.app.news", allow: ["publish"] as const }];
  let current: readonly PermissionRule[] = allowed;
  const publish: Policy["publish"] = ({ uri }) => ({ uri: `${uri}.moved` });
  const realm = { name: REALM, policies: [{ publish }], roles: () => ({ anonymous: { permissions: current } }) };
  const router = startRouter(t, { realms: [realm] });
  const heir = await router.join();
  await heir.subscribe("com.app.news.moved");
  await heir.subscribe("wamp.session.on_leave");
  for (const [rules, events] of [
    [allowed, ["EVENT", "EVENT"]],
    [permissions, ["EVENT"]],
  ] as const) {
    current = allowed;
    await router.router.refresh(REALM);
    const testator = await router.join();
    const added = await answer(testator, requestOf("CALL", { procedure: ADD_TESTAMENT, args: [TOPIC] }));
    expect(added.type).toBe("RESULT");
    current = rules;
    await router.router.refresh(REALM);
    testator.close();
    await expect.poll(() => router.router.stats(REALM).sessions).toBe(1);
    await heir.settle();
    expect((heir.unread() as Received[]).splice(0).map(({ type }) => type)).toEqual(events);
  }
});

test("a testament counts with what its session has asked for, whatever a policy makes of it", async (t) => {
  const limits = { session: { maxTestamentBytes: 500 } };
  const policies: Policy[] = [{ publish: () => ({ uri: TOPIC, options: {} }) }];
  const client = await startRouter(t, { realms: [{ name: REALM, policies, limits }] }).join();
  const add = (topic: string, options: object) =>
    answer(
      client,
      requestOf("CALL", { procedure: ADD_TESTAMENT, args: [topic], kwargs: { publish_options: options } }),
    );
  expect(await add(`com.${"x".repeat(600)}`, {})).toMatchObject({ error: "wampact.error.limit_exceeded" });
  expect(await add(TOPIC, { eligible_authid: ["x".repeat(600)] })).toMatchObject({
    error: "wampact.error.limit_exceeded",
  });
  expect(await add(TOPIC, { eligible_authid: ["ada"] })).toMatchObject({ type: "RESULT" });
});

test("a history is seen by the policies as a subscription, unless they have let its reader subscribe", async (t) => {
  const subscribe: Policy["subscribe"] = ({ uri, who }) => {
    if (who.session === stranger.session && uri === TOPIC) refuse();
    if (uri === "com.shared") return { uri: `com.own.${who.authrole}` };
  };
  const history = [{ topic: TOPIC }, { topic: "com.shared" }, { topic: "com.free", match: "prefix" as const }];
  const router = startRouter(t, { realms: [{ name: REALM, policies: [{ subscribe }], history }] });
  const [reader, stranger] = [await router.join(), await router.join()];
  for (const topic of [TOPIC, "com.shared", "com.free.news"]) await reader.publish(topic, {}, ["news"]);
  const id = await reader.subscribe(TOPIC);
  const ids = (await answer(reader, requestOf("CALL", { procedure: "wamp.subscription.list" }))).args[0];
  const shared = ids.exact.find((each: number) => each !== id);
  const events = async (client: RawClient, subscription: number) => {
    const { type, error } = await answer(
      client,
      requestOf("CALL", { procedure: "wamp.subscription.get_events", args: [subscription] }),
    );
    return error ?? type;
  };
  expect(await events(reader, id)).toBe("RESULT");
  expect(await events(stranger, id)).toBe(REFUSED);
  expect(await events(reader, shared)).toBe("wamp.error.no_such_subscription");
  expect(await events(stranger, ids.prefix[0])).toBe("RESULT");
});
