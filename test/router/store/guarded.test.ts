import { expect, test } from "vitest";
import { createRouter, type EventStore, type HistoryOptions, memoryStore } from "wampact/router";
import { SYSTEM_CLOCK } from "../../../src/session/clock.js";
import { STORE_FAILED } from "../../../src/wire/uris.js";
import type { Finish } from "../../support/peers.js";
import { type RawClient, REALM, startRouter } from "../../support/raw.js";

const TOPIC = "com.example.kept";

/** A store in memory, some members of which are others. */
function storeWith(members: Readonly<Partial<Record<keyof EventStore, unknown>>>): EventStore {
  const store = memoryStore();
  return new Proxy(store, {
    get(_, name: keyof EventStore) {
      if (Object.hasOwn(members, name)) return members[name];
      const own: unknown = store[name];
      return typeof own === "function" ? own.bind(store) : own;
    },
  });
}

/** A router whose realm keeps events in a store, and what was reported of it. */
function startKeeping(t: Finish, store: EventStore, history: readonly HistoryOptions[] = [{ topic: TOPIC }]) {
  const reports: string[] = [];
  let nowMs = 1_000_000; // stands still; timers run as ever
  const clock = { now: () => nowMs, after: SYSTEM_CLOCK.after };
  const advance = (ms: number) => {
    nowMs += ms;
  };
  const onError = (error: unknown) => void reports.push((error as Error).message);
  return { ...startRouter(t, { realms: [{ name: REALM, store, history }], clock, onError }), advance, reports };
}

/** The answer to an acknowledged PUBLISH: `PUBLISHED`, or the URI of an ERROR. */
async function publish(client: RawClient, value: unknown): Promise<string> {
  const options = { retain: true, acknowledge: true };
  client.send({ type: "PUBLISH", request: client.next(), options, topic: TOPIC, args: [value] });
  await client.settle();
  const type = client.unread()[0]?.type === "ERROR" ? "ERROR" : "PUBLISHED";
  const { error = type } = await client.receive(type);
  return error;
}

/** The first arguments of the events that have come. */
async function eventsOf(client: RawClient): Promise<readonly unknown[]> {
  await client.settle();
  const events = client.unread().map(({ type, args }) => (type === "EVENT" ? args[0] : type));
  for (const { type } of [...client.unread()]) await client.receive(type);
  return events;
}

const fails = () => {
  throw new Error("no space left");
};

const FAILING_WRITES: readonly [string, EventStore][] = [
  ["retain() throws", storeWith({ retain: fails })],
  ["append() throws", storeWith({ append: fails })],
  ["atomically() throws", storeWith({ atomically: fails })],
  ["retain() is missing", storeWith({ retain: undefined })],
  ["retain is a getter that throws", Object.defineProperty(storeWith({}), "retain", { get: fails })],
  [
    "append() returns a promise in a store that writes atomically",
    storeWith({ append: () => Promise.reject(new Error("no space left")), atomically: (write: () => void) => write() }),
  ],
  [
    "append() throws what is no Error",
    storeWith({
      append() {
        throw "no space left";
      },
    }),
  ],
];

test.for(
  FAILING_WRITES,
)("%s: acknowledged publications are refused and not delivered, others are delivered, and it is reported once", async ([
  ,
  store,
], t) => {
  const { join, reports } = startKeeping(t, store);
  const [publisher, subscriber] = [await join(), await join()];
  await subscriber.subscribe(TOPIC);
  expect(await publish(publisher, "refused")).toBe(STORE_FAILED);
  publisher.send({ type: "PUBLISH", request: publisher.next(), options: { retain: true }, topic: TOPIC, args: [1] });
  expect(await publish(publisher, "refused")).toBe(STORE_FAILED);
  expect(await eventsOf(subscriber)).toEqual([1]);
  expect(reports).toEqual([expect.stringContaining('the event store of realm "com.example" failed to write')]);
});

test("testaments and meta events that cannot be kept are delivered", async (t) => {
  const history = [{ topic: "", match: "prefix" }] as const;
  const { join, reports } = startKeeping(t, storeWith({ append: fails }), history);
  const [leaver, subscriber] = [await join(), await join()];
  await subscriber.subscribe(TOPIC);
  await subscriber.subscribe("wamp.session.on_leave");
  leaver.call("wamp.session.add_testament", {}, [TOPIC, ["gone"], {}]);
  await leaver.receive("RESULT");
  leaver.close();
  expect((await subscriber.receive("EVENT")).args).toEqual(["gone"]);
  expect((await subscriber.receive("EVENT")).args[0]).toBe(leaver.session);
  expect(reports).toHaveLength(1);
});

