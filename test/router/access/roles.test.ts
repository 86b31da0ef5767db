/** `roles`: what the sessions of a role may do, see and be told. What no rule gives is denied. */
import { expect, type TestContext, test } from "vitest";
import { type Authenticator, createRouter, type RealmConfig, type RolesConfig } from "wampact/router";
import { CLIENT_DETAILS, RawClient, REALM, type Received, startRouter } from "../../support/raw.js";

const ROLES: RolesConfig = {
  backend: {
    permissions: [
      { uri: "com.app.", match: "prefix", allow: ["call", "register", "publish", "subscribe"] },
      { uri: "com.hidden.", match: "prefix", allow: ["register", "publish", "subscribe"] },
      { uri: "wamp.", match: "prefix", allow: ["call", "subscribe"] },
    ],
  },
  user: {
    permissions: [
      { uri: "com.app.", match: "prefix", allow: ["call", "subscribe"] },
      { uri: "com.app.admin.", match: "prefix", deny: ["call", "subscribe"] },
      { uri: "com.app.admin.motd", allow: ["subscribe"] },
      { uri: "com.app..own", match: "wildcard", allow: ["publish"] },
      { uri: "com.app.users.{authid}.", match: "prefix", allow: ["publish", "register"] },
      { uri: "wamp.", match: "prefix", allow: ["call", "subscribe"] },
      { uri: "wamp.session.kill", match: "prefix", deny: ["call"] },
    ],
  },
  nobody: {},
};

/** The client says who it is: for tests only. */
const asSaid: Authenticator = {
  method: "anonymous",
  begin: ({ authid = "ada", authextra }) => ({
    type: "accepted",
    principal: { authid, authrole: String(authextra?.role), authprovider: "test" },
  }),
};

function start(t: TestContext, config: Partial<RealmConfig> = {}) {
  const router = startRouter(t, { realms: [{ name: REALM, auth: [asSaid], roles: ROLES, ...config }] });
  const join = (role: string, authid?: string) =>
    router.join({ ...CLIENT_DETAILS, ...(authid && { authid }), authextra: { role } });
  return { ...router, join };
}

const FIELDS = { CALL: "procedure", REGISTER: "procedure", PUBLISH: "topic", SUBSCRIBE: "topic" } as const;

/** The answer to a request: its type, or the URI of its error. */
async function ask(client: RawClient, type: keyof typeof FIELDS, uri: string, options: object = {}): Promise<string> {
  const request = client.next();
  const acknowledge = type === "PUBLISH" ? { acknowledge: true } : {};
  client.send({ type, request, options: { ...options, ...acknowledge }, [FIELDS[type]]: uri });
  return answerTo(client, request);
}

async function answerTo(client: RawClient, request: number): Promise<string> {
  const answer = await replyTo(client, request);
  return answer.type === "ERROR" ? answer.error : answer.type;
}

async function replyTo(client: RawClient, request: number): Promise<Received> {
  await client.settle();
  const inbox = client.unread() as Received[];
  const [answer] = inbox.splice(
    inbox.findIndex((each) => each.request === request),
    1,
  );
  return answer as Received;
}

async function meta(client: RawClient, procedure: string, ...args: readonly unknown[]): Promise<unknown> {
  const answer = await replyTo(client, client.call(procedure, {}, args));
  return answer.type === "ERROR" ? answer.error : answer.args[0];
}

const DENIED = "wamp.error.not_authorized";

