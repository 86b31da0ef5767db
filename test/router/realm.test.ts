import { expect, test } from "vitest";
import { createRouter } from "wampact/router";
import { type RawClient, REALM, startRouter } from "../support/raw.js";

test("fact 15: a session that ends takes everything it owned along, however it ends", async (t) => {
  const router = startRouter(t);
  const other = await router.join();
  const ends: readonly ((client: RawClient) => void)[] = [
    (client) => client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" }),
    (client) => client.send({ type: "ABORT", details: {}, reason: "com.example.crashed" }),
    (client) => client.send({ type: "HELLO", realm: REALM, details: {} }),
    (client) => client.close(),
    (client) => void router.router.endSession(REALM, client.session),
  ];
  for (const end of ends) {
    const client = await router.join();
    await client.register("com.example.owned");
    await client.subscribe("com.example.topic");
    other.call("com.example.owned");
    await client.receive("INVOCATION");
    end(client);
    expect((await other.receive("ERROR")).error).toBe("wamp.error.canceled");
    other.call("com.example.owned");
    expect((await other.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
    await other.publish("com.example.topic");
    expect(router.router.sessions(REALM).map(({ id }) => id)).toEqual([other.session]);
    expect(client.unread().some(({ type }) => type === "EVENT")).toBe(false);
  }
});

test("fact 16: realms share no procedure, no topic and no session", async (t) => {
  const router = startRouter(t, { realms: [{ name: "com.one" }, { name: "com.two" }] });
  const [one, two] = [await router.join(undefined, "com.one"), await router.join(undefined, "com.two")];
  await one.register("com.example.same");
  await two.register("com.example.same");
  await one.subscribe("com.example.topic");
  await two.publish("com.example.topic");
  await one.settle();
  expect(one.unread()).toEqual([]);
  two.call("com.example.same");
  expect((await two.receive("INVOCATION")).registration).toBe(1);
  expect(router.router.sessions("com.one").map(({ id }) => id)).toEqual([one.session]);
  expect(router.router.endSession("com.one", two.session)).toBe(false);
});

test.for([
  ["com.example.snake_case9", true],
  ["com.Example.upper", false],
  ["com.example.with-dash", false],
])("fact 17: in a strict realm %s is accepted: %s", async ([uri, accepted], t) => {
  const client = await startRouter(t, { realms: [{ name: REALM, strictUris: true }] }).join();
  client.send({ type: "REGISTER", request: client.next(), options: {}, procedure: uri });
  if (accepted) await client.receive("REGISTERED");
  else expect((await client.receive("ERROR")).error).toBe("wamp.error.invalid_uri");
});

test("closing the router says GOODBYE wamp.close.system_shutdown to all and closes their transports", async (t) => {
  const router = startRouter(t);
  const [one, two] = [await router.join(), await router.join()];
  const closed = router.router.close();
  for (const client of [one, two]) {
    expect((await client.receive("GOODBYE")).reason).toBe("wamp.close.system_shutdown");
    client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
  }
  await closed;
  expect([one.closed, two.closed]).toEqual([expect.any(String), expect.any(String)]);
  expect(() => router.router.attach()).toThrow("this router is closed");
});

test("closing the router waits no longer than drainMs for a client that does not answer", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  await router.router.close({ drainMs: 10 });
  await client.receive("GOODBYE");
  expect(client.closed).toBeDefined();
});

test("sessions tells who is there, and by what transport", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  expect(router.router.sessions(REALM)).toEqual([
    {
      id: client.session,
      realm: REALM,
      authid: expect.any(String),
      authrole: "anonymous",
      authmethod: "anonymous",
      details: { authprovider: "static", transport: "memory" },
    },
  ]);
});

test.for([
  [[], 'createRouter.realms: expected at least one realm, such as [{ name: "com.app" }], got an empty list'],
  [[{ name: "" }], 'realms[0].name: expected a URI such as "com.app", got ""'],
  [[{ name: "a b" }], 'realms[0].name: expected a URI such as "com.app", got "a b"'],
  [[{ name: "com.app" }, { name: "com.app" }], 'realms[1].name: "com.app" is defined twice'],
  [[{ name: "com.app", retainMs: -1 }], "realms[0].retainMs: expected a non-negative number, got -1"],
  [
    [{ name: "com.app", history: [{ topic: "com.app.t", limit: 0 }] }],
    "realms[0].history[0].limit: expected a positive integer, got 0",
  ],
] as const)("createRouter with the realms %j is a TypeError that says what to do", ([realms, message]) => {
  expect(() => createRouter({ realms })).toThrow(new TypeError(message));
});

test("a router without serializers, an unknown realm and a reason that is no URI are TypeErrors", (t) => {
  expect(() => createRouter({ realms: [{ name: "com.app" }], serializers: [] })).toThrow(
    "serializers: expected at least one",
  );
  expect(() => createRouter({ realms: [{ name: "com.app" }], handshakeTimeoutMs: 0 })).toThrow(
    "handshakeTimeoutMs: expected a positive number, got 0",
  );
  const { router } = startRouter(t);
  expect(() => router.sessions("com.other")).toThrow('this router has no realm "com.other"; it has com.example');
  expect(() => router.endSession(REALM, 1, "no reason")).toThrow("reason: expected a URI");
});

test.for([
  ["maxMessageBytes", "an integer from 1 to 2147483647"],
  ["maxUnsentBytes", "a positive number"],
  ["pingIntervalMs", "a positive number"],
] as const)("listen with a %s below 0 is a TypeError that says so, and nothing listens", async ([
  name,
  expected,
], t) => {
  const { router } = startRouter(t);
  await expect(router.listen({ [name]: -1 })).rejects.toThrow(`${name}: expected ${expected}, got -1`);
});
