/** Decisions that go beyond yes and no, authorizers that are procedures, and what a refresh takes away. */
import { expect, type TestContext, test } from "vitest";
import { procedure } from "wampact";
import type { Authorizer, RealmConfig, RolesConfig, Router } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { createGate } from "../../support/peers.js";
import { CLIENT_DETAILS, RawClient, REALM, type Received, startRouter } from "../../support/raw.js";

const PROCEDURE = "com.app.work";
const TOPIC = "com.app.news";
const AUTHORIZE = "com.app.authorize";
const DENIED = "wamp.error.not_authorized";
const FAILED = "wamp.error.authorization_failed";

function start(t: TestContext, realm: Partial<RealmConfig>, config: object = {}) {
  return startRouter(t, { realms: [{ name: REALM, ...realm }], onError: () => {}, ...config });
}

const REVOCABLE = {
  roles: {
    ...CLIENT_DETAILS.roles,
    subscriber: { features: { subscription_revocation: true } },
    callee: { features: { registration_revocation: true, caller_identification: true } },
  },
};

/** A peer of the role `trusted`. */
async function trusted(router: Router): Promise<RawClient> {
  const client = new RawClient(router.attach());
  await client.hello(REALM, REVOCABLE);
  return client;
}

async function outcome(client: RawClient, type: "SUBSCRIBED" | "REGISTERED" | "PUBLISHED", request: () => void) {
  request();
  await expect.poll(() => client.unread().some((each) => each.type === type || each.type === "ERROR")).toBe(true);
  const inbox = client.unread() as Received[];
  const [answer] = inbox.splice(
    inbox.findIndex((each) => each.type === type || each.type === "ERROR"),
    1,
  );
  return answer?.type === "ERROR" ? answer.error : answer?.type;
}

const subscribe = (client: RawClient, topic: string, options: object = {}) =>
  outcome(client, "SUBSCRIBED", () => client.send({ type: "SUBSCRIBE", request: client.next(), options, topic }));
const register = (client: RawClient, procedure: string, options: object = {}) =>
  outcome(client, "REGISTERED", () => client.send({ type: "REGISTER", request: client.next(), options, procedure }));

test.for([
  [true, "disclosed", "never"],
  [false, "kept", "always"],
] as const)("a decision that says disclose: %s has callers and publishers %s", async ([disclose, , disclosure], t) => {
  const router = start(t, { disclosure, authorize: () => ({ allow: true, disclose }) });
  const [one, two] = [await router.join(), await router.join()];
  await one.register(PROCEDURE);
  await one.subscribe(TOPIC);
  two.call(PROCEDURE);
  expect((await one.receive("INVOCATION")).details.caller).toBe(disclose ? two.session : undefined);
  await two.publish(TOPIC);
  expect((await one.receive("EVENT")).details.publisher).toBe(disclose ? two.session : undefined);
  two.call(PROCEDURE, { disclose_me: true });
  if (disclose) await one.receive("INVOCATION");
  else expect((await two.receive("ERROR")).error).toBe("wamp.error.option_disallowed.disclose_me");
});

test("a decision holds for its time, for its session, action, URI and match policy", async (t) => {
  const clock = createFakeClock();
  const asked: string[] = [];
  const authorize: Authorizer = async ({ session }, action, uri, { match = "exact" }) => {
    asked.push(`${session} ${action} ${match} ${uri}`);
    return { allow: uri !== "com.no", validMs: 1_000 };
  };
  const router = start(t, { authorize }, { clock });
  const [one, two] = [await router.join(), await router.join()];
  const publish = async (client: RawClient, topic: string) => {
    client.send({ type: "PUBLISH", request: client.next(), options: { acknowledge: true }, topic });
    await expect.poll(() => client.unread().length).toBe(1);
    const [answer] = (client.unread() as Received[]).splice(0);
    return answer?.type === "ERROR" ? answer.error : answer?.type;
  };
  for (let count = 0; count < 3; count++) {
    expect(await publish(one, "com.yes")).toBe("PUBLISHED");
    expect(await publish(one, "com.no")).toBe(DENIED);
  }
  await publish(two, "com.yes");
  await subscribe(one, "com.yes");
  await subscribe(one, "com.yes", { match: "prefix" });
  const [id, other] = [one.session, two.session];
  const expected = [
    `${id} publish exact com.yes`,
    `${id} publish exact com.no`,
    `${other} publish exact com.yes`,
    `${id} subscribe exact com.yes`,
    `${id} subscribe prefix com.yes`,
  ];
  expect(asked).toEqual(expected);
  await clock.advance(999);
  await publish(two, "com.yes");
  expect(asked).toEqual(expected);
  await clock.advance(1);
  await publish(two, "com.yes");
  expect(asked).toEqual([...expected, `${other} publish exact com.yes`]);
});