test.for([
  ["CALL", "com.app.work", "wamp.error.no_such_procedure"],
  ["CALL", "com.app", DENIED],
  ["CALL", "com.apps.work", DENIED],
  ["CALL", "com.app.admin.work", DENIED],
  ["CALL", "com.app.admin.motd", DENIED],
  ["CALL", "wamp.session.count", "RESULT"],
  ["CALL", "wamp.session.kill_all", DENIED],
  ["SUBSCRIBE", "com.app.news", "SUBSCRIBED"],
  ["SUBSCRIBE", "com.app.admin.news", DENIED],
  ["SUBSCRIBE", "com.app.admin.motd", "SUBSCRIBED"],
  ["REGISTER", "com.app.work", DENIED],
  ["PUBLISH", "com.app.news", DENIED],
  ["PUBLISH", "com.app.ada.own", DENIED],
  ["PUBLISH", "com.app.own", DENIED],
  ["PUBLISH", "com.app.x.own", "PUBLISHED"],
  ["PUBLISH", "com.app.users.eve.state", "PUBLISHED"],
  ["PUBLISH", "com.app.users.ada.state", DENIED],
  ["REGISTER", "com.app.users.eve.work", "REGISTERED"],
  ["REGISTER", "com.app.users.eve", DENIED],
  ["REGISTER", "com.app.users.evelyn.work", DENIED],
] as const)("%s %s of a user is answered with %s", async ([type, uri, answer], t) => {
  const client = await start(t).join("user", "eve");
  const expected = uri === "com.app.ada.own" ? "PUBLISHED" : answer;
  expect(await ask(client, type, uri)).toBe(expected);
});

test.for([
  ["SUBSCRIBE", "com.app.", "prefix", DENIED], // com.app.admin.news is in it
  ["SUBSCRIBE", "com.app.news", "prefix", "SUBSCRIBED"],
  ["SUBSCRIBE", "com.app.a", "prefix", DENIED],
  ["SUBSCRIBE", "com.app.admin.motd", "prefix", DENIED],
  ["SUBSCRIBE", "com.app..news", "wildcard", DENIED],
  ["SUBSCRIBE", "com.app.", "wildcard", "SUBSCRIBED"], // three components
  ["SUBSCRIBE", "com.app.news.", "wildcard", "SUBSCRIBED"],
  ["SUBSCRIBE", "com..news", "wildcard", DENIED],
  ["SUBSCRIBE", "", "prefix", DENIED],
  ["SUBSCRIBE", "wamp.session.", "prefix", "SUBSCRIBED"],
  ["REGISTER", "com.app.users.eve.", "prefix", "REGISTERED"],
  ["REGISTER", "com.app.users.eve", "prefix", DENIED],
  ["REGISTER", "com.app.users..work", "wildcard", DENIED],
  ["REGISTER", "com.app.users.eve.", "wildcard", "REGISTERED"],
] as const)("%s %s with %s by a user is answered with %s", async ([type, uri, match, answer], t) => {
  const client = await start(t).join("user", "eve");
  expect(await ask(client, type, uri, { match })).toBe(answer);
});

test("a role without permissions may do nothing, the meta API included", async (t) => {
  const client = await start(t).join("nobody");
  for (const [type, uri] of [
    ["CALL", "wamp.session.count"],
    ["SUBSCRIBE", "com.app.news"],
    ["REGISTER", "com.app.work"],
    ["PUBLISH", "com.app.news"],
  ] as const)
    expect(await ask(client, type, uri)).toBe(DENIED);
});

test.for([
  "stranger",
  "__proto__",
  "toString",
])('a client of the role "%s", which the realm does not have, is refused', async (role, t) => {
  const client = start(t).open();
  client.send({ type: "HELLO", realm: REALM, details: { ...CLIENT_DETAILS, authextra: { role } } });
  const { reason, details } = await client.receive("ABORT");
  expect(reason).toBe("wamp.error.no_such_role");
  expect(details.message).toContain(`this realm does not define the role "${role}"`);
});

test("what is denied is told to the observer, and counted", async (t) => {
  const told: unknown[] = [];
  const { router, join } = startRouter(t, {
    realms: [{ name: REALM, roles: { anonymous: {} } }],
    observer: (event) => event.type === "denied" && told.push(event),
  });
  const client = await join();
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: "com.app.news" }); // is not answered
  expect(await ask(client, "SUBSCRIBE", "com.app.news")).toBe(DENIED);
  const denial = (action: string) => ({
    type: "denied",
    realm: REALM,
    session: client.session,
    authid: expect.any(String),
    authrole: "anonymous",
    request: action.toUpperCase(),
    reason: DENIED,
    why: expect.stringContaining(`this session is not allowed to ${action} "com.app.news"`),
  });
  expect(told).toEqual([denial("publish"), denial("subscribe")]);
  expect(router.totals(REALM)).toMatchObject({ denied: 2, limited: 0 });
});

