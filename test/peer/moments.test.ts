/** A peer that is told to leave, join, connect again or close at moments when something else is under way. */
import { expect, type TestContext, test } from "vitest";
import { connect, createPeer, type LostEntry, type Peer } from "wampact/peer";
import { createFakeClock } from "wampact/testing";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { Transport } from "../../src/transport/transport.js";
import type { Message } from "../../src/wire/messages.js";
import { connectToFake, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, failureOf, startServer, watchStates } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const A = "com.example.a";

/** A peer of a router that gives each message its answers at once, so that the peer receives all of them in one turn. */
async function connectToScript(t: TestContext, answer: (message: Message, router: Transport) => void) {
  const [transport, router] = createMemoryPair();
  router.open({
    receive: (message) => answer(message, router),
    refused: () => expect.unreachable(),
    violation: (fault) => expect.unreachable(String(fault)),
    closed: () => {},
  });
  const told: unknown[] = [];
  const peer = await connect({ transport, realm: REALM, onError: (error) => told.push(error) });
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  return { peer, told };
}

const WELCOME: Message = { type: "WELCOME", session: 1, details: { roles: { broker: {}, dealer: {} } } };

test("a join whose session ends right behind WELCOME rejects, and the peer has left", async (t) => {
  const { peer } = await connectToScript(t, (message, router) => {
    if (message.type === "GOODBYE") router.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
    if (message.type !== "HELLO") return;
    router.send(WELCOME);
    if (message.realm !== REALM) router.close(1000, "gone again");
  });
  await peer.leave();
  expect(await failureOf(peer.join("com.example.other"))).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["the connection is lost: gone again"],
  });
  expect([peer.state, peer.session]).toEqual(["left", undefined]);
});

test("a registration that is revoked right behind REGISTERED is told as lost", async (t) => {
  const { peer, told } = await connectToScript(t, (message, router) => {
    if (message.type === "HELLO") router.send(WELCOME);
    if (message.type !== "REGISTER") return;
    router.send({ type: "REGISTERED", request: message.request, registration: 7 });
    router.send({ type: "UNREGISTERED", request: 0, details: { registration: 7, reason: "com.example.why" } });
  });
  const lost: LostEntry[] = [];
  peer.on("lost", (entry) => lost.push(entry));
  await peer.register(A, () => {});
  expect(lost).toMatchObject([{ kind: "registration", uri: A }]);
  expect(told).toEqual([lost[0]?.error]);
});

test.for<[string, (peer: Peer) => Promise<unknown>]>([
  ["right behind leave()", (peer) => Promise.all([peer.leave(), peer.join(REALM)])],
  [
    "by a listener that hears that the peer has left",
    async (peer) => {
      const joined = new Promise((resolve, reject) => {
        const stop = peer.on("state", (state) => {
          if (state === "left") peer.join(REALM).then(resolve, reject);
          stop();
        });
      });
      await peer.leave();
      await joined;
    },
  ],
])("join() %s waits for the answer to GOODBYE, and joins on the same connection", async ([, rejoin], t) => {
  const { url, router } = await startServer(t);
  const peer = await connectPeer(t, { url });
  const first = peer.session?.id;
  await rejoin(peer);
  expect([peer.state, peer.session?.realm]).toEqual(["ready", REALM]);
  expect(peer.session?.id).not.toBe(first);
  expect(router.totals(REALM).joined).toBe(2);
});

test("close() while join() waits for the answer to GOODBYE ends both", async (t) => {
  const { peer, router } = await connectToFake(t);
  router.answersGoodbye = false;
  const leaving = peer.leave();
  const joining = failureOf(peer.join(REALM));
  await router.receive("GOODBYE");
  await peer.close();
  await leaving;
  expect(await joining).toMatchObject({ uri: "wampact.error.disconnected" });
  expect(peer.state).toBe("closed");
});

test("reconnect() by a listener that hears that the peer waits ends the wait", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: { minMs: 60_000, maxMs: 60_000 } });
  const first = await server.accept();
  await first.welcome(1);
  const peer = await connecting;
  peer.on("state", (state) => {
    if (state === "waiting") peer.reconnect();
  });
  const watch = watchStates(peer);
  first.cut();
  await (await server.accept()).welcome(2);
  await watch.until("ready");
  expect(watch.states).toEqual(["waiting", "connecting", "ready"]);
});

test.for([
  "onError",
  "a listener of states",
])("close() by %s while the peer is about to wait leaves no timer", async (who) => {
  const clock = createFakeClock();
  let timers = 0;
  const counting = {
    now: clock.now,
    after(delayMs: number, run: () => void) {
      timers++;
      const stop = clock.after(delayMs, run);
      let isOver = false;
      return () => {
        if (!isOver) timers--;
        isOver = true;
        stop();
      };
    },
  };
  const peer = createPeer({
    url: "ws://127.0.0.1:1/ws",
    realm: REALM,
    clock: counting,
    onError: () => who === "onError" && void peer.close(),
  });
  peer.on("state", (state) => {
    if (state === "waiting" && who !== "onError") void peer.close();
  });
  expect(await failureOf(peer.start())).toMatchObject({ uri: "wampact.error.disconnected" });
  expect([peer.state, timers]).toEqual(["closed", 0]);
});

test("a transport that ignores its signal ends no attempt late, and is closed when it comes after all", async () => {
  const clock = createFakeClock();
  const [late, other] = createMemoryPair();
  let open = (_: Transport) => {};
  const peer = createPeer({
    url: "own://router",
    transports: [
      {
        takes: () => true,
        open: () =>
          new Promise((resolve) => {
            open = resolve;
          }),
      },
    ],
    realm: REALM,
    clock,
    reconnect: false,
  });
  const starting = failureOf(peer.start());
  await clock.advance(11_000);
  expect(String(await starting)).toBe("Error: no transport within 10000 ms");
  const closed = new Promise<string>((resolve) => {
    other.open({
      receive: (message) => expect.unreachable(message.type),
      refused: () => {},
      violation: () => {},
      closed: resolve,
    });
  });
  open(late);
  await closed;
});
