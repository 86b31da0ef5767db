import { expect, test } from "vitest";
import type { WampEvent } from "wampact/peer";
import { connectToFake, type FakeConnection } from "../support/fake-router.js";
import { connectPeer, failureOf, Inbox, join, startServer } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const TOPIC = "com.example.news";

async function subscribed<T>(router: FakeConnection, subscribing: Promise<T>, subscription: number): Promise<T> {
  const [request] = await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", request, subscription);
  return subscribing;
}

test("several listeners share one SUBSCRIBE, each hears every event, and the last one out sends UNSUBSCRIBE", async (t) => {
  const { peer, router } = await connectToFake(t);
  const [one, two] = [new Inbox<unknown>(), new Inbox<unknown>()];
  const first = await subscribed(
    router,
    peer.subscribe(TOPIC, ({ args }) => one.push(args)),
    7,
  );
  const second = await peer.subscribe(TOPIC, ({ args }) => two.push(args));
  expect([first.id, second.id]).toEqual([7, 7]);
  router.send("EVENT", 7, 100, {}, ["both"]);
  expect([await one.next(), await two.next()]).toEqual([["both"], ["both"]]);
  await first.unsubscribe();
  router.send("EVENT", 7, 101, {}, ["two"]);
  expect(await two.next()).toEqual(["two"]);
  const ended = second.unsubscribe();
  expect(await router.receive("UNSUBSCRIBE")).toEqual([2, 7]);
  router.send("UNSUBSCRIBED", 2);
  await ended;
  expect(one.values).toEqual([]);
});

test("listeners that come while SUBSCRIBE is under way share it", async (t) => {
  const { peer, router } = await connectToFake(t);
  const both = Promise.all([peer.subscribe(TOPIC, () => {}), peer.subscribe(TOPIC, () => {})]);
  const [one, two] = await subscribed(router, both, 7);
  expect([one.id, two.id]).toEqual([7, 7]);
  await peer.publish("com.example.marker");
  await router.receive("PUBLISH"); // and no second SUBSCRIBE
});

test("another match policy of the same topic is a subscription of its own", async (t) => {
  const { peer, router } = await connectToFake(t);
  const exact = await subscribed(
    router,
    peer.subscribe(TOPIC, () => {}),
    7,
  );
  const prefix = await subscribed(
    router,
    peer.subscribe(TOPIC, () => {}, { match: "prefix" }),
    8,
  );
  expect([exact.id, prefix.id]).toEqual([7, 8]);
});

test("a listener twice out sends one UNSUBSCRIBE", async (t) => {
  const { peer, router } = await connectToFake(t);
  const subscription = await subscribed(
    router,
    peer.subscribe(TOPIC, () => {}),
    7,
  );
  const ended = Promise.all([subscription.unsubscribe(), subscription.unsubscribe()]);
  const [request] = await router.receive("UNSUBSCRIBE");
  router.send("UNSUBSCRIBED", request);
  await ended;
  await peer.publish("com.example.marker");
  await router.receive("PUBLISH");
});

test("the last listener out while another is still subscribing leaves the subscription to that one", async (t) => {
  const { peer, router } = await connectToFake(t);
  const events = new Inbox<unknown>();
  const first = await subscribed(
    router,
    peer.subscribe(TOPIC, () => {}),
    7,
  );
  const ended = first.unsubscribe();
  await peer.subscribe(TOPIC, ({ args }) => events.push(args));
  await ended;
  router.send("EVENT", 7, 100, {}, ["still"]);
  expect(await events.next()).toEqual(["still"]);
});

test("subscribing again while unsubscribing makes a new subscription, which hears and is not undone", async (t) => {
  const { peer, router } = await connectToFake(t);
  const events = new Inbox<unknown>();
  const first = await subscribed(
    router,
    peer.subscribe(TOPIC, () => {}),
    7,
  );
  const ended = first.unsubscribe();
  const [unsubscribe] = await router.receive("UNSUBSCRIBE");
  const again = peer.subscribe(TOPIC, ({ args }) => events.push(args));
  const [subscribe] = await router.receive("SUBSCRIBE");
  router.send("UNSUBSCRIBED", unsubscribe);
  router.send("SUBSCRIBED", subscribe, 7); // the same ID, as where another session holds the subscription
  router.send("EVENT", 7, 100, {}, ["new"]);
  await Promise.all([ended, again]);
  expect(await events.next()).toEqual(["new"]);
});

