/** From HELLO to WELCOME or ABORT: authenticators decide, at once or later, and what the client sends meanwhile waits. */
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { type Authenticator, anonymous, createRouter, type RouterEvent, type Verdict } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { createGate } from "../support/peers.js";
import { CLIENT_DETAILS, type RawClient, REALM, startRouter } from "../support/raw.js";

const ADA = { authid: "ada", authrole: "admin", authprovider: "test", authextra: { plan: "pro" } };
const accepted: Verdict = { type: "accepted", principal: ADA };

function method(name: string, begin: Authenticator["begin"]): Authenticator {
  return { method: name, begin };
}

function start(t: TestContext, auth: readonly Authenticator[], config: object = {}) {
  return startRouter(t, { realms: [{ name: REALM, auth }], onError: () => {}, ...config });
}

function hello(client: RawClient, ...authmethods: string[]): void {
  client.send({ type: "HELLO", realm: REALM, details: { ...CLIENT_DETAILS, authmethods } });
}

test.for([
  ["at once", () => accepted],
  ["later", async () => accepted],
] as const)("a client that is accepted %s is told who it is", async ([, begin], t) => {
  const client = start(t, [anonymous(), method("test", begin)]).open();
  hello(client, "unknown", "test", "anonymous");
  const { details } = await client.receive("WELCOME");
  expect(details).toMatchObject({ ...ADA, authmethod: "test" });
});

test("the client's order of methods counts, and one that names none is anonymous", async (t) => {
  const router = start(t, [method("test", () => accepted), anonymous({ authrole: "guest" })]);
  const first = router.open();
  hello(first, "anonymous", "test");
  expect((await first.receive("WELCOME")).details).toMatchObject({ authmethod: "anonymous", authrole: "guest" });
  const second = router.open();
  hello(second);
  expect((await second.receive("WELCOME")).details).toMatchObject({ authmethod: "anonymous" });
});

test("fact 49: without a common method the client is refused", async (t) => {
  const client = start(t, [method("one", () => accepted), method("two", () => accepted)]).open();
  hello(client, "three");
  expect(await client.receive("ABORT")).toMatchObject({
    reason: "wamp.error.no_matching_auth_method",
    details: { message: 'this realm supports the authmethod "one" or "two"' },
  });
});

test("a challenge is answered by AUTHENTICATE, as often as the authenticator asks", async (t) => {
  const rounds: string[] = [];
  const ask = (round: number): Verdict => ({
    type: "challenge",
    extra: { round },
    answer: async ({ signature }) => {
      rounds.push(signature);
      return round === 2 ? accepted : ask(round + 1);
    },
  });
  const client = start(t, [method("test", () => ask(1))]).open();
  hello(client, "test");
  for (const round of [1, 2]) {
    expect(await client.receive("CHALLENGE")).toMatchObject({ authmethod: "test", extra: { round } });
    client.send({ type: "AUTHENTICATE", signature: `answer ${round}`, extra: {} });
  }
  await client.receive("WELCOME");
  expect(rounds).toEqual(["answer 1", "answer 2"]);
});

const REFUSALS: readonly (readonly [string, Authenticator["begin"], string])[] = [
  [
    "is denied",
    () => ({ type: "denied", uri: "wamp.error.authentication_denied", message: "no" }),
    "wamp.error.authentication_denied",
  ],
  [
    "is denied later",
    async () => ({ type: "denied", uri: "wamp.error.authentication_denied", message: "no" }),
    "wamp.error.authentication_denied",
  ],
  [
    "meets an authenticator that throws",
    () => {
      throw new Error("secret");
    },
    "wamp.error.authentication_failed",
  ],
  [
    "meets a verdict of no known type",
    () => ({ type: "acept", principal: ADA }) as never,
    "wamp.error.authentication_failed",
  ],
  ["meets no verdict", () => undefined as never, "wamp.error.authentication_failed"],
  [
    "meets a principal without authid",
    () => ({ type: "accepted", principal: { authrole: "admin", authprovider: "test" } }) as never,
    "wamp.error.authentication_failed",
  ],
  [
    "meets a denial whose URI is none",
    () => ({ type: "denied", uri: 5, message: "no" }) as never,
    "wamp.error.authentication_failed",
  ],
  [
    "meets an authenticator that rejects",
    () => Promise.reject(new Error("secret")),
    "wamp.error.authentication_failed",
  ],
];

test.for(REFUSALS)("a client that %s is refused with %s, and the observer is told", async ([, begin, reason], t) => {
  const events: RouterEvent[] = [];
  const client = start(t, [method("test", begin)], { observer: (event: RouterEvent) => events.push(event) }).open();
  hello(client, "test");
  const abort = await client.receive("ABORT");
  expect(abort.reason).toBe(reason);
  expect(JSON.stringify(abort)).not.toContain("secret");
  const { message } = abort.details;
  expect(events).toContainEqual(expect.objectContaining({ type: "refused", why: `${reason}: ${message}` }));
  for (const event of events) if (event.type === "fault") expect(message).toContain(event.correlationId);
});

test("a realm that the router does not have is told to the observer, too", async (t) => {
  const events: RouterEvent[] = [];
  const client = startRouter(t, { observer: (event) => events.push(event) }).open();
  client.send({ type: "HELLO", realm: "com.other", details: CLIENT_DETAILS });
  await client.receive("ABORT");
  const why = 'wamp.error.no_such_realm: this router has no realm "com.other"';
  expect(events).toContainEqual(expect.objectContaining({ type: "refused", why, claim: { realm: "com.other" } }));
});

