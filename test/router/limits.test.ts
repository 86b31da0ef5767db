/** Requests beyond a limit: the error names the limit, and what the session already holds stays. */
import { expect, type TestContext, test } from "vitest";
import type { RealmConfig } from "wampact/router";
import { type RawClient, REALM, startRouter, UNRESTRICTED } from "../support/raw.js";

type Limits = NonNullable<RealmConfig["limits"]>;

function start(t: TestContext, limits: Limits) {
  return startRouter(t, { realms: [{ ...UNRESTRICTED, limits }] });
}

const register = (client: RawClient, procedure: string) =>
  client.send({ type: "REGISTER", request: client.next(), options: {}, procedure });
const subscribe = (client: RawClient, topic: string) =>
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic });
const testament = (client: RawClient, text = "gone") =>
  client.call("wamp.session.add_testament", {}, ["com.example.topic", [text], {}]);
const define = (client: RawClient, uri: string) =>
  client.call("wamp.reflect.define", {}, ["procedure", uri, { summary: "work" }]);

/** Two of each fit; `third` goes beyond. */
const HELD: readonly (readonly [string, Limits, (client: RawClient, uri: string) => unknown])[] = [
  ["session.maxRegistrations", { session: { maxRegistrations: 2 } }, register],
  ["realm.maxRegistrations", { realm: { maxRegistrations: 2 } }, register],
  ["session.maxSubscriptions", { session: { maxSubscriptions: 2 } }, subscribe],
  ["realm.maxSubscriptions", { realm: { maxSubscriptions: 2 } }, subscribe],
  ["session.maxTestaments", { session: { maxTestaments: 2 } }, (client) => testament(client)],
  [
    "session.maxTestamentBytes",
    { session: { maxTestamentBytes: 400 } },
    (client) => testament(client, "x".repeat(100)),
  ],
  ["realm.maxTestamentBytes", { realm: { maxTestamentBytes: 400 } }, (client) => testament(client, "x".repeat(100))],
  ["session.maxDefinitions", { session: { maxDefinitions: 2 } }, define],
  ["session.maxDefinitionBytes", { session: { maxDefinitionBytes: 110 } }, define],
  ["realm.maxDefinitions", { realm: { maxDefinitions: 2 } }, define],
];

test.for(HELD)("%s: the third is answered with wampact.error.limit_exceeded", async ([name, limits, ask], t) => {
  const router = start(t, limits);
  const client = await router.join();
  for (const uri of ["com.example.one", "com.example.two", "com.example.three"]) ask(client, uri);
  await client.settle();
  const errors = client.unread().filter(({ type }) => type === "ERROR");
  expect(client.unread()).toHaveLength(3);
  expect(errors).toMatchObject([{ error: "wampact.error.limit_exceeded", kwargs: { limit: name } }]);
  expect(errors[0]?.args[0]).toMatch(
    new RegExp(`^${name}: this (session|realm) would have \\d+, but the limit is \\d+$`),
  );
  expect(router.router.totals(REALM)).toMatchObject({ limited: 1, limitedBy: { [name]: 1 } });
});

test.for([
  ["session.maxPendingCalls", { session: { maxPendingCalls: 2 } }],
  ["realm.maxPendingCalls", { realm: { maxPendingCalls: 2 } }],
] as const)("%s: a call beyond it is refused, and one that is answered makes room", async ([name, limits], t) => {
  const router = start(t, limits);
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.work");
  for (let call = 0; call < 3; call++) caller.call("com.example.work");
  expect(await caller.receive("ERROR")).toMatchObject({ kwargs: { limit: name } });
  const { request } = await callee.receive("INVOCATION");
  await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request, options: {} });
  await caller.receive("RESULT");
  caller.call("com.example.work");
  await callee.receive("INVOCATION");
});

