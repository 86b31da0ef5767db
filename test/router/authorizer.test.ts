/** `authorize`: what it denies is refused; while it decides, later requests of that session wait in order, and nobody else does. */
import { expect, type TestContext, test } from "vitest";
import { type Authorizer, createRouter, type Serializer } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { createMemoryPair } from "../../src/transport/memory.js";
import { json } from "../../src/wire/serializers/json.js";
import { FrameClient } from "../support/frames.js";
import { createGate, waitFor } from "../support/peers.js";
import { RawClient, REALM, startRouter } from "../support/raw.js";

const PROCEDURE = "com.example.work";

function start(t: TestContext, authorize: Authorizer, config: object = {}) {
  return startRouter(t, { realms: [{ name: REALM, authorize }], onError: () => {}, ...config });
}

test("it is told who asks for what, of which URI, with which options", async (t) => {
  const asked: unknown[] = [];
  const router = start(t, (...given) => asked.push(given) > 0);
  const client = await router.join();
  await client.register(PROCEDURE, { invoke: "roundrobin" });
  await client.subscribe("com.example.", { match: "prefix" });
  await client.publish("com.example.topic");
  client.call("wamp.session.count");
  await client.receive("RESULT");
  const who = { session: client.session, authid: expect.any(String), authrole: "anonymous" };
  expect(asked).toEqual([
    [who, "register", PROCEDURE, { invoke: "roundrobin" }],
    [who, "subscribe", "com.example.", { match: "prefix" }],
    [who, "publish", "com.example.topic", { acknowledge: true }],
    [who, "call", "wamp.session.count", {}],
  ]);
});

const REQUESTS: readonly (readonly [string, (client: RawClient) => void])[] = [
  ["CALL", (client) => void client.call(PROCEDURE)],
  [
    "REGISTER",
    (client) => client.send({ type: "REGISTER", request: client.next(), options: {}, procedure: PROCEDURE }),
  ],
  ["SUBSCRIBE", (client) => client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: PROCEDURE })],
  [
    "PUBLISH",
    (client) =>
      client.send({ type: "PUBLISH", request: client.next(), options: { acknowledge: true }, topic: PROCEDURE }),
  ],
];
const anything = (value: unknown) => (() => value) as unknown as Authorizer;
const OUTCOMES: readonly (readonly [string, Authorizer, string])[] = [
  ["says no", () => false, "wamp.error.not_authorized"],
  ["says no later", async () => false, "wamp.error.not_authorized"],
  [
    "throws",
    () => {
      throw new Error("broken");
    },
    "wamp.error.authorization_failed",
  ],
  ["rejects", () => Promise.reject(new Error("broken")), "wamp.error.authorization_failed"],
  ["says nothing", anything(undefined), "wamp.error.authorization_failed"],
  ["says nothing later", anything(Promise.resolve()), "wamp.error.authorization_failed"],
  ["says 1", anything(1), "wamp.error.authorization_failed"],
];

test.for(
  OUTCOMES.flatMap(([name, authorize, uri]) =>
    REQUESTS.map(([type, request]) => [name, type, uri, authorize, request] as const),
  ),
)("where it %s, %s is answered with %s", async ([, , uri, authorize, request], t) => {
  const faults: unknown[] = [];
  const client = await start(t, authorize, { onError: (_: unknown, id?: string) => faults.push(id) }).join();
  request(client);
  const { error, kwargs } = await client.receive("ERROR");
  expect(error).toBe(uri);
  expect(faults).toEqual(uri === "wamp.error.authorization_failed" ? [kwargs.correlation_id] : []);
  for (const id of faults) expect(id).toEqual(expect.any(String));
});

test("a decision that does not come within ten seconds denies", async (t) => {
  const clock = createFakeClock();
  const router = start(t, () => new Promise(() => {}), { clock });
  const [client, other] = [await router.join(), await router.join()];
  client.call(PROCEDURE);
  await other.settle();
  await clock.advance(10_000);
  expect((await client.receive("ERROR")).error).toBe("wamp.error.authorization_failed");
});

test("requests behind one that waits for its decision wait in order; answers pass, and others go on", async (t) => {
  const gate = createGate();
  const router = start(t, async (_who, _action, uri) => {
    if (uri === "com.example.slow") await gate.promise;
    return true;
  });
  const [client, other] = [await router.join(), await router.join()];
  await client.register("com.example.mine");
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: "com.example.slow" });
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: "com.example.quick" });
  client.send({ type: "UNSUBSCRIBE", request: client.next(), subscription: 99 });
  other.call("com.example.mine");
  const { request } = await client.receive("INVOCATION");
  client.send({ type: "YIELD", request, options: {} });
  await other.receive("RESULT");
  expect(client.unread()).toEqual([]);
  gate.open();
  const answers = [
    await client.receive("SUBSCRIBED"),
    await client.receive("SUBSCRIBED"),
    await client.receive("ERROR"),
  ];
  expect(answers.map((answer) => answer.request)).toEqual([2, 3, 4]);
});

