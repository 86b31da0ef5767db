import { expect, test } from "vitest";
import { CLIENT_DETAILS, type Raw, REALM, startRouter } from "../support/raw.js";

const VIOLATION = "wamp.error.protocol_violation";

const FROM_CLIENT: readonly Raw[] = [
  { type: "AUTHENTICATE", signature: "x", extra: {} },
  { type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" },
  { type: "ERROR", requestType: "INVOCATION", request: 1, details: {}, error: "com.example.error" },
  { type: "PUBLISH", request: 1, options: {}, topic: "com.example.topic" },
  { type: "SUBSCRIBE", request: 1, options: {}, topic: "com.example.topic" },
  { type: "UNSUBSCRIBE", request: 1, subscription: 1 },
  { type: "CALL", request: 1, options: {}, procedure: "com.example.procedure" },
  { type: "CANCEL", request: 1, options: {} },
  { type: "REGISTER", request: 1, options: {}, procedure: "com.example.procedure" },
  { type: "UNREGISTER", request: 1, registration: 1 },
  { type: "YIELD", request: 1, options: {} },
];

const FROM_ROUTER: readonly Raw[] = [
  { type: "WELCOME", session: 1, details: {} },
  { type: "CHALLENGE", authmethod: "ticket", extra: {} },
  { type: "PUBLISHED", request: 1, publication: 1 },
  { type: "SUBSCRIBED", request: 1, subscription: 1 },
  { type: "UNSUBSCRIBED", request: 1 },
  { type: "EVENT", subscription: 1, publication: 1, details: {} },
  { type: "RESULT", request: 1, details: {} },
  { type: "REGISTERED", request: 1, registration: 1 },
  { type: "UNREGISTERED", request: 1 },
  { type: "INVOCATION", request: 1, registration: 1, details: {} },
  { type: "INTERRUPT", request: 1, options: {} },
];

test.for([
  ...FROM_CLIENT,
  ...FROM_ROUTER,
])("fact 12: $type before HELLO aborts and closes the transport", async (message, t) => {
  const client = startRouter(t).open();
  client.send(message);
  const abort = await client.receive("ABORT");
  expect([abort.reason, abort.details.message]).toEqual([VIOLATION, `${message.type} is not legal in state CLOSED`]);
  await expect(client.receive("WELCOME")).rejects.toThrow("the transport is closed");
});

test.for([
  { type: "HELLO", realm: REALM, details: CLIENT_DETAILS } as Raw,
  { type: "AUTHENTICATE", signature: "x", extra: {} } as Raw,
  ...FROM_ROUTER,
])("fact 12: $type in an established session aborts it and closes the transport", async (message, t) => {
  const router = startRouter(t);
  const [client, bystander] = [await router.join(), await router.join()];
  await client.register("com.example.mine");
  client.send(message);
  const abort = await client.receive("ABORT");
  expect([abort.reason, abort.details.message]).toEqual([
    VIOLATION,
    `${message.type} is not legal in state ESTABLISHED`,
  ]);
  await expect(client.receive("WELCOME")).rejects.toThrow("the transport is closed");
  await bystander.register("com.example.mine"); // what the session held is free again
  expect(router.router.sessions(REALM).map(({ id }) => id)).toEqual([bystander.session]);
});

test("fact 11: a violation is answered by ABORT and never by ERROR, and ABORT is never answered", async (t) => {
  const client = await startRouter(t).join();
  client.send({ type: "ERROR", requestType: "CALL", request: 1, details: {}, error: "com.example.error" });
  expect((await client.receive("ABORT")).details.message).toContain("ERROR.requestType");
  client.send({ type: "ABORT", details: {}, reason: "com.example.also" });
  expect(client.unread()).toEqual([]);
});

test("fact 11: a client's ABORT ends its session without an answer", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  client.send({ type: "ABORT", details: {}, reason: "com.example.crashed" });
  await expect(client.receive("ABORT")).rejects.toThrow("the transport is closed");
  expect(router.router.sessions(REALM)).toEqual([]);
});

test("fact 13: WELCOME names the realm, the roles, and who the session is", async (t) => {
  const client = startRouter(t).open();
  const { session, details } = await client.hello(REALM);
  expect(session).toBeGreaterThanOrEqual(1);
  expect(details).toMatchObject({
    realm: REALM,
    agent: "wampact",
    authid: expect.any(String),
    authrole: "anonymous",
    authmethod: "anonymous",
    authprovider: "static",
    roles: { broker: { features: expect.any(Object) }, dealer: { features: expect.any(Object) } },
  });
});

test("fact 14: GOODBYE is echoed with wamp.close.goodbye_and_out, and the transport carries a new HELLO", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  const first = client.session;
  client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.normal" });
  expect(await client.receive("GOODBYE")).toEqual({
    type: "GOODBYE",
    details: {},
    reason: "wamp.close.goodbye_and_out",
  });
  expect(router.router.sessions(REALM)).toEqual([]);
  await client.hello(REALM);
  expect(client.session).not.toBe(first);
  await client.register("com.example.again");
});

test("fact 14: after the router's GOODBYE everything but GOODBYE is ignored, and the echo is not answered", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  expect(router.router.endSession(REALM, client.session, "com.example.enough")).toBe(true);
  expect(await client.receive("GOODBYE")).toMatchObject({ reason: "com.example.enough" });
  client.send({ type: "REGISTER", request: 1, options: {}, procedure: "com.example.late" });
  client.send({ type: "HELLO", realm: REALM, details: CLIENT_DETAILS });
  client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
  await client.hello(REALM); // the next message is its WELCOME
  expect(client.unread()).toEqual([]);
});

test("fact 14: crossing GOODBYEs each count as the other's echo", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  router.router.endSession(REALM, client.session);
  expect((await client.receive("GOODBYE")).reason).toBe("wamp.close.killed");
  await client.hello(REALM);
});

test("fact 62: what a client sends right after its WELCOME is on the way is carried out", async (t) => {
  const client = startRouter(t).open();
  client.send({ type: "HELLO", realm: REALM, details: CLIENT_DETAILS });
  await client.receive("WELCOME");
  client.send({ type: "SUBSCRIBE", request: 1, options: {}, topic: "com.example.topic" });
  await client.receive("SUBSCRIBED");
});

test("a realm the router does not have is refused with wamp.error.no_such_realm", async (t) => {
  const client = startRouter(t).open();
  client.send({ type: "HELLO", realm: "com.other", details: CLIENT_DETAILS });
  expect(await client.receive("ABORT")).toMatchObject({
    reason: "wamp.error.no_such_realm",
    details: { message: 'this router has no realm "com.other"' },
  });
});

test.for([
  {},
  { roles: {} },
  { roles: { spectator: {} } },
])("HELLO that announces no known role is refused: %j", async (details, t) => {
  const client = startRouter(t).open();
  client.send({ type: "HELLO", realm: REALM, details });
  expect((await client.receive("ABORT")).details.message).toMatch(/^HELLO\.details\.roles: expected at least one of/);
});

test("authmethods without anonymous are refused with wamp.error.no_matching_auth_method", async (t) => {
  const client = startRouter(t).open();
  client.send({ type: "HELLO", realm: REALM, details: { ...CLIENT_DETAILS, authmethods: ["ticket"] } });
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.no_matching_auth_method");
});

test("a connection that never says HELLO is aborted when its time is up", async (t) => {
  const client = startRouter(t, { handshakeTimeoutMs: 20 }).open();
  expect((await client.receive("ABORT")).details.message).toBe("no HELLO within 20 ms");
  await expect(client.receive("WELCOME")).rejects.toThrow("the transport is closed");
});