test("roles without auth take anonymous clients where the role is there", async (t) => {
  const rules = { permissions: [{ uri: "com.app.news", allow: ["subscribe"] as const }] };
  const open = startRouter(t, { realms: [{ name: REALM, roles: { anonymous: rules } }] });
  expect(await ask(await open.join(), "SUBSCRIBE", "com.app.news")).toBe("SUBSCRIBED");
  const closed = startRouter(t, { realms: [{ name: REALM, roles: { user: rules } }] }).open();
  closed.send({ type: "HELLO", realm: REALM, details: CLIENT_DETAILS });
  expect((await closed.receive("ABORT")).reason).toBe("wamp.error.no_such_role");
});

test.for([
  "eve.x",
  "eve.x.y",
  "#",
  " ",
  "a b",
  "{authid}",
  "\u0001",
])("the authid %j reaches into nobody's branch", async (authid, t) => {
  const client = await start(t).join("user", authid);
  for (const branch of ["eve", "eve.x", "x", authid, "\u0001"]) {
    const answer = await ask(client, "PUBLISH", `com.app.users.${branch}.state`);
    if (authid === "{authid}" && branch === authid)
      expect(answer).toBe("PUBLISHED"); // it is one component like any other
    else expect(["wamp.error.not_authorized", "wamp.error.invalid_uri"]).toContain(answer);
  }
});

test("the authid wamp does not reach below wamp., where a rule begins with {authid}", async (t) => {
  const own = ["call", "register", "publish", "subscribe"] as const;
  const rules = [
    { uri: "{authid}.", match: "prefix" as const, allow: own },
    { uri: "{authid}..kill_all", match: "wildcard" as const, allow: own },
    { uri: "{authid}.session.kill_all", allow: own },
    { uri: "wamp.session.{authid}", allow: own },
  ];
  const router = start(t, { roles: { user: { permissions: rules } } });
  const [wamp, other, counter] = [
    await router.join("user", "wamp"),
    await router.join("user", "wampum"),
    await router.join("user", "count"),
  ];
  expect(await ask(wamp, "CALL", "wamp.session.kill_all")).toBe(DENIED);
  expect(await ask(wamp, "SUBSCRIBE", "wamp.session.on_join")).toBe(DENIED);
  expect(await ask(other, "SUBSCRIBE", "wampum.news")).toBe("SUBSCRIBED");
  expect(await ask(counter, "CALL", "wamp.session.count")).toBe("RESULT"); // the rule itself lies there
});

test("retained events and histories show topics that the role may have, and no others", async (t) => {
  const history = [{ topic: "com.app.", match: "prefix" as const }, { topic: "com.hidden.news" }];
  const router = start(t, { history });
  const [backend, user] = [await router.join("backend"), await router.join("user")];
  for (const topic of ["com.app.news", "com.app.admin.news", "com.app.admin.motd", "com.hidden.news"])
    await backend.publish(topic, { retain: true }, [topic]);
  await user.subscribe("com.app.n", { match: "prefix", get_retained: true });
  expect((await user.receive("EVENT")).args).toEqual(["com.app.news"]);
  const ids = (await meta(backend, "wamp.subscription.list")) as { prefix: number[]; exact: number[] };
  const events = await replyTo(user, user.call("wamp.subscription.get_events", {}, [ids.prefix[0]]));
  expect(events.args.map((each: { args: unknown[] }) => each.args[0])).toEqual(["com.app.news", "com.app.admin.motd"]);
  expect(await meta(user, "wamp.subscription.get_events", ids.exact[0])).toBe("wamp.error.no_such_subscription");
});

