/** A connection that the router has closed: what still arrives is dropped, and a login under way leads nowhere. */
import { once } from "node:events";
import { expect, type TestContext, test } from "vitest";
import { createRouter, type Router, type RouterConfig, type RouterMeter, type Verdict } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { WebSocket } from "ws";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { Transport, TransportListener } from "../../src/transport/transport.js";
import type { Message } from "../../src/wire/messages.js";
import { createGate } from "../support/peers.js";
import { CLIENT_DETAILS, RawClient, REALM } from "../support/raw.js";

const HELLO = JSON.stringify([1, REALM, { roles: { caller: {} } }]);
const ACCEPTED: Verdict = {
  type: "accepted",
  principal: { authid: "ada", authrole: "anonymous", authprovider: "test" },
};

/** A router that tells of sessions and of its end, and a WebSocket to it. */
async function start(t: TestContext, config: Partial<RouterConfig> = {}) {
  const told: string[] = [];
  const router = createRouter({
    realms: [{ name: REALM }],
    observer: ({ type }) => void told.push(type),
    onError: (error) => expect.unreachable(String(error)),
    ...config,
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const socket = new WebSocket((await router.listen()).url, "wamp.2.json");
  t.onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return { router, socket, sessionsTold: () => told.filter((type) => type === "joined" || type === "left"), told };
}

test("a HELLO behind the client's ABORT begins no session", async (t) => {
  const { socket, sessionsTold } = await start(t);
  socket.send(HELLO);
  await once(socket, "message");
  for (const message of ['[3,{},"wamp.close.close_realm"]', HELLO]) socket.send(message);
  await once(socket, "close");
  expect(sessionsTold()).toEqual(["joined", "left"]);
});

test("a client that is accepted after the router has closed its connection does not join", async (t) => {
  const [asked, verdict] = [createGate(), createGate<Verdict>()];
  const begin = () => {
    asked.open();
    return verdict.promise;
  };
  const { router, socket, told, sessionsTold } = await start(t, {
    realms: [{ name: REALM, auth: [{ method: "anonymous", begin }] }],
  });
  socket.send(HELLO);
  await asked.promise;
  socket.pause(); // it does not answer the close frame
  const closed = router.close({ drainMs: 1_000 });
  await expect.poll(() => told).toContain("draining");
  await expect.poll(() => router.status().listening).toBe(1);
  verdict.open(ACCEPTED);
  await verdict.promise;
  await closed;
  expect(sessionsTold()).toEqual([]);
});

test("a transport that cannot be opened is not counted as a connection", (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const [transport] = createMemoryPair();
  const broken = Object.assign(transport, {
    open() {
      throw new Error("no such device");
    },
  }) as Transport;
  expect(() => router.accept(broken)).toThrow("no such device");
  expect(router.status().connections).toBe(0);
});

test("a meter that throws ends the session whose message it was to count, and not the process", async (t) => {
  const faults: string[] = [];
  const meter: RouterMeter = {
    observe() {},
    received() {
      throw new Error("no room for another number");
    },
    sent() {},
    realm: () => ({ called() {}, refused() {}, published() {} }),
  };
  const router: Router = createRouter({
    realms: [{ name: REALM }],
    meter,
    onError: (error) => faults.push(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const [ours, theirs] = createMemoryPair();
  router.accept(theirs);
  const client = new RawClient(ours);
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.runtime_error");
  expect(faults).toEqual(["Error: no room for another number"]);
});

/** A client whose connection breaks when the router sends a message of this type. */
function breaking(router: Router, type: Message["type"]): RawClient {
  const [ours, theirs] = createMemoryPair();
  let listener: TransportListener | undefined;
  router.accept({
    info: theirs.info,
    unsentBytes: 0,
    maxUnsentBytes: 1_000_000,
    open(opened) {
      listener = opened;
      theirs.open(opened);
    },
    send(message) {
      if (message.type === type) listener?.closed("the peer is too slow", "slow");
      else theirs.send(message);
    },
    close: () => {},
    onceDrained: (callback) => callback(),
  });
  return new RawClient(ours);
}

test.each(["client", "router"])("a connection that breaks while GOODBYE of the %s is handled has ended", async (by) => {
  const clock = createFakeClock();
  const told: string[] = [];
  const router = createRouter({ realms: [{ name: REALM }], clock, observer: ({ type }) => void told.push(type) });
  const client = breaking(router, "GOODBYE");
  const { session } = await client.hello(REALM);
  if (by === "client") client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.close_realm" });
  else router.endSession(REALM, session);
  await expect.poll(() => router.status().connections).toBe(0);
  await clock.advance(60_000);
  expect(told).toEqual(["joined", "left"]);
  await router.close();
});

test("a connection that breaks while WELCOME is sent leaves no session", async () => {
  const router = createRouter({ realms: [{ name: REALM }] });
  const client = breaking(router, "WELCOME");
  client.send({ type: "HELLO", realm: REALM, details: CLIENT_DETAILS });
  await expect.poll(() => router.status().connections).toBe(0);
  expect(router.sessions(REALM)).toEqual([]);
  expect(router.stats(REALM).sessions).toBe(0);
  await router.close();
});
