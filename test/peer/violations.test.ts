import { expect, type TestContext, test } from "vitest";
import { cbor } from "wampact/cbor";
import { connect, type Peer } from "wampact/peer";
import { connectToFake, type FakeConnection, startFakeRouter } from "../support/fake-router.js";
import { failureOf, watchStates } from "../support/peers.js";
import { REALM } from "../support/raw.js";

/** Something no router may say to a session that stands, and how the peer calls it. */
interface Violation {
  readonly name: string;
  /** Asks something, whose failure the test sees. */
  ask?(peer: Peer): PromiseLike<unknown>;
  say(router: FakeConnection): void | Promise<void>;
  readonly words: string;
}

const asked = (type: "CALL" | "REGISTER" | "SUBSCRIBE", say: (router: FakeConnection) => void) => ({
  ask: (peer: Peer) =>
    type === "CALL"
      ? peer.call("com.example.a")
      : type === "REGISTER"
        ? peer.register("com.example.a", () => {})
        : peer.subscribe("com.example.a", () => {}),
  say: async (router: FakeConnection) => {
    await router.receive(type);
    say(router);
  },
});

const VIOLATIONS: readonly Violation[] = [
  {
    name: "SUBSCRIBED for a REGISTER",
    ...asked("REGISTER", (router) => router.send("SUBSCRIBED", 1, 7)),
    words: "SUBSCRIBED.request: 1 is a REGISTER",
  },
  {
    name: "REGISTERED for a CALL",
    ...asked("CALL", (router) => router.send("REGISTERED", 1, 7)),
    words: "REGISTERED.request: 1 is a CALL",
  },
  {
    name: "an ERROR of another kind of request",
    ...asked("CALL", (router) => router.send("ERROR", 64, 1, {}, "com.example.odd")),
    words: "ERROR.request: 1 is a CALL, not a REGISTER",
  },
  {
    name: "RESULT that was never asked for",
    say: (router) => router.send("RESULT", 5, {}),
    words: "RESULT.request: 5 was never sent",
  },
  {
    name: "ERROR for what was never sent",
    say: (router) => router.send("ERROR", 48, 5, {}, "com.example.odd"),
    words: "ERROR.request: 5 was never sent",
  },
  {
    name: "a second WELCOME",
    say: (router) => router.send("WELCOME", 2, {}),
    words: "WELCOME is not legal in state ESTABLISHED",
  },
  {
    name: "a message only clients send",
    say: (router) => router.send("CALL", 1, {}, "com.example.a"),
    words: "CALL is not legal in state ESTABLISHED",
  },
  { name: "garbage", say: (router) => router.write("garbage"), words: "malformed JSON" },
  {
    name: "an unknown message type",
    say: (router) => router.write("[4711]"),
    words: "message type 4711 is unknown",
  },
  {
    name: "an empty message",
    say: (router) => router.write("[]"),
    words: "a message must not be empty",
  },
  {
    name: "an option of a wrong type",
    ...asked("CALL", (router) => router.send("RESULT", 1, { progress: 1 })),
    words: "RESULT.details.progress: expected true or false, got an integer",
  },
  {
    name: "args that are no list",
    ...asked("CALL", (router) => router.send("RESULT", 1, {}, { a: 1 })),
    words: "RESULT.args",
  },
  {
    name: "a binary frame under JSON",
    say: (router) => router.write(new TextEncoder().encode("[36,1,1,{}]")),
    words: "wamp.2.json uses text frames",
  },
];

test.for(VIOLATIONS)("$name ends the session with an ABORT that says why", async ({ ask, say, words }, t) => {
  const told: unknown[] = [];
  const { peer, router } = await connectToFake(t, { onError: (error) => told.push(error) });
  const states = watchStates(peer);
  const pending = ask && failureOf(ask(peer));
  await say(router);
  expect(await states.until("closed")).toContain(`wamp.error.protocol_violation: ${words}`);
  expect(await router.receive("ABORT")).toEqual([
    { message: expect.stringContaining(words) },
    "wamp.error.protocol_violation",
  ]);
  expect((await router.closed).code).toBe(1002);
  if (pending) {
    expect(await pending).toMatchObject({
      uri: "wampact.error.disconnected",
      message: expect.stringContaining(words),
    });
  }
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ name: "ProtocolViolation", message: expect.stringContaining(words) });
});