test("a limit of undefined, such as one from a variable that is not set, is the default", async (t) => {
  const client = await start(t, {
    session: { maxTestaments: undefined } as unknown as Limits["session"] & object,
  }).join();
  for (let count = 0; count <= 100; count++) testament(client);
  for (let count = 0; count < 100; count++) await client.receive("RESULT");
  expect(await client.receive("ERROR")).toMatchObject({ kwargs: { limit: "session.maxTestaments" } });
});

test("realm.maxSessions: one more client is refused, until another leaves", async (t) => {
  const { router, join, open } = start(t, { realm: { maxSessions: 1 } });
  const first = await join();
  const second = open();
  second.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect(await second.receive("ABORT")).toMatchObject({ reason: "wampact.error.limit_exceeded" });
  first.close();
  await expect.poll(() => router.sessions(REALM).length).toBe(0);
  await join();
});

test("the options of a testament count, with those that mean nothing", async (t) => {
  const client = await start(t, { session: { maxTestamentBytes: 1_000 } }).join();
  for (const publish_options of [{ eligible_authid: Array(100).fill("ada") }, { _junk: "x".repeat(1_000) }]) {
    client.call("wamp.session.add_testament", {}, ["com.example.topic"], { publish_options });
    expect(await client.receive("ERROR")).toMatchObject({ kwargs: { limit: "session.maxTestamentBytes" } });
  }
});

const KEY = "k".repeat(257);
test.for([
  ["nkey of SUBSCRIBE", { type: "SUBSCRIBE", options: { nkey: KEY }, topic: "com.example.topic" }],
  ["rkey of PUBLISH", { type: "PUBLISH", options: { rkey: KEY, acknowledge: true }, topic: "com.example.topic" }],
  [
    "rkey of CALL",
    { type: "CALL", options: { rkey: KEY, runmode: "partition" }, procedure: "com.example.work", args: [], kwargs: {} },
  ],
  [
    "rkey of a testament",
    {
      type: "CALL",
      options: {},
      procedure: "wamp.session.add_testament",
      args: ["com.example.topic"],
      kwargs: { publish_options: { rkey: KEY } },
    },
  ],
] as const)("%s: more than 256 characters are answered with wamp.error.invalid_argument", async ([, message], t) => {
  const client = await start(t, {}).join();
  await client.register("com.example.work");
  client.send({ ...message, request: client.next() });
  expect(await client.receive("ERROR")).toMatchObject({
    error: "wamp.error.invalid_argument",
    args: [expect.stringMatching(/: expected at most 256 characters, got 257$/)],
  });
});

test("what is flushed, or left behind, makes room for other testaments", async (t) => {
  const client = await start(t, { session: { maxTestamentBytes: 400 }, realm: { maxTestamentBytes: 400 } }).join();
  for (let round = 0; round < 3; round++) {
    testament(client, "x".repeat(200));
    await client.receive("RESULT");
    client.call("wamp.session.flush_testaments");
    await client.receive("RESULT");
  }
});

const LONG = `com.${"x".repeat(1_100)}`;
const MANY = `com${".x".repeat(300)}`;
test.for(
  [LONG, MANY, `com.${"é".repeat(600)}`].flatMap((uri) =>
    ["REGISTER", "SUBSCRIBE", "CALL", "PUBLISH"].map((type) => [type, uri] as const),
  ),
)("%s of a URI beyond 1,024 bytes or 256 components is answered with wamp.error.invalid_uri", async ([
  type,
  uri,
], t) => {
  const client = await start(t, {}).join();
  const options = type === "PUBLISH" ? { acknowledge: true } : { match: type === "CALL" ? undefined : "wildcard" };
  client.send({ type: type as "CALL", request: client.next(), options, procedure: uri, topic: uri });
  const { error, args } = await client.receive("ERROR");
  expect(error).toBe("wamp.error.invalid_uri");
  expect(args[0].length).toBeLessThan(200);
});

test("URIs may be as long as the realm says", async (t) => {
  const client = await start(t, { realm: { maxUriBytes: 2_000, maxUriComponents: 1_000 } }).join();
  await client.subscribe(LONG);
  await client.register(MANY);
});