test.for([
  ["a verdict", () => new Promise<Verdict>(() => {})],
  ["an answer to a challenge", () => ({ type: "challenge", extra: {}, answer: () => accepted }) as const],
] as const)("%s that does not come in time refuses the client", async ([, begin], t) => {
  const clock = createFakeClock();
  const router = start(t, [anonymous(), method("test", begin)], { clock, handshakeTimeoutMs: 5_000 });
  const client = router.open();
  hello(client, "test");
  await router.join();
  await clock.advance(5_000);
  if (client.unread()[0]?.type === "CHALLENGE") await client.receive("CHALLENGE");
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.authentication_failed");
});

test("fact 62: what a client sends before its WELCOME is carried out after it, in order", async (t) => {
  const gate = createGate<Verdict>();
  const client = start(t, [method("test", () => gate.promise)]).open();
  hello(client, "test");
  client.send({ type: "SUBSCRIBE", request: 1, options: {}, topic: "com.example.one" });
  client.send({ type: "REGISTER", request: 2, options: {}, procedure: "com.example.two" });
  client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  gate.open(accepted);
  for (const type of ["WELCOME", "SUBSCRIBED", "REGISTERED", "GOODBYE"] as const) await client.receive(type);
});

test("fact 62: what a client sends before it is refused is dropped", async (t) => {
  const gate = createGate<Verdict>();
  const { router, open } = start(t, [method("test", () => gate.promise)]);
  const client = open();
  hello(client, "test");
  client.send({ type: "SUBSCRIBE", request: 1, options: {}, topic: "com.example.one" });
  gate.open({ type: "denied", uri: "wamp.error.authentication_denied", message: "no" });
  await client.receive("ABORT");
  expect(router.stats(REALM).subscriptions).toBe(0);
});

test("a client that sends too much before its WELCOME is refused", async (t) => {
  const client = start(t, [method("test", () => new Promise(() => {}))]).open();
  hello(client, "test");
  for (let request = 1; request <= 300; request++)
    client.send({ type: "SUBSCRIBE", request, options: {}, topic: "com.example.topic" });
  expect((await client.receive("ABORT")).reason).toBe("wampact.error.limit_exceeded");
});

test.for([
  { type: "HELLO", realm: REALM, details: CLIENT_DETAILS },
  { type: "AUTHENTICATE", signature: "", extra: {} },
  { type: "WELCOME", session: 1, details: {} },
] as const)("fact 12: $type while the verdict is awaited is a protocol violation", async (message, t) => {
  const client = start(t, [method("test", () => new Promise(() => {}))]).open();
  hello(client, "test");
  client.send(message);
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test("an authenticator sees where a client comes from", async (t) => {
  const seen: unknown[] = [];
  const begin: Authenticator["begin"] = (_hello, info) => {
    seen.push(info);
    return accepted;
  };
  const auth = [method("anonymous", begin)];
  const router = createRouter({ realms: [{ name: REALM, auth }] });
  t.onTestFinished(() => router.close());
  const { url } = await router.listen();
  const peer = await connect({ url, realm: REALM, headers: { "x-tenant": "blue" } });
  expect(seen).toMatchObject([{ kind: "websocket", remoteAddress: "127.0.0.1", headers: { "x-tenant": "blue" } }]);
  await peer.close();
});

test("an attached peer is who the application says, whatever clients have to prove", async (t) => {
  const { router } = start(t, [
    method("test", () => ({ type: "denied", uri: "wamp.error.authentication_denied", message: "no" })),
  ]);
  const named = await connect({ transport: router.attach({ authid: "jobs", authrole: "worker" }), realm: REALM });
  expect(named.session).toMatchObject({ authid: "jobs", authrole: "worker", authmethod: "local" });
  const unnamed = await connect({ transport: router.attach(), realm: REALM });
  expect(unnamed.session).toMatchObject({ authid: expect.any(String), authrole: "trusted" });
  expect(() => router.attach({ authRole: "worker" } as never)).toThrow(
    'authRole: unknown option; did you mean "authrole"?',
  );
  for (const peer of [named, unnamed]) await peer.close();
});

test("a client whose WELCOME cannot be sent is refused as a fault of the router's", async (t) => {
  const errors: unknown[] = [];
  const principal = { ...ADA, authextra: { secret: new Map() } };
  const router = start(t, [method("test", () => ({ type: "accepted", principal }))], {
    onError: (error: unknown) => errors.push(error),
  });
  const client = router.open();
  hello(client, "test");
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.runtime_error");
  expect(errors).toHaveLength(1);
  expect(router.router.sessions(REALM)).toEqual([]);
});

test.for([
  ["an answer", true],
  ["a HELLO", false],
] as const)("%s that is judged when the ways to log in have changed lets nobody in, and may be tried again", async ([
  ,
  challenges,
], t) => {
  const gate = createGate<Verdict>();
  let asked = 0;
  const answer = () => {
    asked++;
    return gate.promise;
  };
  const slow = method("slow", challenges ? () => ({ type: "challenge", extra: {}, answer }) : answer);
  const begin = async (client: RawClient) => {
    const before = asked;
    hello(client, "slow");
    if (challenges) {
      await client.receive("CHALLENGE");
      client.send({ type: "AUTHENTICATE", signature: "", extra: {} });
    }
    await expect.poll(() => asked).toBe(before + 1);
  };
  const { router, open } = start(t, [slow]);
  const client = open();
  await begin(client);
  await router.reconfigure(REALM, { auth: [anonymous()] });
  const kept = start(t, [slow]);
  const other = kept.open();
  await begin(other);
  await kept.router.reconfigure(REALM, { auth: [anonymous(), slow] });
  gate.open(accepted);
  expect(await client.receive("ABORT")).toMatchObject({
    reason: "wamp.error.unavailable",
    details: { message: "the authentication methods of this realm have changed; try again" },
  });
  await other.receive("WELCOME");
});