/** The message and the error of a peer that receives this before WELCOME. */
async function beforeWelcome(t: TestContext, say: (router: FakeConnection) => void) {
  const server = await startFakeRouter(t);
  const told: unknown[] = [];
  const connecting = failureOf(
    connect({ url: server.url, realm: REALM, reconnect: false, onError: (error) => told.push(error) }),
  );
  const router = await server.accept();
  await router.receive("HELLO");
  say(router);
  return { router, failure: await connecting, told };
}

test("EVENT before WELCOME ends the attempt with an ABORT that says why", async (t) => {
  const { router, failure, told } = await beforeWelcome(t, (router) => router.send("EVENT", 1, 1, {}));
  const words = "EVENT is not legal in state ESTABLISHING";
  expect(failure).toMatchObject({
    uri: "wampact.error.disconnected",
    args: [`wamp.error.protocol_violation: ${words}`],
  });
  expect(await router.receive("ABORT")).toEqual([{ message: words }, "wamp.error.protocol_violation"]);
  expect((await router.closed).code).toBe(1002);
  expect(told).toMatchObject([{ name: "ProtocolViolation", message: words }]);
});

test("GOODBYE before WELCOME is a violation too", async (t) => {
  const { failure } = await beforeWelcome(t, (router) => router.send("GOODBYE", {}, "wamp.close.close_realm"));
  expect(failure).toMatchObject({
    args: ["wamp.error.protocol_violation: GOODBYE is not legal in state ESTABLISHING"],
  });
});

test("CHALLENGE for a peer that offered no method ends the attempt with words", async (t) => {
  const { failure } = await beforeWelcome(t, (router) => router.write('[4,"ticket",{}]'));
  expect(failure).toMatchObject({
    args: ['wamp.error.protocol_violation: CHALLENGE.authmethod: this peer offered no method, got "ticket"'],
  });
});

test("fact 9: ABORT is not answered, and its reason and arguments are the failure", async (t) => {
  const { router, failure, told } = await beforeWelcome(t, (router) =>
    router.send("ABORT", { message: "not today" }, "com.example.closed", [1], { until: 2 }),
  );
  expect(failure).toMatchObject({
    uri: "com.example.closed",
    args: [1],
    kwargs: { until: 2 },
    message: "com.example.closed: not today",
  });
  expect((await router.closed).code).toBe(1000);
  expect([router.unread(), told]).toEqual([[], []]);
});

test("ABORT ends a session that stands, with the router's words", async (t) => {
  const { peer, router } = await connectToFake(t);
  const states = watchStates(peer);
  const pending = failureOf(peer.call("com.example.a"));
  await router.receive("CALL");
  router.send("ABORT", { message: "overload" }, "com.example.overload");
  expect(await states.until("closed")).toBe("com.example.overload: overload");
  expect(await pending).toMatchObject({ args: ["com.example.overload: overload"] });
  await router.closed;
  expect(router.unread()).toEqual([]);
});

test("GOODBYE of the router is echoed once and closes the connection", async (t) => {
  const { peer, router } = await connectToFake(t);
  router.answersGoodbye = false;
  const states = watchStates(peer);
  router.send("GOODBYE", { message: "back soon" }, "wamp.close.system_shutdown");
  expect(await router.receive("GOODBYE")).toEqual([{}, "wamp.close.goodbye_and_out"]);
  expect(await states.until("closed")).toBe("wamp.close.system_shutdown: back soon");
  expect((await router.closed).code).toBe(1000);
  expect(router.unread()).toEqual([]);
});

test("an answer to a request that was given up is dropped, and so is one to a finished request", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a");
  await router.receive("CALL");
  router.send("RESULT", 1, {}, [1]);
  router.send("RESULT", 1, {}, [2]);
  router.send("ERROR", 48, 1, {}, "com.example.late");
  expect((await call).args).toEqual([1]);
  await peer.publish("com.example.marker");
  await router.receive("PUBLISH");
  expect(peer.state).toBe("ready");
});

test("fact 39: a revocation of what the peer does not hold disturbs nothing", async (t) => {
  const { peer, router } = await connectToFake(t);
  router.send("UNSUBSCRIBED", 0, { subscription: 7, reason: "com.example.gone" });
  router.send("UNREGISTERED", 0, { registration: 7 });
  const call = peer.call("com.example.a");
  const [request] = await router.receive("CALL");
  router.send("RESULT", request, {}, [1]);
  expect((await call).args).toEqual([1]);
});

test("a router whose sub-protocol was not offered is refused", async (t) => {
  const server = await startFakeRouter(t);
  const failure = await failureOf(connect({ url: server.url, realm: REALM, serializers: [cbor()], reconnect: false }));
  expect(String(failure)).toContain("cannot connect to");
});