test.for([
  ["allow that is none", { allow: 1 }],
  ["no allow", { disclose: true }],
  ["disclose that is none", { allow: true, disclose: "yes" }],
  ["validMs below 0", { allow: true, validMs: -1 }],
  ["a list", [true]],
] as const)("a decision with %s is a failure", async ([, decision], t) => {
  const client = await start(t, { authorize: (() => decision) as unknown as Authorizer }).join();
  expect(await subscribe(client, TOPIC)).toBe(FAILED);
});

test("a testament is asked about as a publication, and a history as a subscription", async (t) => {
  const authorize: Authorizer = async (_who, action, uri) => action === "call" || !uri.startsWith("com.secret");
  const history = [{ topic: "com.secret.", match: "prefix" as const }, { topic: TOPIC }];
  const router = start(t, { authorize, history });
  const client = await router.join();
  const ask = async (procedure: string, args: readonly unknown[]) => {
    client.call(procedure, {}, args);
    await expect.poll(() => client.unread().length).toBe(1);
    const [answer] = (client.unread() as Received[]).splice(0);
    return answer?.type === "ERROR" ? answer.error : answer?.args[0];
  };
  expect(await ask("wamp.session.add_testament", ["com.secret.news", [], {}])).toBe(DENIED);
  expect(await ask("wamp.session.add_testament", [TOPIC, [], {}])).toBe(undefined);
  const { exact, prefix } = await ask("wamp.subscription.list", []);
  expect(await ask("wamp.subscription.get_events", exact)).toBe(undefined);
  expect(await ask("wamp.subscription.get_events", prefix)).toBe(DENIED);
});

test("a history that is denied says nothing of its subscription", async (t) => {
  const asked: string[] = [];
  const authorize: Authorizer = (_who, action, uri) => asked.push(uri) > 0 && action === "call";
  const permissions = [
    { uri: "wamp.subscription.", match: "prefix" as const, allow: ["call"] as const },
    { uri: TOPIC, allow: ["subscribe"] as const },
  ];
  const { router, join } = start(t, { authorize, roles: { anonymous: { permissions } } });
  const [backend, client] = [await trusted(router), await join()];
  const ids = [
    await backend.subscribe("com.secret.news"),
    await backend.subscribe("com.secret.", { match: "prefix" }),
    await backend.subscribe(TOPIC),
  ];
  const told: Received[] = [];
  for (const id of ids) {
    client.call("wamp.subscription.get_events", {}, [id]);
    told.push(await client.receive("ERROR"));
  }
  const hidden = "wamp.error.no_such_subscription";
  expect(told.map(({ error }) => error)).toEqual([hidden, hidden, DENIED]);
  expect(told[2]?.args).toEqual(['this session is not allowed to call "wamp.subscription.get_events"']);
  const procedure = "wamp.subscription.get_events";
  expect(asked).toEqual([procedure, procedure, procedure, TOPIC]);
});

test("static rules are asked first, and an authorizer only about what they allow", async (t) => {
  const asked: string[] = [];
  const permissions = [{ uri: "com.app.", match: "prefix" as const, allow: ["subscribe"] as const }];
  const authorize: Authorizer = (_who, _action, uri) => asked.push(uri) > 0 && uri === TOPIC;
  const router = start(t, { roles: { anonymous: { permissions } }, authorize });
  const client = await router.join();
  expect(await subscribe(client, TOPIC)).toBe("SUBSCRIBED");
  expect(await subscribe(client, "com.app.other")).toBe(DENIED);
  expect(await subscribe(client, "com.other")).toBe(DENIED);
  expect(asked).toEqual([TOPIC, "com.app.other"]);
});