test("after a failed write none is tried until the pause is over; pauses double while probes fail, and end with one that succeeds", async (t) => {
  let [tried, works] = [0, false];
  const store = memoryStore();
  const retain: EventStore["retain"] = (event) => {
    tried++;
    if (!works) throw new Error("no space left");
    store.retain(event);
  };
  const { join, advance, reports } = startKeeping(t, storeWith({ retain }), []);
  const publisher = await join();
  const publishAfter = async (ms: number) => {
    advance(ms);
    await publish(publisher, ms);
    return tried;
  };
  expect(await publishAfter(0)).toBe(1);
  expect(await publishAfter(999)).toBe(1);
  expect(await publishAfter(1)).toBe(2); // a probe, which fails
  expect(await publishAfter(1_999)).toBe(2);
  works = true;
  expect(await publishAfter(1)).toBe(3);
  expect(await publish(publisher, "at once")).toBe("PUBLISHED");
  works = false;
  await publish(publisher, "fails again");
  expect(await publishAfter(999)).toBe(5);
  expect(await publishAfter(1)).toBe(6); // the pause is a short one again
  expect(reports).toHaveLength(2);
});

const FAILING_READS: readonly [string, EventStore][] = [
  ["retained() throws", storeWith({ retained: fails })],
  ["retained() returns nothing", storeWith({ retained: () => undefined })],
  ["retained() returns what are no events", storeWith({ retained: () => [{ lists: { eligible_authid: 5 } }] })],
  ["retainedTopics() throws", storeWith({ retainedTopics: fails })],
  ["retainedTopics() returns numbers", storeWith({ retainedTopics: () => [1, 2] })],
  ["history() throws", storeWith({ history: fails })],
  ["history() returns a promise that rejects", storeWith({ history: () => Promise.reject(new Error("no such file")) })],
  [
    "retained() returns a promise that rejects",
    storeWith({ retained: () => Promise.reject(new Error("no such file")) }),
  ],
  ["history() returns what are no events", storeWith({ history: () => [null] })],
];

test.for(
  FAILING_READS,
)("%s: the subscription stands, a history is answered with an ERROR, and it is reported once", async ([, store], t) => {
  const { join, reports } = startKeeping(t, store);
  const client = await join();
  expect(await publish(client, 1)).toBe("PUBLISHED");
  const subscription = await client.subscribe(TOPIC, { get_retained: true });
  await eventsOf(client);
  await client.subscribe("com.", { match: "prefix", get_retained: true });
  await eventsOf(client);
  client.call("wamp.subscription.get_events", {}, [subscription]);
  await client.settle();
  const answer = client.unread()[0];
  expect(answer?.type === "RESULT" || answer?.error === STORE_FAILED).toBe(true);
  expect(reports).toEqual([expect.stringContaining('the event store of realm "com.example" failed to read')]);
});

test("topics that are yielded before an iterator throws are used", async (t) => {
  const store = storeWith({
    *retainedTopics() {
      yield TOPIC;
      fails();
    },
  });
  const { join, reports } = startKeeping(t, store);
  const client = await join();
  await publish(client, 1);
  await client.subscribe("com.", { match: "prefix", get_retained: true });
  expect(await eventsOf(client)).toEqual([1]);
  expect(reports).toEqual([expect.stringContaining("no space left")]);
});

test("a store that throws when it is closed does not keep its router from closing", async (t) => {
  const { router, reports } = startKeeping(t, storeWith({ close: fails }));
  await router.close();
  expect(reports).toEqual([expect.stringContaining("could not be closed: no space left")]);
});

test("what is no store is refused when the router is made", () => {
  const store = (() => undefined) as never;
  expect(() => createRouter({ realms: [{ name: REALM, store }] })).toThrow(
    'store of realm "com.example": expected one such as memoryStore(), got nothing',
  );
});

test("a WampError refuses one event and no other", async (t) => {
  const store = memoryStore({ maxHistoryBytes: 2_000 });
  const { join, reports } = startKeeping(t, store);
  const client = await join();
  expect(await publish(client, "x".repeat(2_000))).toBe("wamp.error.payload_size_exceeded");
  expect(await publish(client, "small")).toBe("PUBLISHED");
  expect(reports).toEqual([]);
});
