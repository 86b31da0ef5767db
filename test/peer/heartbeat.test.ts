/** The heartbeat of platforms that hide pings: a peer whose router is the test, in a page that is one too. */
import { expect, type TestContext, test, vi } from "vitest";
import { createFakeClock } from "wampact/testing";
import { IN_THE_OPEN } from "../../src/peer/in-the-open.js";
import { SupervisedPeer } from "../../src/peer/supervised-peer.js";
import { CALLER_ROLES } from "../../src/session/features.js";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { Transport } from "../../src/transport/transport.js";
import type { Message } from "../../src/wire/messages.js";
import { Payload } from "../../src/wire/payload.js";

/** A page whose events the test sets off. */
function startPage(t: TestContext) {
  const [window, document] = [new EventTarget(), new EventTarget()];
  let visibilityState = "visible";
  vi.stubGlobal("document", Object.defineProperty(document, "visibilityState", { get: () => visibilityState }));
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  t.onTestFinished(() => void vi.unstubAllGlobals());
  return {
    show(visible: boolean) {
      visibilityState = visible ? "visible" : "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
    },
    tell: (type: "online" | "freeze" | "resume") =>
      (type === "online" ? window : document).dispatchEvent(new Event(type)),
  };
}

async function start(t: TestContext, { answers = true, heartbeatMs = 45_000 } = {}) {
  const page = startPage(t);
  const clock = createFakeClock();
  const calls: string[] = [];
  const state = { answers, opened: 0 };
  const serve = (router: Transport) => {
    const receive = (message: Message) => {
      if (message.type === "HELLO") {
        router.send({ type: "WELCOME", session: ++state.opened, details: { roles: { broker: {}, dealer: {} } } });
      }
      if (message.type === "GOODBYE") {
        router.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
      }
      if (message.type !== "CALL") return;
      calls.push(message.procedure);
      const error = "wamp.error.not_authorized";
      const answer = { request: message.request, details: {}, payload: Payload.EMPTY };
      if (state.answers) router.send({ type: "ERROR", requestType: "CALL", error, ...answer });
    };
    router.open({ receive, refused() {}, violation() {}, closed() {} });
  };
  const peer = new SupervisedPeer({
    realm: "com.example",
    beginLogin: undefined,
    async open() {
      const [client, router] = createMemoryPair();
      serve(router);
      return client;
    },
    connectTimeoutMs: 10_000,
    callStacks: false,
    reconnect: {
      minMs: 1_000,
      maxMs: 30_000,
      attempts: Number.POSITIVE_INFINITY,
      giveUpAfterMs: Number.POSITIVE_INFINITY,
      stableAfterMs: 1,
      urls: 1,
    },
    heartbeatMs,
    offline: undefined,
    roles: CALLER_ROLES,
    serve: undefined,
    schemes: IN_THE_OPEN,
    clock,
    onError: (error) => expect.unreachable(String(error)),
  });
  const states: string[] = [];
  peer.on("state", (now, reason) => states.push(reason ? `${now}: ${reason}` : now));
  await peer.start();
  states.length = 0;
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  return { page, clock, calls, state, peer, states };
}

const DEAD = "waiting: the router is dead: no answer within 10000 ms";

test("a router that is silent for 45 s is asked, and an ERROR is a sign of life", async (t) => {
  const { clock, calls, states } = await start(t);
  await clock.advance(44_000);
  expect(calls).toEqual([]);
  await clock.advance(600_000);
  expect(new Set(calls)).toEqual(new Set(["wamp.session.count"]));
  expect(calls.length).toBeGreaterThan(5);
  expect(states).toEqual([]);
});

test("a router that has answered once and answers no more is dead", async (t) => {
  const { clock, calls, state, states } = await start(t);
  await clock.advance(60_000);
  expect(calls).toHaveLength(1);
  state.answers = false;
  await clock.advance(80_000);
  expect(states.slice(0, 3)).toEqual([DEAD, "connecting", "ready"]);
});

test("a router that never answers such a call is not judged by it", async (t) => {
  const { clock, calls, states } = await start(t, { answers: false });
  await clock.advance(600_000);
  expect(calls.length).toBeGreaterThan(0);
  expect(states).toEqual([]);
});

test("a hidden page asks only before it sleeps, and a page that wakes asks at once", async (t) => {
  const { page, clock, calls, state, states } = await start(t);
  page.show(false);
  expect(calls).toEqual([]); // sent in a later turn
  await clock.advance(600_000);
  expect(calls).toHaveLength(1);
  state.answers = false;
  page.show(true);
  await clock.advance(10_000);
  expect(calls).toHaveLength(2);
  expect(states[0]).toBe(DEAD);
});

test.for([
  "online",
  "resume",
] as const)("on %s the router is asked, and a wait for the next attempt ends", async (type, t) => {
  const { page, clock, calls, peer, states } = await start(t);
  page.tell(type);
  await clock.advance(0);
  expect(calls).toHaveLength(1);
  vi.spyOn(Math, "random").mockReturnValue(1);
  t.onTestFinished(() => void vi.restoreAllMocks());
  peer.reconnect();
  await clock.advance(0);
  expect(states).toEqual(["waiting: reconnect was called", "connecting", "ready"]);
});

test("a timer that was frozen with its page judges nobody", async (t) => {
  const { page, clock, calls, state, states } = await start(t);
  page.show(false); // it learns that the router answers
  await clock.advance(0);
  page.show(true);
  await clock.advance(0);
  expect(calls).toHaveLength(2);
  state.answers = false;
  page.tell("resume");
  await clock.advance(0);
  page.tell("freeze");
  await clock.advance(30_000);
  expect(states).toEqual([]);
});

test("a heartbeat of 0 never asks", async (t) => {
  const { page, clock, calls } = await start(t, { heartbeatMs: 0 });
  page.show(false);
  page.show(true);
  await clock.advance(600_000);
  expect(calls).toEqual([]);
});

test("a peer that is closed hears nothing of its page any more, and leaves no timer", async (t) => {
  const { page, clock, calls, peer } = await start(t);
  await peer.close();
  page.tell("online");
  await clock.advance(600_000);
  expect([calls, clock.timers]).toEqual([[], 0]);
});