/** Answers the authorizer's calls by a rule. */
async function serve(client: RawClient, answer: (...args: readonly unknown[]) => unknown): Promise<void> {
  for (;;) {
    await expect.poll(() => client.unread().length > 0 || client.closed !== undefined).toBe(true);
    if (client.closed !== undefined) return;
    const { type, request, args } = (client.unread() as Received[]).shift() as Received;
    if (type === "INVOCATION") client.send({ type: "YIELD", request, options: {}, args: [answer(...args)] });
  }
}

test("an authorizer may be a procedure, told session, URI, action and options", async (t) => {
  const router = start(t, { authorize: AUTHORIZE });
  const authorizer = await trusted(router.router);
  await authorizer.register(AUTHORIZE);
  const told: unknown[] = [];
  const serving = serve(authorizer, (...args) => {
    told.push(args);
    return args[1] === TOPIC ? { allow: true, valid_ms: 1_000 } : args[1] === "com.app.odd" ? "yes" : false;
  });
  const client = await router.join();
  expect(await subscribe(client, TOPIC)).toBe("SUBSCRIBED");
  expect(await subscribe(client, TOPIC)).toBe("SUBSCRIBED");
  expect(await register(client, "com.app.", { match: "prefix" })).toBe(DENIED);
  expect(await subscribe(client, "com.app.odd")).toBe(FAILED);
  const who = { session: client.session, authid: expect.any(String), authrole: "anonymous" };
  expect(told).toEqual([
    [who, TOPIC, "subscribe", {}],
    [who, "com.app.", "register", { match: "prefix" }],
    [who, "com.app.odd", "subscribe", {}],
  ]);
  authorizer.close();
  await serving;
});

test.for([
  ["nobody serves it", undefined],
  ["it answers ERROR", { type: "ERROR", requestType: "INVOCATION", details: {}, error: "com.app.error.broken" }],
] as const)("where %s, an authorizing procedure denies", async ([, answer], t) => {
  const router = start(t, { authorize: AUTHORIZE });
  const authorizer = await trusted(router.router);
  if (answer) await authorizer.register(AUTHORIZE);
  const client = await router.join();
  const told = subscribe(client, TOPIC);
  if (answer) authorizer.send({ ...answer, request: (await authorizer.receive("INVOCATION")).request });
  expect(await told).toBe(FAILED);
});

test("who serves the authorizer is not asked about, and rules alone say who may serve it", async (t) => {
  const permissions = [
    { uri: "com.app.", match: "prefix" as const, allow: ["register", "call", "subscribe"] as const },
  ];
  const router = start(t, { authorize: AUTHORIZE, roles: { anonymous: { permissions } } });
  const [one, other] = [await router.join(), await router.join()];
  expect(await register(one, AUTHORIZE)).toBe("REGISTERED");
  expect(await subscribe(one, TOPIC)).toBe("SUBSCRIBED"); // it would wait for itself
  const told = subscribe(other, TOPIC);
  one.send({ type: "YIELD", request: (await one.receive("INVOCATION")).request, options: {}, args: [true] });
  expect(await told).toBe("SUBSCRIBED");
  const open = start(t, { authorize: AUTHORIZE });
  expect(await register(await open.join(), AUTHORIZE)).toBe(DENIED); // no rule allows it
});

const GUARDED = [{ refund: procedure("com.shop.refund", { access: { roles: ["clerk"] } }) }];
test.for([
  ["no roles", { enforce: GUARDED }],
  ["a role without permissions", { enforce: GUARDED, roles: { anonymous: {}, clerk: {} } }],
] as const)("the rules of a contract, with %s, let nobody register the authorizer", async ([, realm], t) => {
  const client = await start(t, { authorize: AUTHORIZE, ...realm }).join();
  expect(await register(client, AUTHORIZE)).toBe(DENIED);
});