test("a testament is refused where its session may not publish its topic", async (t) => {
  const router = start(t);
  const [backend, user] = [await router.join("backend"), await router.join("user", "eve")];
  await backend.subscribe("com.app.", { match: "prefix" });
  expect(await meta(user, "wamp.session.add_testament", "com.app.news", ["forged"], {})).toBe(DENIED);
  await meta(user, "wamp.session.add_testament", "com.app.users.eve.gone", ["bye"], {});
  user.close();
  expect((await backend.receive("EVENT")).args).toEqual(["bye"]);
});

test("what a role may not see is not listed to it, found by it, or told to it", async (t) => {
  const router = start(t);
  const [backend, user] = [await router.join("backend"), await router.join("user")];
  await user.subscribe("wamp.registration.", { match: "prefix" });
  await user.subscribe("wamp.subscription.on_create");
  await user.settle();
  (user.unread() as Received[]).splice(0); // of its own subscriptions
  const seen = await backend.register("com.app.work");
  const hidden = await backend.register("com.hidden.work");
  const pattern = await backend.register("com.hidden.", { match: "prefix" });
  const topic = await backend.subscribe("com.hidden.news");
  const news = await backend.subscribe("com.app.news");
  expect(await meta(user, "wamp.registration.list")).toEqual({ exact: [seen], prefix: [], wildcard: [] });
  expect(await meta(backend, "wamp.registration.list")).toEqual({
    exact: [seen, hidden],
    prefix: [pattern],
    wildcard: [],
  });
  const subscriptions = (await meta(user, "wamp.subscription.list")) as { exact: number[] };
  expect(subscriptions.exact).toContain(news);
  expect(subscriptions.exact).not.toContain(topic);
  for (const [procedure, uri] of [
    ["wamp.registration.lookup", "com.hidden.work"],
    ["wamp.registration.match", "com.hidden.work"],
    ["wamp.subscription.lookup", "com.hidden.news"],
    ["wamp.subscription.match", "com.hidden.news"],
  ] as const)
    expect([procedure, await meta(user, procedure, uri)]).toEqual([procedure, null]);
  for (const procedure of ["get", "list_callees", "count_callees"])
    expect(await meta(user, `wamp.registration.${procedure}`, hidden)).toBe("wamp.error.no_such_registration");
  for (const procedure of ["get", "list_subscribers", "count_subscribers"])
    expect(await meta(user, `wamp.subscription.${procedure}`, topic)).toBe("wamp.error.no_such_subscription");
  await backend.register("com.hidden.other");
  const told = user.unread().map(({ details, args }) => [details.topic, args[1].uri ?? args[1]]);
  expect(told).toEqual([
    ["wamp.registration.on_create", "com.app.work"],
    ["wamp.registration.on_register", seen],
    [undefined, "com.app.news"],
  ]);
});

test("the right to call below wamp. shows no registration of a pattern, whose callee gets no such call", async (t) => {
  const permissions = [
    { uri: "wamp.", match: "prefix", allow: ["call", "subscribe"] },
    { uri: "com.app.", match: "prefix", allow: ["call"] },
  ] as const;
  const router = start(t, { roles: { user: { permissions } } });
  const [owner, user] = [new RawClient(router.router.attach()), await router.join("user")];
  await owner.hello(REALM);
  await user.subscribe("wamp.registration.on_create");
  await user.settle();
  const wide = [
    await owner.register("", { match: "prefix" }),
    await owner.register("w", { match: "prefix" }),
    await owner.register("..count", { match: "wildcard" }),
    await owner.register("com..count", { match: "wildcard" }),
  ];
  expect(await meta(user, "wamp.registration.list")).toEqual({
    exact: [],
    prefix: [wide[0]],
    wildcard: [wide[2], wide[3]],
  });
  expect(await meta(user, "wamp.registration.get", wide[1])).toBe("wamp.error.no_such_registration");
  expect(user.unread().map(({ args }) => args[1].id)).toEqual([wide[0], wide[2], wide[3]]);
  const subscription = await owner.subscribe("w", { match: "prefix" });
  expect(await meta(user, "wamp.subscription.list")).toMatchObject({ prefix: [subscription] }); // meta events reach it
});

