import { expect, test } from "vitest";
import type { RealmSession } from "../../src/router/realm-session.js";
import { RetainedDeliveries } from "../../src/router/retained-deliveries.js";
import type { Subscription } from "../../src/router/subscription.js";
import { createGate } from "../support/peers.js";
import { startRouter } from "../support/raw.js";

const topics = (count: number) => Array.from({ length: count }, (_, index) => `com.example.n${index}`);
const MANY = topics(1_000);
const AT_ONCE = 256; // of small events

/** Deliveries whose later turns and pauses come when the test says so. */
function start() {
  const state: { arrived: Promise<void> | undefined } = { arrived: undefined };
  const turns: (() => void)[] = [];
  const pauses: (() => void)[] = [];
  const sent: string[] = [];
  const flow = { congested: false, isCongested: () => flow.congested };
  const session = { flow } as unknown as RealmSession;
  const subscribers = new Set([session]);
  const subscription = { subscribers } as unknown as Subscription;
  let bytes = 0;
  let failure: string | undefined; // of the next event
  const surroundings = {
    clock: {
      now: () => 0,
      after: (_ms: number, run: () => void) => {
        pauses.push(run);
        return () => {};
      },
    },
    defer: (run: () => void) => void turns.push(run),
  };
  const deliveries = new RetainedDeliveries(surroundings, {
    find(_session, _subscription, topic) {
      const message = failure;
      failure = undefined;
      if (message !== undefined) throw new Error(message);
      return { bytes, send: () => void sent.push(topic) };
    },
    arrived: () => state.arrived,
  });
  return {
    state,
    deliveries,
    session,
    subscription,
    subscribers,
    sent,
    flow,
    turns,
    pauses,
    sizeOfEach(size: number) {
      bytes = size;
    },
    fail(message: string) {
      failure = message;
    },
    finish() {
      while (turns.length > 0) turns.shift()?.();
    },
  };
}

test("events are sent when older ones have arrived from other routers, except those with a live event by then", async () => {
  const { state, deliveries, session, subscription, subscribers, sent } = start();
  const gate = createGate();
  state.arrived = gate.promise;
  deliveries.start(session, subscription, ["a", "b"]);
  const gone = { ...subscription, subscribers: new Set(subscribers) };
  deliveries.start(session, gone, ["c"]);
  gone.subscribers.clear();
  expect(sent).toEqual([]);
  deliveries.sentLive(session, subscription, "a");
  gate.open();
  await gate.promise;
  expect(sent).toEqual(["b"]);
  expect(deliveries.areRunning).toBe(false);
});

test("few events are sent at once", () => {
  const { deliveries, session, subscription, sent, turns } = start();
  deliveries.start(session, subscription, topics(AT_ONCE));
  expect(sent).toEqual(topics(AT_ONCE));
  expect([turns.length, deliveries.areRunning]).toEqual([1, false]); // after which as many may be sent again
});

test("many events, or large ones, are sent in several turns, each topic once and in order", () => {
  for (const size of [0, 300_000, 20_000_000]) {
    const { deliveries, session, subscription, sent, sizeOfEach, finish } = start();
    sizeOfEach(size);
    deliveries.start(session, subscription, MANY);
    expect(sent.length).toBe(Math.ceil(1_048_576 / (4_096 + size)));
    finish();
    expect(sent).toEqual(MANY);
    expect(deliveries.areRunning).toBe(false);
  }
});

test("nothing more is sent while the session has much to read", () => {
  const { deliveries, session, subscription, sent, flow, turns, pauses, finish } = start();
  deliveries.start(session, subscription, MANY);
  flow.congested = true;
  turns.shift()?.();
  pauses.shift()?.();
  pauses.shift()?.();
  turns.shift()?.();
  expect([sent.length, turns.length, pauses.length]).toEqual([AT_ONCE, 0, 1]);
  flow.congested = false;
  pauses.shift()?.();
  finish();
  expect(sent).toEqual(MANY);
});

test("many who subscribe at once share each turn, and are served in turn", () => {
  const { deliveries, subscription, subscribers, sent, turns, finish } = start();
  const sessions = Array.from(
    { length: 20 },
    () => ({ flow: { isCongested: () => false } }) as unknown as RealmSession,
  );
  for (const session of sessions) {
    subscribers.add(session);
    deliveries.start(session, subscription, MANY);
  }
  expect([sent.length, turns.length]).toEqual([AT_ONCE, 1]);
  turns.shift()?.();
  expect(turns.length).toBe(1);
  expect(sent.length).toBeGreaterThan(AT_ONCE);
  expect(sent.length).toBeLessThanOrEqual(2 * AT_ONCE);
  for (let turn = 0; turn < 8; turn++) turns.shift()?.();
  expect(sent.filter((topic) => topic === "com.example.n1")).toHaveLength(20);
  finish();
  expect(sent).toHaveLength(20 * MANY.length);
});