test("who has registered a procedure before it was named as the authorizer decides nothing, and loses it", async (t) => {
  const { router, join } = start(t, {});
  const [early, other] = [await join(REVOCABLE), await join()];
  const registration = await early.register(AUTHORIZE);
  await router.reconfigure(REALM, { authorize: AUTHORIZE });
  expect((await early.receive("UNREGISTERED")).details).toEqual({ registration, reason: DENIED });
  for (const client of [early, other]) expect(await subscribe(client, TOPIC)).toBe(FAILED);
  expect(early.unread()).toEqual([]); // it was not asked
  const service = await trusted(router);
  await service.register(AUTHORIZE);
  const told = subscribe(other, TOPIC);
  service.send({ type: "YIELD", request: (await service.receive("INVOCATION")).request, options: {}, args: [true] });
  expect(await told).toBe("SUBSCRIBED");
});

test("a pattern of the authorizer's URI is asked about like any other", async (t) => {
  const permissions = [{ uri: "com.app.", match: "prefix" as const, allow: ["register"] as const }];
  const client = await start(t, { authorize: AUTHORIZE, roles: { anonymous: { permissions } } }).join();
  for (const match of ["prefix", "wildcard"]) expect(await register(client, AUTHORIZE, { match })).toBe(FAILED);
  expect(await register(client, AUTHORIZE, { match: "exact" })).toBe("REGISTERED");
});

test("a pattern that was registered does not become the authorizer when its callee is gone", async (t) => {
  const router = start(t, { authorize: AUTHORIZE });
  const [authorizer, client] = [await trusted(router.router), await router.join()];
  await authorizer.register(AUTHORIZE);
  const told = register(client, "com.app.", { match: "prefix" });
  authorizer.send({
    type: "YIELD",
    request: (await authorizer.receive("INVOCATION")).request,
    options: {},
    args: [true],
  });
  expect(await told).toBe("REGISTERED");
  authorizer.close();
  await expect.poll(() => router.router.sessions(REALM).length).toBe(1);
  expect(await subscribe(client, TOPIC)).toBe(FAILED);
  expect(client.unread()).toEqual([]);
});

const rules = (...uris: readonly string[]): RolesConfig => ({
  anonymous: {
    permissions: uris.map((uri) => ({
      uri,
      match: "prefix" as const,
      allow: ["register", "subscribe", "call"] as const,
    })),
  },
});

test("refresh revokes what a role may not hold any more, and nothing else", async (t) => {
  let roles = rules("com.");
  const { router, join } = start(t, { roles: () => roles });
  const client = await join(REVOCABLE);
  const [kept, lost] = [await client.subscribe(TOPIC), await client.subscribe("com.other.news")];
  const [pattern, registration] = [
    await client.subscribe("com.", { match: "prefix" }),
    await client.register("com.other.work"),
  ];
  await client.register(PROCEDURE);
  roles = rules("com.app.");
  await router.refresh(REALM);
  await client.settle();
  const reason = DENIED;
  const told = (client.unread() as Received[]).splice(0).map(({ type, request, details }) => [type, request, details]);
  expect(told).toEqual([
    ["UNREGISTERED", 0, { registration, reason }],
    ["UNSUBSCRIBED", 0, { subscription: lost, reason }],
    ["UNSUBSCRIBED", 0, { subscription: pattern, reason }],
  ]);
  expect(await subscribe(client, "com.other.news")).toBe(DENIED);
  const backend = await trusted(router);
  await backend.publish("com.other.news");
  await backend.publish(TOPIC);
  expect((await client.receive("EVENT")).subscription).toBe(kept);
  roles = rules("com.");
  await router.refresh(REALM);
  expect(await subscribe(client, "com.other.news")).toBe("SUBSCRIBED");
});

test("refresh takes everything from a role that is gone, and refuses roles that cannot be", async (t) => {
  let roles: RolesConfig = rules("com.");
  const { router, join } = start(t, { roles: () => roles });
  const client = await join(REVOCABLE);
  const subscription = await client.subscribe(TOPIC);
  roles = { anonymous: { permissions: [{ uri: "com..", allow: ["call"] }] } };
  await expect(router.refresh(REALM)).rejects.toThrow("roles of com.example.anonymous.permissions[0].uri");
  expect(await subscribe(client, "com.more")).toBe("SUBSCRIBED");
  roles = {};
  await router.refresh(REALM);
  expect((await client.receive("UNSUBSCRIBED")).details.subscription).toBe(subscription);
  await expect(router.refresh("com.no")).rejects.toThrow(TypeError);
});