test("a refused subscription rejects every listener that waited for it, and the next one asks anew", async (t) => {
  const { peer, router } = await connectToFake(t);
  const refused = Promise.all([
    failureOf(peer.subscribe(TOPIC, () => {})),
    failureOf(peer.subscribe(TOPIC, () => {})).then(async (error) => {
      const again = peer.subscribe(TOPIC, () => {}); // at once, in the turn the refusal is told in
      return [error, await again] as const;
    }),
  ]);
  await router.receive("SUBSCRIBE");
  router.send("ERROR", 32, 1, {}, "wamp.error.not_authorized", ["no"]);
  expect(await router.receive("SUBSCRIBE")).toEqual([2, {}, TOPIC]);
  router.send("SUBSCRIBED", 2, 7);
  const [one, [two, again]] = await refused;
  expect([one, two]).toMatchObject([{ uri: "wamp.error.not_authorized" }, { uri: "wamp.error.not_authorized" }]);
  expect(again.id).toBe(7);
});

test("a subscriber given up while SUBSCRIBE is under way leaves it to the others", async (t) => {
  const { peer, router } = await connectToFake(t);
  const [controller, events] = [new AbortController(), new Inbox<unknown>()];
  const givenUp = failureOf(peer.subscribe(TOPIC, () => {}, { signal: controller.signal }));
  const kept = peer.subscribe(TOPIC, ({ args }) => events.push(args));
  controller.abort();
  expect(await givenUp).toMatchObject({ uri: "wamp.error.canceled" });
  expect((await subscribed(router, kept, 7)).id).toBe(7);
  router.send("EVENT", 7, 100, {}, [1]);
  expect(await events.next()).toEqual([1]);
  await peer.publish("com.example.marker");
  await router.receive("PUBLISH"); // and no UNSUBSCRIBE
});

test("a listener's exceptions go to onError and disturb neither others nor the next event", async (t) => {
  const [told, events] = [new Inbox<unknown>(), new Inbox<unknown>()];
  const { peer, router } = await connectToFake(t, { onError: told.push });
  const throwing = peer.subscribe(TOPIC, () => {
    throw new Error("at once");
  });
  await subscribed(router, throwing, 7);
  await peer.subscribe(TOPIC, async () => {
    throw new Error("later");
  });
  await peer.subscribe(TOPIC, ({ args }) => events.push(args));
  for (const round of [1, 2]) {
    router.send("EVENT", 7, 100 + round, {}, [round]);
    expect(await events.next()).toEqual([round]);
    const errors = [await told.next(), await told.next()].map(String).sort();
    expect(errors).toEqual(["Error: at once", "Error: later"]);
  }
});

test("an event tells its topic, publication, publisher and details", async (t) => {
  const { peer, router } = await connectToFake(t);
  const events = new Inbox<WampEvent>();
  await subscribed(router, peer.subscribe("com..news", events.push, { match: "wildcard" }), 7);
  const details = { topic: TOPIC, publisher: 5, publisher_authid: "ada", publisher_authrole: "staff", retained: true };
  router.send("EVENT", 7, 100, details, [1], { b: 2 });
  expect(await events.next()).toEqual({
    topic: TOPIC,
    publication: 100,
    args: [1],
    kwargs: { b: 2 },
    details,
    publisher: { session: 5, authid: "ada", authrole: "staff" },
  });
});

test("an event for a subscription that is gone is dropped", async (t) => {
  const { peer, router } = await connectToFake(t);
  const events = new Inbox<unknown>();
  const subscription = await subscribed(router, peer.subscribe(TOPIC, events.push), 7);
  const ended = subscription.unsubscribe();
  const [request] = await router.receive("UNSUBSCRIBE");
  router.send("EVENT", 7, 100, {});
  router.send("UNSUBSCRIBED", request);
  await ended;
  expect([events.values, peer.state]).toEqual([[], "ready"]);
});

