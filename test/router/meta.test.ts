import { expect, test } from "vitest";
import { FULL_DETAILS } from "../support/advanced.js";
import { type RawClient, REALM, startRouter, UNRESTRICTED } from "../support/raw.js";

/** Calls a meta procedure and gives its positional results, or the URI of its error. */
async function ask(
  client: RawClient,
  procedure: string,
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const request = client.call(procedure, {}, args, kwargs);
  await client.settle();
  const answer = client
    .unread()
    .find((message) => message.request === request && (message.type === "RESULT" || message.type === "ERROR"));
  (client.unread() as unknown[]).splice(client.unread().indexOf(answer as never), 1);
  return answer?.type === "ERROR" ? answer.error : answer?.args;
}

/** The meta events a session has got: topic and arguments. */
async function heard(client: RawClient): Promise<readonly (readonly [string, readonly unknown[]])[]> {
  await client.settle();
  return (client.unread() as unknown as unknown[]).splice(0).map((event) => {
    const { details, args } = event as { details: { topic: string }; args: readonly unknown[] };
    return [details.topic.replace("wamp.", ""), args] as const;
  });
}

test("fact 42: on_join tells a dictionary of five keys and the transport, on_leave three arguments", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const watcher = await router.join();
  await watcher.subscribe("wamp.session.", { match: "prefix" });
  const client = await router.join();
  const authid = router.router.sessions(REALM)[1]?.authid;
  client.close();
  await expect.poll(() => router.router.sessions(REALM).length).toBe(1);
  expect(await heard(watcher)).toEqual([
    [
      "session.on_join",
      [
        {
          session: client.session,
          authid,
          authrole: "anonymous",
          authmethod: "anonymous",
          authprovider: "static",
          transport: { type: "memory" },
        },
      ],
    ],
    ["session.on_leave", [client.session, authid, "anonymous"]],
  ]);
});

test("fact 41: meta events come create, subscribe, unsubscribe, delete; register likewise; also when a session dies", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const watcher = await router.join();
  await watcher.subscribe("wamp.", { match: "prefix" });
  await heard(watcher);
  const client = await router.join();
  const subscription = await client.subscribe("com.example.topic");
  const registration = await client.register("com.example.procedure", { invoke: "random" });
  client.close();
  await expect.poll(() => router.router.sessions(REALM).length).toBe(1);
  const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { session } = client;
  expect((await heard(watcher)).slice(1)).toEqual([
    ["subscription.on_create", [session, { id: subscription, created: iso, uri: "com.example.topic", match: "exact" }]],
    ["subscription.on_subscribe", [session, subscription]],
    [
      "registration.on_create",
      [session, { id: registration, created: iso, uri: "com.example.procedure", match: "exact", invoke: "random" }],
    ],
    ["registration.on_register", [session, registration]],
    ["subscription.on_unsubscribe", [session, subscription]],
    ["subscription.on_delete", [session, subscription]],
    ["registration.on_unregister", [session, registration]],
    ["registration.on_delete", [session, registration]],
    ["session.on_leave", [session, expect.any(String), "anonymous"]],
  ]);
});

test("wamp.session.count, list and get tell who is there, wamp.error.no_such_session who is not", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [one, two] = [await router.join(), await router.join()];
  expect(await ask(one, "wamp.session.count")).toEqual([2]);
  expect(await ask(one, "wamp.session.count", [["admin"]])).toEqual([0]);
  expect(await ask(one, "wamp.session.list", [["anonymous"]])).toEqual([[one.session, two.session]]);
  expect(await ask(one, "wamp.session.get", [two.session])).toEqual([
    expect.objectContaining({ session: two.session, authrole: "anonymous" }),
  ]);
  expect(await ask(one, "wamp.session.get", [2 ** 53])).toBe("wamp.error.no_such_session");
  expect(await ask(one, "wamp.session.get", ["x"])).toBe("wamp.error.invalid_argument");
});

test("fact 43: kill ends another session with the reason given, and never the caller's", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [killer, victim] = [await router.join(), await router.join()];
  expect(await ask(killer, "wamp.session.kill", [killer.session])).toBe("wamp.error.no_such_session");
  expect(await ask(killer, "wamp.session.kill", [victim.session], { reason: "no uri" })).toBe("wamp.error.invalid_uri");
  expect(
    await ask(killer, "wamp.session.kill", [victim.session], { reason: "com.example.out", message: "bye" }),
  ).toEqual([]);
  expect(await victim.receive("GOODBYE")).toMatchObject({ reason: "com.example.out", details: { message: "bye" } });
  expect(await ask(killer, "wamp.session.list")).toEqual([[killer.session]]);
});