test("topics are not even looked for before it is their turn, and those that have a live event first are left out", () => {
  const { deliveries, session, subscription, subscribers, sent, finish } = start();
  const other = { flow: { isCongested: () => false } } as unknown as RealmSession;
  subscribers.add(other);
  deliveries.start(session, subscription, MANY);
  let looks = 0;
  const counted = {
    *[Symbol.iterator]() {
      looks++;
      yield* ["com.example.a", "com.example.b"];
    },
  };
  deliveries.start(other, subscription, counted);
  expect(looks).toBe(0);
  deliveries.sentLive(other, subscription, "com.example.a");
  finish();
  expect([looks, sent.length, sent.includes("com.example.a"), sent.includes("com.example.b")]).toEqual([
    1,
    1_001,
    false,
    true,
  ]);
});

test("one that fails keeps no other waiting", () => {
  const { deliveries, session, subscription, subscribers, sent, turns, fail, finish } = start();
  const other = { flow: { isCongested: () => false } } as unknown as RealmSession;
  subscribers.add(other);
  deliveries.start(session, subscription, MANY);
  deliveries.start(other, subscription, MANY);
  fail("the store cannot be read");
  expect(() => turns.shift()?.()).toThrow("the store cannot be read");
  finish();
  expect(sent.length).toBeGreaterThanOrEqual(AT_ONCE + MANY.length);
});

test("an unsubscription ends it, also where the session subscribes again", () => {
  const { deliveries, session, subscription, sent, finish } = start();
  deliveries.start(session, subscription, MANY);
  deliveries.stop(session, subscription);
  finish();
  expect([sent.length, deliveries.areRunning]).toEqual([AT_ONCE, false]);
});

test("a topic that has had a live event meanwhile is left out", () => {
  const { deliveries, session, subscription, sent, finish } = start();
  deliveries.start(session, subscription, MANY);
  deliveries.sentLive(session, subscription, "com.example.n999");
  deliveries.sentLive(session, {} as Subscription, "com.example.n998"); // of another subscription
  finish();
  expect(sent).toEqual(MANY.slice(0, -1));
});

test("a session that has left the subscription is sent no more", () => {
  const { deliveries, session, subscription, subscribers, sent, finish } = start();
  deliveries.start(session, subscription, MANY);
  subscribers.delete(session);
  finish();
  expect([sent.length, deliveries.areRunning]).toEqual([AT_ONCE, false]);
});

test("subscribing again begins again, and what ran before ends", () => {
  const { deliveries, session, subscription, sent, finish } = start();
  deliveries.start(session, subscription, MANY);
  deliveries.start(session, subscription, MANY);
  finish();
  expect(sent).toEqual([...MANY.slice(0, AT_ONCE), ...MANY]);
});

test("a session with 16 patterns whose deliveries are not done gets no other pattern", () => {
  const { deliveries, session, subscribers, finish } = start();
  for (let index = 0; index < 16; index++) {
    deliveries.check(session, "prefix");
    deliveries.start(session, { subscribers, match: "prefix" } as unknown as Subscription, MANY);
  }
  expect(() => deliveries.check(session, "wildcard")).toThrow(
    expect.objectContaining({ uri: "wamp.error.unavailable" }),
  );
  deliveries.check(session, "exact");
  deliveries.check({} as RealmSession, "prefix");
  finish();
  deliveries.check(session, "prefix");
});

test("all retained events of a pattern come after SUBSCRIBED, and none after a newer live one of its topic", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  for (const topic of MANY) {
    publisher.send({ type: "PUBLISH", request: publisher.next(), options: { retain: true }, topic, args: ["old"] });
  }
  await publisher.settle();
  await subscriber.subscribe("com.example.", { match: "prefix", get_retained: true });
  for (const topic of MANY) {
    publisher.send({ type: "PUBLISH", request: publisher.next(), options: {}, topic, args: ["new"] });
  }
  const seen = new Map<string, string[]>();
  for (let live = 0; live < MANY.length; ) {
    const { details, args } = await subscriber.receive("EVENT");
    seen.set(details.topic, [...(seen.get(details.topic) ?? []), args[0]]);
    if (args[0] === "new") live++;
  }
  await subscriber.settle();
  expect(subscriber.unread()).toEqual([]);
  const orders = new Set([...seen.values()].map((args) => args.join()));
  expect([...orders].every((order) => order === "old,new" || order === "new")).toBe(true);
});
