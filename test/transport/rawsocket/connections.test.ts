/** RawSockets live and end as any connection of a router does: pinged, bounded, drained, and owned until they are gone. */
import { once } from "node:events";
import { expect, type TestContext, test, vi } from "vitest";
import { connect, type Peer } from "wampact/peer";
import { rawSocket } from "wampact/router";
import { listenRaw, OctetClient, PING, PONG, rawFrame } from "../../support/octets.js";
import { connectPeer, createGate, failureOf, watchStates } from "../../support/peers.js";
import { skipOnWindows } from "../../support/platform.js";
import { REALM } from "../../support/raw.js";
import { startRouterProcess } from "../../support/router-process.js";

const TOPIC = "com.example.topic";

/** From here on the timers of pings run when the test says so. Input and output go on as ever. */
function stopPings(t: TestContext): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  t.onTestFinished(() => void vi.useRealTimers());
}

/** Resolves when everything that the router has sent to a client so far has arrived. Fails if anything but the answer arrives. */
async function nothingCame(client: OctetClient, request: number): Promise<void> {
  client.send([32, request, {}, TOPIC]);
  await client.receive("SUBSCRIBED");
}

test("by default a client is pinged once it has shown that it knows pings, and is then cut when it answers none", async (t) => {
  stopPings(t);
  const { port, router } = await listenRaw(t);
  const client = await OctetClient.join(t, port);
  vi.advanceTimersByTime(60_000);
  await nothingCame(client, 1);
  client.write(rawFrame(PING));
  expect((await client.frame()).first).toBe(PONG);
  vi.advanceTimersByTime(10_000);
  const ping = await client.frame();
  expect([ping.first, ping.payload.toString()]).toEqual([PING, "wamp"]); // some implementations answer text only, and no empty ping
  client.write(rawFrame(PONG, ping.payload));
  await nothingCame(client, 2);
  vi.advanceTimersByTime(10_000);
  expect((await client.frame()).first).toBe(PING);
  vi.advanceTimersByTime(10_000);
  await client.rest();
  expect(router.sessions(REALM)).toEqual([]);
});

test("our peer and our router ping each other, and stay connected", async (t) => {
  stopPings(t);
  const { url, router } = await listenRaw(t);
  const peer = await connectPeer(t, { url, reconnect: false });
  for (let interval = 0; interval < 6; interval++) {
    vi.advanceTimersByTime(10_000);
    await peer.call("wamp.session.count"); // pings and pongs went before it
  }
  expect(peer.state).toBe("ready");
  expect(router.sessions(REALM)).toHaveLength(1);
});

test("with `pingIntervalMs` every client is pinged, and one that does not answer is cut", async (t) => {
  const { port, router } = await listenRaw(t, { pingIntervalMs: 50 });
  const silent = await OctetClient.join(t, port);
  expect((await silent.frame()).first).toBe(PING);
  await silent.closed();
  await expect.poll(() => router.sessions(REALM)).toEqual([]);
});

test("unread pongs hold no more than the bound of unsent bytes", async (t) => {
  const { port, router } = await listenRaw(t, { maxUnsentBytes: 256 * 1024 });
  const client = await OctetClient.join(t, port);
  const { socket } = client;
  socket.pause();
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => rawFrame(PING, "x".repeat(1_000))));
  const cut = new Promise((resolve) => socket.once("close", resolve));
  const send = () => {
    while (socket.writable) if (!socket.write(pings)) return void socket.once("drain", send);
  };
  send();
  await cut;
  await expect.poll(() => router.sessions(REALM)).toEqual([]);
});

test("a subscriber that does not read is cut, and the others get everything", async (t) => {
  const { port, url, router } = await listenRaw(t, { maxUnsentBytes: 256 * 1024 });
  const slow = await OctetClient.join(t, port);
  slow.send([32, 1, {}, TOPIC]);
  await slow.receive("SUBSCRIBED");
  slow.socket.pause();
  const [publisher, reader] = [await connectPeer(t, { url }), await connectPeer(t, { url })];
  const seen: unknown[] = [];
  await reader.subscribe(TOPIC, ({ args }) => void seen.push(args[0]));
  const large = "x".repeat(64 * 1024);
  let sent = 0;
  while (router.sessions(REALM).length === 3 && sent < 2_000)
    await publisher.publish(TOPIC, [sent++, large], {}, { acknowledge: true });
  expect(router.sessions(REALM)).toHaveLength(2);
  await expect.poll(() => seen.length).toBe(sent);
});

test("a flood of calls to a callee that is slow neither ends anybody nor loses a call", async (t) => {
  const { url } = await listenRaw(t, { maxUnsentBytes: 1024 * 1024 });
  const [caller, callee] = [await connectPeer(t, { url }), await connectPeer(t, { url })];
  await callee.register("com.example.work", ({ args }) => args[0]);
  const text = "x".repeat(10_000);
  const calls = Array.from({ length: 1_000 }, (_, index) => caller.call("com.example.work", [`${index} ${text}`]));
  const answers = await Promise.all(calls);
  expect(answers.map(({ args }) => String(args[0]).split(" ")[0])).toEqual(answers.map((_, index) => `${index}`));
});