test.for([
  ["wamp.session.kill", (victim: RawClient) => [victim.session]],
  ["wamp.session.kill_by_authid", () => ["nobody"]],
  ["wamp.session.kill_by_authrole", () => ["anonymous"]],
  ["wamp.session.kill_all", () => []],
] as const)("%s takes a message of at most 1,024 characters and a reason that is a URI", async ([kill, args], t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [killer, victim] = [await router.join(), await router.join()];
  const refused = (kwargs: object) => ask(killer, kill, args(victim), { ...kwargs });
  expect(await refused({ message: "x".repeat(1_025) })).toBe("wamp.error.invalid_argument");
  expect(await refused({ reason: `com.${"x".repeat(1_100)}` })).toBe("wamp.error.invalid_uri");
  expect(await refused({ reason: 1 })).toBe("wamp.error.invalid_uri");
  expect(await ask(killer, "wamp.session.count")).toEqual([2]);
  expect(await refused({ message: "x".repeat(1_024) })).toBeInstanceOf(Array);
});

test.for([
  "wamp.registration.lookup",
  "wamp.registration.match",
  "wamp.subscription.lookup",
  "wamp.subscription.match",
  "wamp.reflection.procedure.describe",
  "wamp.reflect.describe",
])("%s answers wamp.error.invalid_uri for a URI beyond 1,024 bytes or 256 components", async (procedure, t) => {
  const client = await startRouter(t, { realms: [UNRESTRICTED] }).join();
  for (const uri of [`com.${"x".repeat(1_021)}`, `com${".x".repeat(256)}`])
    expect(await ask(client, procedure, [uri])).toBe("wamp.error.invalid_uri");
  expect(await ask(client, procedure, [`com.${"x".repeat(1_020)}`])).toEqual([null]);
});

test("the reason of a revocation has at most 1,024 characters", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [admin, client] = [await router.join(), await router.join()];
  const subscription = await client.subscribe("com.example.topic");
  const registration = await client.register("com.example.work");
  const kwargs = { reason: "x".repeat(1_025) };
  for (const [procedure, id] of [
    ["wamp.subscription.remove_subscriber", subscription],
    ["wamp.registration.remove_callee", registration],
  ] as const) {
    expect(await ask(admin, procedure, [id, client.session], kwargs)).toBe("wamp.error.invalid_argument");
  }
});

test("fact 43: kill_by_authid gives the IDs, kill_by_authrole and kill_all the count, none counts the caller", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [killer, ...victims] = [
    await router.join(),
    await router.join(),
    await router.join(),
    await router.join(),
  ] as const;
  const authid = router.router.sessions(REALM)[1]?.authid;
  expect(await ask(killer, "wamp.session.kill_by_authid", [authid])).toEqual([[victims[0].session]]);
  expect(await victims[0].receive("GOODBYE")).toMatchObject({ reason: "wamp.close.killed", details: {} });
  expect(await ask(killer, "wamp.session.kill_by_authrole", ["anonymous"])).toEqual([2]);
  const last = await router.join();
  expect(await ask(killer, "wamp.session.kill_all")).toEqual([1]);
  await last.receive("GOODBYE");
  expect(await ask(killer, "wamp.session.count")).toEqual([1]);
});

test("fact 15: kill_all publishes neither meta events nor testaments", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [killer, victim] = [await router.join(), await router.join()];
  await victim.subscribe("com.example.topic");
  await ask(victim, "wamp.session.add_testament", ["com.example.last", ["words"], {}]);
  await killer.subscribe("", { match: "prefix" });
  await heard(killer);
  await ask(killer, "wamp.session.kill_all");
  expect(await heard(killer)).toEqual([]);
});

test("wamp.registration.* and wamp.subscription.* answer as the specification says, null where nothing is found", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [client, other] = [await router.join(), await router.join()];
  const exact = await client.register("com.example.a", { invoke: "last" });
  const prefix = await client.register("com.example", { match: "prefix" });
  await other.register("com.example.a", { invoke: "last" });
  expect(await ask(client, "wamp.registration.list")).toEqual([{ exact: [exact], prefix: [prefix], wildcard: [] }]);
  expect(await ask(client, "wamp.registration.lookup", ["com.example", { match: "prefix" }])).toEqual([prefix]);
  expect(await ask(client, "wamp.registration.lookup", ["com.example"])).toEqual([null]);
  expect(await ask(client, "wamp.registration.match", ["com.example.b"])).toEqual([prefix]);
  expect(await ask(client, "wamp.registration.match", ["org.example"])).toEqual([null]);
  expect(await ask(client, "wamp.registration.get", [exact])).toEqual([
    { id: exact, created: expect.any(String), uri: "com.example.a", match: "exact", invoke: "last" },
  ]);
  expect(await ask(client, "wamp.registration.list_callees", [exact])).toEqual([[client.session, other.session]]);
  expect(await ask(client, "wamp.registration.count_callees", [exact])).toEqual([2]);
  expect(await ask(client, "wamp.registration.get", [99])).toBe("wamp.error.no_such_registration");
  const topic = await client.subscribe("com.example.topic");
  const wild = await other.subscribe("com..topic", { match: "wildcard" });
  expect(await ask(client, "wamp.subscription.list")).toEqual([{ exact: [topic], prefix: [], wildcard: [wild] }]);
  expect(await ask(client, "wamp.subscription.lookup", ["com..topic", { match: "wildcard" }])).toEqual([wild]);
  expect(await ask(client, "wamp.subscription.match", ["com.example.topic"])).toEqual([[topic, wild]]);
  expect(await ask(client, "wamp.subscription.match", ["org"])).toEqual([null]);
  expect(await ask(client, "wamp.subscription.get", [topic])).toEqual([
    { id: topic, created: expect.any(String), uri: "com.example.topic", match: "exact" },
  ]);
  expect(await ask(client, "wamp.subscription.list_subscribers", [wild])).toEqual([[other.session]]);
  expect(await ask(client, "wamp.subscription.count_subscribers", [topic])).toEqual([1]);
  expect(await ask(client, "wamp.subscription.count_subscribers", [99])).toBe("wamp.error.no_such_subscription");
});