test("many wildcard patterns and many wildcard rules do not stop the router when they are listed", async (t) => {
  const rules = Array.from({ length: 100 }, (_, index) => ({
    uri: `com.r${index}...end`,
    match: "wildcard" as const,
    allow: ["subscribe"] as const,
  }));
  const list = { uri: "wamp.subscription.list", allow: ["call"] as const };
  const router = start(t, { roles: { user: { permissions: [...rules, list] } } });
  const [owner, user] = [new RawClient(router.router.attach()), await router.join("user")];
  await owner.hello(REALM);
  for (let index = 0; index < 50_000; index++) {
    const topic = `com..x${index}..no`;
    owner.send({ type: "SUBSCRIBE", request: owner.next(), options: { match: "wildcard" }, topic });
  }
  await owner.settle();
  (owner.unread() as Received[]).splice(0);
  const seen = await owner.subscribe("com..mine..end", { match: "wildcard" });
  const before = process.cpuUsage();
  expect(await meta(user, "wamp.subscription.list")).toEqual({ exact: [], prefix: [], wildcard: [seen] });
  const { user: micros } = process.cpuUsage(before);
  expect(micros / 1000).toBeLessThan(500);
});

test("what a role may not see is not described to it", async (t) => {
  const router = start(t);
  const [backend, user] = [await router.join("backend"), await router.join("user")];
  for (const uri of ["com.app.work", "com.hidden.work"]) {
    await backend.register(uri);
    await meta(backend, "wamp.reflect.define", "procedure", uri, {});
  }
  await backend.register("com.hidden..item", { match: "wildcard" });
  await meta(backend, "wamp.reflect.define", "procedure", "com.hidden.{id}.item", {});
  expect(await meta(user, "wamp.reflection.procedure.list")).toEqual(["com.app.work"]);
  expect(await meta(user, "wamp.reflect.describe", "com.hidden.work")).toBe(null);
  expect(await meta(user, "wamp.reflection.procedure.describe", "com.hidden.{id}.item")).toBe(null);
  expect(await meta(backend, "wamp.reflection.procedure.list")).toHaveLength(3);
});

test("what a role may not see is not told to it by errors", async (t) => {
  const router = start(t);
  const [backend, user] = [await router.join("backend"), await router.join("user")];
  await user.subscribe("wamp.reflect.", { match: "prefix" });
  const errors = [
    "com.hidden.error.merger",
    "com.app.error.busy",
    "com.app.admin.error.no_such_user",
    "com.hidden.{id}.error",
  ];
  for (const uri of errors) await meta(backend, "wamp.reflect.define", "error", uri, { uri });
  const seen = (uri: string) => uri === "com.app.error.busy";
  expect(await meta(user, "wamp.reflection.error.list")).toEqual(errors.filter(seen));
  for (const uri of errors) {
    const described = seen(uri) ? { kind: "error", uri } : null;
    expect(await meta(user, "wamp.reflection.error.describe", uri)).toEqual(described);
    expect(await meta(user, "wamp.reflect.describe", uri)).toEqual(described);
  }
  expect(await meta(backend, "wamp.reflection.error.list")).toEqual(errors);
  backend.close();
  await expect.poll(() => router.router.stats(REALM).definitions).toBe(0);
  await user.settle();
  expect(user.unread().map(({ details, args }) => [details.topic, ...args])).toEqual([
    ["wamp.reflect.on_define", "error", "com.app.error.busy"],
    ["wamp.reflect.on_undefine", "error", "com.app.error.busy"],
  ]);
});

