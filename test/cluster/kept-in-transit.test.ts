/** Events that all routers keep, which a store may show before they are delivered, or before they arrive at another router. */
import { expect, test } from "vitest";
import { type EventStore, memoryStore, type StoredEvent } from "wampact/router";
import { startCluster } from "../support/cluster.js";
import { type RawClient, REALM } from "../support/raw.js";

const TOPIC = "com.example.kept";

/** A store of several routers. It shows an event at once, and acknowledges it when the test says so. */
class ShownFirst implements EventStore {
  readonly shared = true;
  readonly #store = memoryStore();
  readonly #unacknowledged: (() => void)[] = [];

  retain(event: StoredEvent): Promise<void> {
    this.#store.retain(event);
    return new Promise((resolve) => this.#unacknowledged.push(resolve));
  }

  /** Resolves when an event is shown that is not acknowledged. */
  async shows(client: RawClient): Promise<void> {
    while (this.#unacknowledged.length === 0) await client.settle();
  }

  acknowledge(): void {
    for (const resolve of this.#unacknowledged.splice(0)) resolve();
  }

  settled = () => Promise.resolve();
  append = async () => {};
  retained = this.#store.retained.bind(this.#store);
  retainedTopics = this.#store.retainedTopics.bind(this.#store);
  history = this.#store.history.bind(this.#store);
  close = () => {};
}

async function start(t: Parameters<typeof startCluster>[0]) {
  const store = new ShownFirst();
  const cluster = await startCluster(t, 2, { realms: [{ name: REALM, store }] });
  /** Publishes an event that is shown, and not delivered. Returns its request. */
  const show = async (publisher: RawClient, value: unknown, options: object = {}) => {
    const request = publisher.next();
    const all = { retain: true, acknowledge: true, ...options };
    publisher.send({ type: "PUBLISH", request, options: all, topic: TOPIC, args: [value] });
    await store.shows(publisher);
    return request;
  };
  /** Delivers and acknowledges it. */
  const deliver = async (publisher: RawClient, request: number) => {
    store.acknowledge();
    return (await publisher.answer(request)).publication as number;
  };
  return { store, cluster, show, deliver };
}

test.for([
  ["the router of its publisher", 0],
  ["another router", 1],
] as const)("a subscriber of %s that has received an event as a retained one does not receive it again", async ([
  _,
  at,
], t) => {
  const { cluster, show, deliver } = await start(t);
  const [publisher, before, subscriber] = [await cluster.join(0), await cluster.join(at), await cluster.join(at)];
  await before.subscribe(TOPIC);
  const pattern = await subscriber.subscribe("com.", { match: "prefix" });
  const request = await show(publisher, "first");
  const subscription = await subscriber.subscribe(TOPIC, { get_retained: true });
  expect(await subscriber.receive("EVENT")).toMatchObject({
    subscription,
    args: ["first"],
    details: { retained: true },
  });
  const publication = await deliver(publisher, request);
  expect(await subscriber.receive("EVENT")).toMatchObject({ subscription: pattern, publication, args: ["first"] });
  await publisher.publish(TOPIC, {}, ["second"]);
  expect([await subscriber.receive("EVENT"), await subscriber.receive("EVENT")]).toMatchObject([
    { args: ["second"] },
    { args: ["second"] },
  ]);
  expect((await before.receive("EVENT")).publication).toBe(publication);
  expect((await before.receive("EVENT")).args).toEqual(["second"]);
});

test("an event that a receiver list keeps from a subscriber stays kept from it, and others receive the event once", async (t) => {
  const { cluster, show, deliver } = await start(t);
  const publisher = await cluster.join(0);
  const chosen = await cluster.join(1, undefined, { authid: "chosen" });
  const other = await cluster.join(1, undefined, { authid: "other" });
  await other.subscribe(TOPIC);
  const request = await show(publisher, "first", { eligible_authid: ["chosen"] });
  await chosen.subscribe(TOPIC, { get_retained: true });
  expect((await chosen.receive("EVENT")).args).toEqual(["first"]);
  await deliver(publisher, request);
  await publisher.publish(TOPIC, {}, ["second"]);
  for (const client of [chosen, other]) expect((await client.receive("EVENT")).args).toEqual(["second"]);
});

test("a retained event is sent after the events of its publisher that are older, and not if one of them has arrived", async (t) => {
  const { store, cluster, show, deliver } = await start(t);
  const [publisher, before, subscriber] = [await cluster.join(0), await cluster.join(1), await cluster.join(1)];
  await before.subscribe(TOPIC); // the routers know of interest: nobody has to be asked for the next subscription
  cluster.hub.hold("b");
  await deliver(publisher, await show(publisher, "first"));
  const request = await show(publisher, "second");
  await subscriber.subscribe(TOPIC, { get_retained: true });
  await subscriber.settle();
  expect(subscriber.unread()).toEqual([]); // "first" is on its way
  cluster.hub.release("b");
  expect(await subscriber.receive("EVENT")).toMatchObject({ args: ["first"], details: {} });
  store.acknowledge();
  await publisher.answer(request);
  for (const value of ["first", "second"]) expect((await before.receive("EVENT")).args).toEqual([value]);
  expect((await subscriber.receive("EVENT")).args).toEqual(["second"]);
  await publisher.publish(TOPIC, {}, ["third"]);
  expect((await subscriber.receive("EVENT")).args).toEqual(["third"]);
});

test("100 topics that a session subscribes to at once give their retained events, before the store has answered", async (t) => {
  const { cluster, store } = await start(t);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  const topics = Array.from({ length: 100 }, (_, number) => `${TOPIC}.n${number}`);
  for (const topic of topics) {
    const request = publisher.next();
    publisher.send({ type: "PUBLISH", request, options: { retain: true, acknowledge: true }, topic, args: [topic] });
    await store.shows(publisher);
    store.acknowledge();
    await publisher.answer(request);
  }
  const others = await cluster.join(1);
  for (const topic of topics) await others.subscribe(topic);
  for (const topic of topics)
    subscriber.send({ type: "SUBSCRIBE", request: subscriber.next(), options: { get_retained: true }, topic });
  for (const _ of topics) await subscriber.receive("SUBSCRIBED");
  const values = [];
  for (const _ of topics) values.push((await subscriber.receive("EVENT")).args[0]);
  expect(values.sort()).toEqual(topics.toSorted());
});