test("fact 24: a publisher hears its own event with excludeMe: false only", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  const events = new Inbox<unknown>();
  await peer.subscribe(TOPIC, ({ args }) => events.push(args));
  await peer.publish(TOPIC, ["others"]);
  await peer.publish(TOPIC, ["me too"], {}, { excludeMe: false });
  expect(await events.next()).toEqual(["me too"]);
});

test("await using a subscription unsubscribes", async (t) => {
  const { router } = startRouter(t);
  const [publisher, subscriber] = [await join(t, router), await join(t, router)];
  const [inside, always] = [new Inbox<unknown>(), new Inbox<unknown>()];
  await subscriber.subscribe("com.example", ({ args }) => always.push(args), { match: "prefix" });
  {
    await using _ = await subscriber.subscribe(TOPIC, ({ args }) => inside.push(args));
    await publisher.publish(TOPIC, [1]);
    expect(await inside.next()).toEqual([1]);
  }
  await publisher.publish(TOPIC, [2]);
  expect([await always.next(), await always.next()]).toEqual([[1], [2]]);
  expect(inside.values).toEqual([]);
});

test("a loop over events hears from its start on, unsubscribes when it is left, and counts what it was too slow for", async (t) => {
  const { router } = startRouter(t);
  const [publisher, subscriber] = [await join(t, router), await join(t, router)];
  const loop = subscriber.events("com.example.", { match: "prefix", queue: 2 })[Symbol.asyncIterator]();
  const first = loop.next();
  await expect.poll(() => router.stats(REALM).subscriptions).toBe(1);
  for (let n = 1; n <= 5; n++) await publisher.publish("com.example.a", [n], {}, { acknowledge: true });
  expect((await first).value).toMatchObject({ args: [1], topic: "com.example.a", dropped: 0 });
  await subscriber.call("wamp.session.count"); // what was published before has come
  expect((await loop.next()).value).toMatchObject({ args: [4], dropped: 2 });
  expect((await loop.next()).value).toMatchObject({ args: [5], dropped: 0 });
  await loop.return?.();
  expect(router.stats(REALM).subscriptions).toBe(0);
});

test("a loop over events ends when its signal is aborted, and fails when the peer is closed", async (t) => {
  const { router } = startRouter(t);
  const peer = await join(t, router);
  const controller = new AbortController();
  const [aborted, failed] = [peer.events("com.example.a", controller), peer.events("com.example.a")].map((events) =>
    events[Symbol.asyncIterator]().next(),
  );
  await expect.poll(() => router.stats(REALM).subscribers).toBe(1);
  controller.abort();
  expect(await aborted).toEqual({ done: true, value: undefined });
  await peer.close();
  expect(await failureOf(failed as Promise<unknown>)).toMatchObject({ uri: "wampact.error.disconnected" });
});

test.for(["memory", "websocket"])("each handler of a subscription has values of its own, over %s", async (kind, t) => {
  const { router, url } = await startServer(t);
  const subscriber = await connectPeer(
    t,
    kind === "memory" ? { transport: router.attach() } : { url, reconnect: false },
  );
  const heard = new Inbox<WampEvent>();
  for (let count = 0; count < 3; count++) {
    await subscriber.subscribe("com.example.a", (event) => {
      heard.push(event);
      (event.args[0] as { list: number[] }).list.push(count);
      (event.kwargs as { seen?: number }).seen = count;
      (event.details as { seen?: number }).seen = count;
    });
  }
  const publisher = await join(t, router);
  await publisher.publish("com.example.a", [{ list: [] }], { seen: -1 });
  const events = [await heard.next(), await heard.next(), await heard.next()];
  expect(events.map(({ args, kwargs, details }) => [args, kwargs, details.seen])).toEqual(
    [0, 1, 2].map((count) => [[{ list: [count] }], { seen: count }, count]),
  );
});