test("requests wait behind one that waits for its decision, though nobody decides about them any more", async (t) => {
  const gate = createGate();
  const { router, join } = start(t, async (_who, action) => {
    if (action === "publish") await gate.promise;
    return true;
  });
  const [publisher, subscriber] = [await join(), await join()];
  await subscriber.subscribe(PROCEDURE);
  const publish = (word: string) =>
    publisher.send({ type: "PUBLISH", request: publisher.next(), options: {}, topic: PROCEDURE, args: [word] });
  publish("first");
  await subscriber.settle();
  await router.reconfigure(REALM, { authorize: undefined });
  publish("second");
  await subscriber.settle();
  gate.open();
  expect((await subscriber.receive("EVENT")).args).toEqual(["first"]);
  expect((await subscriber.receive("EVENT")).args).toEqual(["second"]);
});

test("a call that waits for its decision can be canceled, and what it asked for does not happen", async (t) => {
  const gate = createGate();
  const router = start(t, async (_who, action) => {
    if (action === "call") await gate.promise;
    return true;
  });
  const [client, callee] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);
  const request = client.call(PROCEDURE);
  client.send({ type: "CANCEL", request, options: {} });
  expect(await client.receive("ERROR")).toMatchObject({ request, error: "wamp.error.canceled" });
  gate.open();
  await callee.settle();
  expect(callee.unread()).toEqual([]);
});

test("a session that cannot be slowed down has a limited number of requests waiting", async (t) => {
  const gate = createGate();
  const router = start(t, async () => {
    await gate.promise;
    return true;
  });
  const client = await router.join();
  for (let count = 0; count < 10_000; count++)
    client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: PROCEDURE });
  const request = client.call(PROCEDURE);
  expect(await client.receive("ERROR")).toMatchObject({ request, error: "wamp.error.unavailable" });
  gate.open();
});

test("what a session that is gone has asked for is forgotten", async (t) => {
  const gate = createGate();
  const router = start(t, async () => {
    await gate.promise;
    return true;
  });
  const [client, other] = [await router.join(), await router.join()];
  client.send({ type: "REGISTER", request: client.next(), options: {}, procedure: PROCEDURE });
  client.close();
  await expect.poll(() => router.router.sessions(REALM).length).toBe(1);
  gate.open();
  await other.settle();
  expect(router.router.stats(REALM).registrations).toBe(0);
});

test("what waits behind a request that ends its session is not carried out", async (t) => {
  const router = start(t, async () => true);
  const client = await router.join({ roles: { caller: {}, callee: {}, subscriber: {} } });
  client.send({ type: "CALL", request: 1, options: { progress: true }, procedure: PROCEDURE }); // which it has not announced
  client.send({ type: "REGISTER", request: 2, options: {}, procedure: PROCEDURE });
  client.send({ type: "SUBSCRIBE", request: 3, options: {}, topic: PROCEDURE });
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  const other = await router.join();
  await other.register(PROCEDURE);
  expect(router.router.stats(REALM)).toMatchObject({ sessions: 1, registrations: 1, subscriptions: 0 });
});

test("a session that its authorizer ends gets nothing of what it asked for", async (t) => {
  const ends: Authorizer = ({ session }) => router.router.endSession(REALM, session);
  const router = start(t, ends);
  const client = await router.join();
  client.send({ type: "REGISTER", request: 1, options: {}, procedure: PROCEDURE });
  await client.receive("GOODBYE");
  expect(router.router.stats(REALM)).toMatchObject({ sessions: 0, registrations: 0 });
});

test("the answer to GOODBYE is read from a client that was not read because its requests waited", async (t) => {
  const { router } = start(t, () => new Promise(() => {}));
  const [ours, theirs] = createMemoryPair();
  const reading = {
    paused: false,
    pause: () => {
      reading.paused = true;
    },
    resume: () => {
      reading.paused = false;
    },
  };
  router.accept({
    info: theirs.info,
    reading,
    unsentBytes: 0,
    maxUnsentBytes: 1_000_000,
    open: (listener) => theirs.open(listener),
    send: (message) => theirs.send(message),
    close: (code, reason) => theirs.close(code, reason),
    onceDrained: (callback) => theirs.onceDrained(callback),
  });
  const client = new RawClient(ours);
  const { session } = await client.hello(REALM);
  for (let count = 0; count < 1_100; count++) client.call(PROCEDURE);
  await expect.poll(() => reading.paused).toBe(true);
  router.endSession(REALM, session);
  await client.receive("GOODBYE");
  expect(reading.paused).toBe(false);
});

test("a session whose requests wait is not read beyond a mebibyte of them", async (t) => {
  const gate = createGate();
  const JSON_ = json();
  let read = 0;
  const counting: Serializer = {
    ...JSON_,
    decode(data, trusted) {
      read += Number(data.length > 90_000);
      return JSON_.decode(data, trusted);
    },
  };
  const authorize: Authorizer = (_who, action) => action === "call" || gate.promise.then(() => true);
  const router = createRouter({ realms: [{ name: REALM, authorize }], serializers: [counting] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const [client, other] = [await FrameClient.join(t, url, JSON_), await FrameClient.join(t, url, JSON_)];
  const text = "x".repeat(100_000);
  for (let request = 1; request <= 200; request++)
    client.sendList([16, request, { acknowledge: request === 200 }, PROCEDURE, [text]]);
  await waitFor(() => read > 5);
  for (let request = 1; request <= 200; request++) {
    other.sendList([48, request, {}, "wamp.session.count"]);
    await other.receive("RESULT"); // time enough to read everything
  }
  expect(read).toBeLessThan(20);
  gate.open();
  expect(await client.receive("PUBLISHED")).toMatchObject({ request: 200 });
  expect(read).toBe(200);
});