test("refresh asks the authorizer again, and forgets what held", async (t) => {
  let allowed = true;
  const authorize: Authorizer = async (_who, _action, uri) => ({
    allow: allowed || uri === PROCEDURE,
    validMs: 60_000,
  });
  const { router, join } = start(t, { authorize });
  const client = await join(REVOCABLE);
  expect(await subscribe(client, TOPIC)).toBe("SUBSCRIBED");
  expect(await register(client, PROCEDURE)).toBe("REGISTERED");
  allowed = false;
  expect(await subscribe(client, TOPIC)).toBe("SUBSCRIBED"); // the decision holds
  await router.refresh(REALM);
  expect((await client.receive("UNSUBSCRIBED")).request).toBe(0);
  expect(await subscribe(client, TOPIC)).toBe(DENIED);
  expect(client.unread()).toEqual([]);
});

test("a decision of before a refresh is asked for again, in what is left of its time", async (t) => {
  const clock = createFakeClock();
  const gates = [createGate<boolean>(), createGate<boolean>(), createGate<boolean>()];
  let asked = 0;
  const authorize: Authorizer = () => gates[asked++]?.promise ?? true;
  const { router, join } = start(t, { authorize }, { clock });
  const client = await join();
  const told = subscribe(client, TOPIC);
  await expect.poll(() => asked).toBe(1);
  await router.refresh(REALM);
  gates[0]?.open(true);
  await expect.poll(() => asked).toBe(2);
  gates[1]?.open(false);
  expect(await told).toBe(DENIED);
  const late = subscribe(client, TOPIC);
  await expect.poll(() => asked).toBe(3);
  await clock.advance(9_000);
  gates.push(createGate());
  await router.refresh(REALM);
  gates[2]?.open(true);
  await expect.poll(() => asked).toBe(4);
  await clock.advance(1_000);
  expect(await late).toBe(FAILED);
  expect(router.stats(REALM).subscriptions).toBe(0);
});

test("a slow authorizer keeps no role's old rights, and no other session's decision", async (t) => {
  let roles = rules("com.");
  let slow: RawClient | undefined;
  const gate = createGate();
  const authorize: Authorizer = ({ session }, _action, uri) => {
    if (!slow) return true;
    return session === slow.session ? gate.promise.then(() => true) : uri !== "com.app.lost";
  };
  const { router, join } = start(t, { roles: () => roles, authorize });
  const [first, second] = [await join(REVOCABLE), await join(REVOCABLE)];
  await first.subscribe(TOPIC);
  const lost = [await second.subscribe("com.other.news"), await second.subscribe("com.app.lost")];
  slow = first;
  roles = rules("com.app.");
  const refreshing = router.refresh(REALM);
  for (const subscription of lost)
    expect((await second.receive("UNSUBSCRIBED")).details).toEqual({ subscription, reason: DENIED });
  expect(await subscribe(second, "com.other.news")).toBe(DENIED);
  gate.open();
  await refreshing;
  expect(router.stats(REALM).subscriptions).toBe(1);
});

test("what a refresh was told is not carried out after the next one", async (t) => {
  const gate = createGate();
  const answers: (true | Promise<boolean>)[] = [true, gate.promise.then(() => false), true];
  const { router, join } = start(t, { authorize: () => answers.shift() ?? false });
  const client = await join(REVOCABLE);
  await client.subscribe(TOPIC);
  const first = router.refresh(REALM);
  await expect.poll(() => answers.length).toBe(1);
  await router.refresh(REALM);
  gate.open();
  await first;
  expect(router.stats(REALM).subscriptions).toBe(1);
});

test("a request that waits for its decision while a refresh takes the right is refused", async (t) => {
  let roles = rules("com.");
  const gate = createGate();
  const { router, join } = start(t, { roles: () => roles, authorize: () => gate.promise.then(() => true) });
  const client = await join();
  const told = subscribe(client, TOPIC);
  await expect.poll(() => router.sessions(REALM).length).toBe(1);
  const other = await join();
  await other.settle();
  roles = rules("net.");
  await router.refresh(REALM);
  gate.open();
  expect(await told).toBe(DENIED);
});
