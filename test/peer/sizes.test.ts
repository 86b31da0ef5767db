/** Messages that the other side has declared too large: the sender gets an error, and nothing else is affected. */
import { expect, type TestContext, test } from "vitest";
import { type ConnectOptions, connect, WampError } from "wampact/peer";
import { createRouter } from "wampact/router";
import { startFakeRouter } from "../support/fake-router.js";
import { connectPeer, failureOf } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const LIMIT = 200;
const LONG = "x".repeat(LIMIT);
const TOO_LARGE = { uri: "wamp.error.payload_size_exceeded" };
const ROLES = { broker: {}, dealer: { features: { progressive_call_invocations: true, call_canceling: true } } };

/** A peer of a router that takes few bytes. */
async function connectToSmall(t: TestContext, options: Partial<ConnectOptions> = {}, limit: unknown = LIMIT) {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false, ...options });
  const router = await server.accept();
  await router.receive("HELLO");
  router.send("WELCOME", 1, { roles: ROLES, _max_message_bytes: limit });
  return { peer: await connecting, router };
}

test("requests above the router's limit fail alone, and use up no request ID", async (t) => {
  const { peer, router } = await connectToSmall(t);
  expect(await failureOf(peer.call("com.example.a", [LONG]))).toMatchObject(TOO_LARGE);
  expect(await failureOf(peer.publish("com.example.a", [], { text: LONG }))).toMatchObject(TOO_LARGE);
  expect(await failureOf(peer.subscribe(`com.example.${LONG}`, () => {}))).toMatchObject(TOO_LARGE);
  expect(await failureOf(peer.register(`com.example.${LONG}`, () => {}))).toMatchObject(TOO_LARGE);
  const call = peer.call("com.example.a", ["short"]);
  expect(await router.receive("CALL")).toEqual([1, {}, "com.example.a", ["short"]]);
  router.send("RESULT", 1, {});
  await call;
});

test("the limit counts bytes, not characters", async (t) => {
  const { peer, router } = await connectToSmall(t);
  const frame = JSON.stringify([16, 1, {}, "com.example.a", [""]]).length;
  expect(await failureOf(peer.publish("com.example.a", ["é".repeat((LIMIT - frame) / 2 + 1)]))).toMatchObject({
    ...TOO_LARGE,
    args: [expect.stringMatching(/^the message has 20\d bytes, but the other side accepts at most 200$/)],
  });
  await peer.publish("com.example.a", ["é".repeat((LIMIT - frame) / 2)]);
  expect((await router.receive("PUBLISH"))[0]).toBe(1);
});

test("a chunk above the limit cancels its call, which fails with that", async (t) => {
  const { peer, router } = await connectToSmall(t);
  async function* chunks() {
    yield { args: [LONG] };
  }
  const failure = failureOf(peer.call("com.example.a", [], {}, { chunks: chunks() }));
  await router.receive("CALL");
  expect(await failure).toMatchObject(TOO_LARGE);
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
});

test("a result, progress or error above the limit reaches the caller as an ERROR, and onError at the callee", async (t) => {
  const told: unknown[] = [];
  const { peer, router } = await connectToSmall(t, { onError: (error) => told.push(error) });
  const handlers = [
    () => LONG,
    ({ progress }: { progress(args: unknown[]): void }) => progress([LONG]),
    () => {
      throw new WampError("com.example.odd", { args: [LONG] });
    },
  ];
  const uris: unknown[] = [];
  for (const [index, handler] of handlers.entries()) {
    const registering = peer.register(`com.example.p${index}`, handler);
    await router.receive("REGISTER");
    router.send("REGISTERED", index + 1, index + 1);
    await registering;
    const details = { receive_progress: true, procedure: `com.example.called.p${index}` }; // registered as a pattern
    router.send("INVOCATION", index + 1, index + 1, details);
    uris.push((await router.receive("ERROR"))[3]);
  }
  expect(uris).toEqual([TOO_LARGE.uri, TOO_LARGE.uri, "com.example.odd"]);
  expect(told.map((error) => (error as Error).message)).toEqual([
    expect.stringMatching(
      /^an answer to com\.example\.called\.p0 was not sent: wamp\.error\.payload_size_exceeded: the message/,
    ),
    expect.stringMatching(/^an answer to com\.example\.called\.p1 was not sent: /),
    expect.stringMatching(/^wamp\.error\.payload_size_exceeded: the message has \d+ bytes/),
  ]);
});

test.for([0, -1, 1.5, "many", null])("a limit of %j is none", async (limit, t) => {
  const { peer, router } = await connectToSmall(t, {}, limit);
  await peer.publish("com.example.a", [LONG]);
  expect((await router.receive("PUBLISH"))[3]).toEqual([LONG]);
});

test("HELLO announces what the peer takes, and a transport without a limit announces none", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false, maxMessageBytes: 1_000 });
  const router = await server.accept();
  const [, details] = await router.receive("HELLO");
  expect(details).toMatchObject({ _max_message_bytes: 1_000 });
  router.send("WELCOME", 1, { roles: ROLES });
  await connecting;
  const local = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => local.close());
  const transport = local.attach();
  const sent: unknown[] = [];
  const send = transport.send.bind(transport);
  transport.send = (message) => {
    sent.push(message);
    send(message);
  };
  const peer = await connect({ transport, realm: REALM });
  expect(sent[0]).toMatchObject({ type: "HELLO" });
  expect(sent[0]).not.toHaveProperty("details._max_message_bytes");
  await peer.close();
});