test("the role trusted may do everything, unless the roles say otherwise", async (t) => {
  expect(await ask(await start(t).join("trusted"), "CALL", "wamp.session.kill_all")).toBe("RESULT");
  const router = start(t, { roles: { ...ROLES, trusted: {} } });
  expect(await ask(await router.join("trusted"), "CALL", "wamp.session.kill_all")).toBe(DENIED);
});

const permissions = (...rules: readonly object[]) => ({ user: { permissions: rules } }) as unknown as RolesConfig;
test.for([
  [[], "realms[0].roles: expected roles by name"],
  [permissions({ uri: "com.app" }), "permissions[0]: expected allow or deny"],
  [permissions({ allow: ["call"] }), "permissions[0].uri: expected a string"],
  [permissions({ uri: "com..app", allow: ["call"] }), 'permissions[0].uri: "com..app" is not a valid exact URI'],
  [
    permissions({ uri: "com.app", allow: ["call", "calls"] }),
    '.allow[1]: expected "call" or "register" or "publish" or "subscribe", got "calls"; did you mean "call"?',
  ],
  [permissions({ uri: "com.app", deny: ["cal"] }), 'got "cal"; did you mean "call"?'],
  [permissions({ uri: "com.app", allow: "call" }), 'permissions[0].allow: expected a list of "call"'],
  [
    permissions({ uri: "com.app", allow: ["call"], deny: ["call"] }),
    'permissions[0]: "call" is both allowed and denied',
  ],
  [permissions({ uri: "com.app", alow: ["call"] }), "permissions[0].alow: unknown option"],
  [permissions({ uri: "com.{authid}", match: "prefix", allow: ["call"] }), "end it with a dot"],
  [permissions({ uri: "com.x{authid}", allow: ["call"] }), "{authid} must be a whole component"],
  ...(
    [
      [
        "com.shop.admin.*",
        "exact",
        'realms[0].roles.user.permissions[0].uri: "*" is not a wildcard; write "com.shop.admin." with match: "prefix"',
      ],
      ["com.shop.admin.*", "prefix", '"*" is not a wildcard; write "com.shop.admin." with match: "prefix"'],
      ["com.shop.admin*", "prefix", 'write "com.shop.admin" with match: "prefix"'],
      ["com.shop.**", "wildcard", 'write "com.shop." with match: "prefix"'],
      ["*", "exact", 'write "" with match: "prefix"'],
      ["com.shop.*.reset", "wildcard", 'write "com.shop..reset" with match: "wildcard"'],
      ["com.*.admin.*", "exact", 'write "com..admin." with match: "wildcard"'],
      ["com.sh*p.reset", "exact", 'leave a whole component empty, with match: "wildcard"'],
      [
        "com.shop.{area}.reset",
        "exact",
        '{area}: only {authid} is supported; leave the component empty, with match: "wildcard"',
      ],
      ["com.shop.{area}.reset", "wildcard", "{area}: only {authid} is supported"],
      ["com.{authid}.{area}", "exact", "{area}: only {authid} is supported"],
      ["com.shop.{authId}.", "prefix", "{authId}: only {authid} is supported"],
      ["com.shop.{authid", "exact", "{authid: only {authid} is supported"],
      ["com.shop.authid}", "exact", "}: only {authid} is supported"],
      ["com.shop.reset", "wildcard", '"com.shop.reset" has no empty component, which match: "wildcard" needs'],
      ["com.shop.{authid}", "wildcard", '"com.shop.{authid}" has no empty component'],
    ] as const
  ).map(([uri, match, words]) => [permissions({ uri, match, deny: ["call"] }), words] as const),
  [{ user: { permission: [] } } as unknown as RolesConfig, "roles.user.permission: unknown option"],
] as const)("createRouter refuses the roles %j", ([roles, words]) => {
  expect(() => createRouter({ realms: [{ name: REALM, roles: roles as unknown as RolesConfig }] })).toThrow(words);
  if (!Array.isArray(roles)) {
    const given = () => roles as unknown as RolesConfig;
    expect(() => createRouter({ realms: [{ name: REALM, roles: given }] })).toThrow(TypeError);
  }
});