test.concurrent.for([
  ["has sent nothing", () => {}],
  ["is refused", (client: OctetClient) => client.write([0x7f, 0xff, 0, 0])],
  ["has sent what is no RawSocket", (client: OctetClient) => client.write([0x47])],
  [
    "has said GOODBYE, and no HELLO again",
    async (client: OctetClient) => {
      await joined(client);
      client.send([6, {}, "wamp.close.close_realm"]);
    },
  ],
  [
    "has sent a malformed frame",
    async (client: OctetClient) => {
      await joined(client);
      client.write([0xff, 0, 0, 0]);
    },
  ],
] as const)("a connection that %s and stays open is cut", async ([, act], t) => {
  const { port, router } = await listenRaw(t, {}, { handshakeTimeoutMs: 300, observer: () => {} });
  const client = OctetClient.open(t, port);
  await act(client);
  await client.closed();
  expect(router.sessions(REALM)).toEqual([]);
});

async function joined(client: OctetClient): Promise<void> {
  client.open();
  await client.octets(4);
  client.hello();
  await client.receive("WELCOME");
}

test("a client that ends its side is out of its realm, and what it was owed is sent", async (t) => {
  const { port, router } = await listenRaw(t);
  const client = await OctetClient.join(t, port);
  client.socket.end(Buffer.concat([rawFrame(PING, "last"), client.framed([32, 1, {}, TOPIC])]));
  expect((await client.frame()).payload.toString()).toBe("last");
  await client.receive("SUBSCRIBED");
  await client.rest();
  await expect.poll(() => router.sessions(REALM)).toEqual([]);
});

test("a closing router tells its clients, and ends connections in every state within seconds", async (t) => {
  const { port, router, url } = await listenRaw(t);
  const silent = OctetClient.open(t, port);
  await once(silent.socket, "connect");
  const half = OctetClient.open(t, port);
  half.write([0x7f, 0xf1]);
  const open = await OctetClient.accepted(t, port);
  const member = await OctetClient.join(t, port);
  const deaf = await OctetClient.join(t, port); // answers neither GOODBYE nor the end
  deaf.socket.pause();
  const peer = await connect({ url, realm: REALM, reconnect: false });
  const watch = watchStates(peer);
  const closing = router.close({ drainMs: 100 });
  expect((await member.receive("GOODBYE")).reason).toBe("wamp.close.system_shutdown");
  expect(await watch.until("closed")).toContain("wamp.close.system_shutdown");
  await closing;
  for (const client of [silent, half, open, member]) await client.closed();
  expect(router.sessions(REALM)).toEqual([]);
  await expect(connect({ url, realm: REALM, reconnect: false })).rejects.toThrow("ECONNREFUSED");
});

test("closing one of two listeners keeps the other", async (t) => {
  const { router, url } = await listenRaw(t);
  const second = await router.listen(rawSocket());
  const peer = await connect({ url: second.url, realm: REALM, reconnect: false });
  await second.close();
  expect(peer.state).toBe("closed");
  const other = await connect({ url, realm: REALM, reconnect: false });
  await other.close();
});

test("a call whose connection is lost fails, and the procedures of our peer are back after a router that was killed", async (t) => {
  const router = await startRouterProcess(t, "rawsocket");
  expect(router.url).toMatch(/^rs:/);
  const caller = await connectPeer(t, { url: router.url, onError: () => {} });
  const callee = await connectPeer(t, { url: router.url, onError: () => {} });
  const started = createGate();
  await callee.register("com.example.wait", () => {
    started.open();
    return new Promise(() => {});
  });
  await callee.register("com.example.echo", ({ args }) => args[0]);
  const lost = failureOf(caller.call("com.example.wait"));
  await started.promise;
  const watches = [caller, callee].map((peer: Peer) => watchStates(peer));
  await router.kill();
  expect(await lost).toMatchObject({ uri: "wampact.error.disconnected" });
  for (const watch of watches) await watch.until("waiting");
  await router.restart();
  for (const watch of watches) await watch.until("ready");
  expect((await caller.call("com.example.echo", ["back"])).args).toEqual(["back"]);
});

test("our peer notices a router that hangs while it owes an answer", async (t) => {
  skipOnWindows(t, "it cannot stop a process");
  const router = await startRouterProcess(t, "rawsocket");
  const peer = await connectPeer(t, { url: router.url, reconnect: false });
  router.freeze(true);
  t.onTestFinished(() => router.freeze(false));
  expect(await failureOf(peer.call("com.example.any"))).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["the connection is lost: the peer is dead: it does not answer pings"],
  });
});
