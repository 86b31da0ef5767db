import { expect, test } from "vitest";
import { ticket } from "wampact/auth/ticket";
import { type CallerOptions, type CallerPeer, connect, ownMethod } from "wampact/caller";
import { type Peer, result } from "wampact/peer";
import { startFakeRouter } from "../support/fake-router.js";
import { connectPeer, createGate, type Finish, failureOf, Inbox, startServer, watchStates } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const A = "com.example.a";
const QUICK = { minMs: 1, maxMs: 10 };

/** A caller that ends with its test. What `onError` is told is kept. */
async function connectCaller(t: Finish, options: Partial<CallerOptions>) {
  const told: unknown[] = [];
  const peer = await connect({ realm: REALM, reconnect: QUICK, onError: (error) => told.push(error), ...options });
  t.onTestFinished(() => peer.close());
  return { peer, told };
}

test("a caller calls, sends chunks, takes progress, and cancels", async (t) => {
  const server = await startServer(t);
  const service = await connectPeer(t, { url: server.url });
  const { peer } = await connectCaller(t, { url: server.url });
  await service.register(A, async (call) => {
    let sum = 0;
    for await (const { args } of call.chunks) {
      sum += Number(args[0]);
      call.progress([sum]);
    }
    return result([sum], { by: "service" });
  });
  const aborted = createGate<unknown>();
  await service.register("com.example.slow", (call) => {
    call.signal.addEventListener("abort", () => aborted.open(call.signal.aborted));
    return new Promise(() => {});
  });

  const chunks = (async function* () {
    for (const value of [1, 2, 3]) yield { args: [value] };
  })();
  const call = peer.call(A, [], {}, { chunks, receiveProgress: true });
  const progress: unknown[] = [];
  for await (const { args } of call) progress.push(args[0]);
  expect(await call).toMatchObject({ args: [6], kwargs: { by: "service" } });
  expect(progress.at(-1)).toBe(6);

  const slow = peer.call("com.example.slow");
  await peer.call("wamp.session.count");
  slow.cancel();
  expect(await failureOf(slow)).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await aborted.promise).toBe(true);
});

test("a caller's subscriptions and idempotent calls outlive a lost connection", async (t) => {
  const server = await startServer(t);
  const { peer } = await connectCaller(t, { url: server.url, offline: "wait" });
  const events = new Inbox<unknown>();
  await peer.subscribe("com.example.", ({ args }) => events.push(args[0]), { match: "prefix" });
  const watch = watchStates(peer);
  server.cut();
  await watch.until("waiting");
  const waited = peer.call("wamp.session.count");
  await watch.until("ready");
  expect(typeof (await waited).args[0]).toBe("number");

  const publisher = await connectPeer(t, { url: server.url });
  await publisher.publish(A, ["after"], {}, { acknowledge: true });
  expect(await events.next()).toBe("after");
});

test("a loop over events and one over states end with the caller", async (t) => {
  const server = await startServer(t);
  const { peer } = await connectCaller(t, { url: server.url });
  const states: string[] = [];
  const watching = (async () => {
    for await (const { state } of peer.states()) states.push(state);
  })();
  const loop = peer.events(A)[Symbol.asyncIterator]();
  const first = loop.next();
  await peer.call("wamp.session.count"); // SUBSCRIBE is answered before
  await peer.publish(A, ["mine"], {}, { excludeMe: false });
  expect((await first).value).toMatchObject({ args: ["mine"], dropped: 0 });
  const failing = failureOf(loop.next());
  await peer.close();
  expect(await failing).toMatchObject({ uri: "wampact.error.disconnected" });
  await watching;
  expect(states).toEqual(["ready", "closed"]);
});

test("a caller announces no callee and no payload schemes, and has no method for either", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = connectCaller(t, { url: server.url });
  const connection = await server.accept();
  const [realm, details] = await connection.receive("HELLO");
  expect(realm).toBe(REALM);
  const { roles } = details as { roles: Record<string, { features: object }> };
  expect(Object.keys(roles).sort()).toEqual(["caller", "publisher", "subscriber"]);
  for (const { features } of Object.values(roles)) expect(features).not.toHaveProperty("payload_passthru_mode");
  connection.send("WELCOME", 1, { roles: { broker: { features: {} }, dealer: { features: {} } } });
  const { peer } = await connecting;
  expect(["register", "leave", "join"].filter((name) => name in peer)).toEqual([]);

  connection.send("INVOCATION", 1, 1, {}); // nobody is registered: it is dropped
  connection.send("INTERRUPT", 1, {});
  const call = peer.call(A);
  const [request] = await connection.receive("CALL");
  connection.send("RESULT", request, {}, [1]);
  expect((await call).args).toEqual([1]);
});

test("a caller refuses what only a full peer has", async (t) => {
  const server = await startServer(t);
  const given = { url: server.url, realm: REALM, passthru: [] };
  expect(await failureOf(connect(given))).toEqual(
    expect.objectContaining({
      message: expect.stringMatching(
        /^connect.passthru: unknown option; expected one of url, transports, transport, realm,/,
      ),
    }),
  );
  const { peer } = await connectCaller(t, { url: server.url });
  const packed = { passthru: { scheme: "x_mine" } };
  expect(() => peer.call(A, [new Uint8Array(1)], {}, packed)).toThrow(
    "passthru: this peer packs no payloads; use connect of wampact/peer",
  );
  expect(await failureOf(peer.publish(A, [new Uint8Array(1)], {}, packed))).toBeInstanceOf(TypeError);
});

test("a caller logs in by a method of the package, and by one of its own with the code of a login", async (t) => {
  const mine = { method: "com.example.mine", begin: () => ({ answer: () => ({ signature: "s" }) }) };
  const given = { realm: REALM, onError: () => {} };
  expect(await failureOf(connect({ ...given, url: "ws://127.0.0.1:1", auth: [mine] }))).toMatchObject({
    name: "TypeError",
    message: "auth: wrap a method of your own by ownMethod() of wampact/caller",
  });
  for (const method of [ownMethod(mine), ticket({ authid: "ada", ticket: "s" })]) {
    const router = await startFakeRouter(t);
    const connecting = connectCaller(t, {
      url: router.url,
      auth: method.method === mine.method ? [method] : [mine, method],
    });
    const connection = await router.accept();
    const [, details] = await connection.receive("HELLO");
    expect(details).toMatchObject({ authmethods: [...new Set([mine.method, method.method])] });
    connection.send("CHALLENGE", method.method, {});
    expect(await connection.receive("AUTHENTICATE")).toEqual(["s", {}]);
    connection.send("WELCOME", 1, { roles: {}, authmethod: method.method });
    expect((await connecting).peer.session?.authmethod).toBe(method.method);
  }
});

test("a full peer is a caller, and a caller is no full peer", () => {
  const takesCaller = (_: CallerPeer): void => {};
  const given = (peer: Peer) => takesCaller(peer);
  // @ts-expect-error: a caller does not register
  const refused = (caller: CallerPeer): Peer => caller;
  expect([given, refused]).toHaveLength(2);
});