test("fact 39: a revoked registration or subscription is told to those that announced it, and gone for all", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [admin, aware, plain] = [await router.join(), await router.join(FULL_DETAILS), await router.join()];
  for (const client of [aware, plain]) {
    const registration = await client.register("com.example.mine", { invoke: "random" });
    const subscription = await client.subscribe("com.example.topic");
    expect(
      await ask(admin, "wamp.registration.remove_callee", [registration, client.session], { reason: "moved" }),
    ).toEqual([]);
    expect(await ask(admin, "wamp.subscription.remove_subscriber", [subscription, client.session])).toEqual([]);
    if (client === aware) {
      expect(await aware.receive("UNREGISTERED")).toEqual({
        type: "UNREGISTERED",
        request: 0,
        details: { registration, reason: "moved" },
      });
      expect(await aware.receive("UNSUBSCRIBED")).toEqual({
        type: "UNSUBSCRIBED",
        request: 0,
        details: { subscription },
      });
    }
    await client.settle();
    expect(client.unread()).toEqual([]);
  }
  admin.call("com.example.mine");
  expect((await admin.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
});

test("fact 30: testaments are published at the session's end, detached first, each in the order they were added", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [watcher, client] = [await router.join(), await router.join()];
  await watcher.subscribe("com.example.", { match: "prefix" });
  const add = (topic: string, kwargs: Readonly<Record<string, unknown>> = {}) =>
    ask(client, "wamp.session.add_testament", [topic, ["bye"], { k: 1 }], kwargs);
  expect(await add("com.example.destroyed1")).toEqual([]);
  expect(await add("com.example.detached", { scope: "detached" })).toEqual([]);
  expect(await add("com.example.destroyed2", { scope: "destroyed", publish_options: { acknowledge: true } })).toEqual(
    [],
  );
  expect(await add("com.example.nobody", { publish_options: { eligible: [] } })).toEqual([]);
  expect(await add("wamp.session.on_join")).toBe("wamp.error.invalid_uri");
  expect(await add("com.example.x", { scope: "other" })).toBe("wamp.error.invalid_argument");
  expect(await add("com.example.x", { publish_options: { retain: "yes" } })).toBe("wamp.error.invalid_argument");
  client.close();
  for (const topic of ["com.example.detached", "com.example.destroyed1", "com.example.destroyed2"]) {
    expect(await watcher.receive("EVENT")).toMatchObject({ details: { topic }, args: ["bye"], kwargs: { k: 1 } });
  }
  await watcher.settle();
  expect(watcher.unread()).toEqual([]);
});

test("fact 30: flush_testaments clears one scope, by default destroyed", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [watcher, client] = [await router.join(), await router.join()];
  await watcher.subscribe("com.example.", { match: "prefix" });
  await ask(client, "wamp.session.add_testament", ["com.example.a", [], {}], { scope: "detached" });
  await ask(client, "wamp.session.add_testament", ["com.example.b", [], {}]);
  expect(await ask(client, "wamp.session.flush_testaments")).toEqual([]);
  client.close();
  expect((await watcher.receive("EVENT")).details.topic).toBe("com.example.a");
  await watcher.settle();
  expect(watcher.unread()).toEqual([]);
});

test("reflection: what is defined is listed and described until the session that defined it is gone", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [client, other] = [await router.join(), await router.join()];
  await other.subscribe("wamp.reflect.", { match: "prefix" });
  expect(await ask(client, "wamp.reflect.define", ["procedure", "com.example.a", { summary: "Does a." }])).toEqual([]);
  expect(await ask(client, "wamp.reflect.define", ["nonsense", "com.example.a", {}])).toBe(
    "wamp.error.invalid_argument",
  );
  expect(await ask(other, "wamp.reflection.procedure.list")).toEqual([["com.example.a"]]);
  expect(await ask(other, "wamp.reflection.topic.list")).toEqual([[]]);
  expect(await ask(other, "wamp.reflection.procedure.describe", ["com.example.a"])).toEqual([
    { kind: "procedure", uri: "com.example.a", summary: "Does a." },
  ]);
  expect(await ask(other, "wamp.reflect.describe", ["com.example.b"])).toEqual([null]);
  client.close();
  await expect.poll(() => router.router.sessions(REALM).length).toBe(1);
  expect(await heard(other)).toEqual([
    ["reflect.on_define", ["procedure", "com.example.a"]],
    ["reflect.on_undefine", ["procedure", "com.example.a"]],
  ]);
  expect(await ask(other, "wamp.reflection.procedure.list")).toEqual([[]]);
});
