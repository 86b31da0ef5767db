/** Connections that go dead without a word, by a proxy that passes nothing on. */
import { expect, test } from "vitest";
import { connectPeer, createGate, failureOf, startServer, watchStates } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { startProxy } from "../support/proxy.js";
import { startRouterProcess } from "../support/router-process.js";

const A = "com.example.a";
const DEAD = "the connection is lost: the peer is dead: it does not answer pings";

test("a peer on a connection that has gone dead is told so, and is ready again once it is back", async (t) => {
  const { url } = await startServer(t);
  const proxy = await startProxy(t, url);
  const peer = await connectPeer(t, { url: proxy.url, pingIntervalMs: 200, reconnect: { minMs: 1 } });
  const watch = watchStates(peer);
  proxy.hold();
  expect(await watch.until("waiting")).toBe(DEAD);
  proxy.release();
  await watch.until("ready");
});

test.for([
  "up",
  "down",
] as const)("a call on a connection that is dead on its way %s fails long before an idle one would be noticed", async (direction, t) => {
  const { url } = await startServer(t);
  const proxy = await startProxy(t, url);
  const peer = await connectPeer(t, { url: proxy.url, pingIntervalMs: 600_000, reconnect: false });
  const started = createGate();
  const callee = await connectPeer(t, { url });
  await callee.register(A, () => {
    started.open();
    return new Promise(() => {});
  });
  const calling = failureOf(peer.call(A));
  await started.promise;
  proxy.hold(direction); // an idle connection would be given up after 20 minutes
  expect(await calling).toMatchObject({ uri: "wampact.error.disconnected", args: [DEAD] });
});

test("a slow connection is not a dead one", async (t) => {
  const { url } = await startServer(t);
  const proxy = await startProxy(t, url);
  const peer = await connectPeer(t, { url: proxy.url, pingIntervalMs: 1_000, reconnect: false });
  await peer.register(A, ({ args }) => args[0]);
  proxy.slow(250);
  for (let round = 0; round < 3; round++) expect((await peer.call(A, [round])).args).toEqual([round]);
  expect(peer.state).toBe("ready");
});

test.for(["cut", "reset"] as const)("a connection that is %s is made again", async (how, t) => {
  const { url } = await startServer(t);
  const proxy = await startProxy(t, url);
  const peer = await connectPeer(t, { url: proxy.url, reconnect: { minMs: 1 } });
  const watch = watchStates(peer);
  proxy[how]();
  await watch.until("waiting");
  await watch.until("ready");
});

test("a router that is frozen is given up, and met again when it goes on", async (t) => {
  skipOnWindows(t, "it cannot stop a process");
  const router = await startRouterProcess(t);
  const peer = await connectPeer(t, {
    url: router.url,
    pingIntervalMs: 200,
    connectTimeoutMs: 2_000,
    reconnect: { minMs: 1, maxMs: 50 },
    onError: () => {}, // attempts that the frozen router does not answer
  });
  const watch = watchStates(peer);
  router.freeze(true);
  expect(await failureOf(peer.call("wamp.session.count"))).toMatchObject({ uri: "wampact.error.disconnected" });
  await watch.until("waiting");
  router.freeze(false);
  await watch.until("ready");
  expect((await peer.call("wamp.session.count")).args).toHaveLength(1);
});

test("a process that was blocked itself gives nobody up", async (t) => {
  const router = await startRouterProcess(t);
  const peer = await connectPeer(t, { url: router.url, pingIntervalMs: 200, reconnect: { minMs: 1 } });
  const watch = watchStates(peer);
  const call = peer.call("wamp.session.count");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000); // five intervals
  await call;
  await peer.call("wamp.session.count");
  expect(watch.states).toEqual([]);
});
