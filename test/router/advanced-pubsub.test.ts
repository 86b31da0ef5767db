import { expect, test } from "vitest";
import { FULL_DETAILS } from "../support/advanced.js";
import { type RawClient, REALM, startRouter } from "../support/raw.js";

/** The first arguments of the events a session has been sent so far, meta events left out. */
async function events(client: RawClient): Promise<readonly unknown[]> {
  await client.settle();
  const sent = (client.unread() as unknown[]).splice(0) as { details: { topic?: string }; args: readonly unknown[] }[];
  return sent.filter(({ details }) => !details.topic?.startsWith("wamp.")).map(({ args }) => args[0]);
}

test("fact 28: the retained event of a topic comes right after SUBSCRIBED, to those that ask for it", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await publisher.publish("com.example.room", { retain: true }, ["old"]);
  const publication = await publisher.publish("com.example.room", { retain: true }, [21]);
  await publisher.publish("com.example.room", {}, ["not kept"]);
  const subscription = await subscriber.subscribe("com.example.room", { get_retained: true });
  expect(await subscriber.receive("EVENT")).toEqual({
    type: "EVENT",
    subscription,
    publication,
    details: { retained: true },
    args: [21],
    kwargs: {},
  });
  await subscriber.subscribe("com.example.room");
  expect(await events(subscriber)).toEqual([]);
});

test.for([
  ["com.example.", "prefix"],
  ["com..kitchen", "wildcard"],
  ["", "prefix"],
] as const)("fact 28: a subscription to %j with match %s gets the last event of each matching topic", async ([
  topic,
  match,
], t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await publisher.publish("com.example.kitchen", { retain: true }, [1]);
  await publisher.publish("org.other", { retain: true }, [2]);
  await subscriber.subscribe(topic, { match, get_retained: true });
  expect(await subscriber.receive("EVENT")).toMatchObject({
    details: { retained: true, topic: "com.example.kitchen" },
    args: [1],
  });
  expect(await events(subscriber)).toEqual(topic === "" ? [2] : []);
});

test("fact 28: the retained event is the most recent one that the subscriber may get", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await publisher.publish("com.example.a", { retain: true }, ["for all"]);
  await publisher.publish("com.example.a", { retain: true, eligible_authrole: ["admin"] }, ["for admins"]);
  await publisher.publish("com.example.a", { retain: true, eligible: [1] }, ["for one session: kept for nobody"]);
  await subscriber.subscribe("com.example.a", { get_retained: true });
  expect((await subscriber.receive("EVENT")).args).toEqual(["for all"]);
});

test("fact 29: history gives what a configured subscription got, also while nobody was subscribed", async (t) => {
  const router = startRouter(t, {
    realms: [{ name: REALM, history: [{ topic: "com.log.", match: "prefix", limit: 5 }] }],
  });
  const client = await router.join();
  for (let index = 0; index < 7; index++) await client.publish(`com.log.${index % 2 ? "odd" : "even"}`, {}, [index]);
  await client.publish("com.log.even", { exclude: [1] }, ["names a session"]);
  await client.publish("com.log.even", { eligible_authrole: ["admin"] }, ["for admins"]);
  const ask = async (kwargs: Readonly<Record<string, unknown>>) => {
    client.call("wamp.subscription.lookup", {}, ["com.log.", { match: "prefix" }]);
    const [subscription] = (await client.receive("RESULT")).args;
    client.call("wamp.subscription.get_events", {}, [subscription], kwargs);
    return (await client.receive("RESULT")).args as {
      timestamp: string;
      publication: number;
      args: readonly unknown[];
      details: object;
    }[];
  };
  const values = async (kwargs: Readonly<Record<string, unknown>>) => (await ask(kwargs)).map(({ args }) => args[0]);
  const all = await ask({});
  expect(all.map(({ args }) => args[0])).toEqual([3, 4, 5, 6]); // five are kept, one of them for admins
  expect(all[0]).toEqual({
    timestamp: expect.stringMatching(/Z$/),
    subscription: expect.any(Number),
    publication: expect.any(Number),
    details: { topic: "com.log.odd" },
    args: [3],
  });
  const at = (index: number) => all[index]?.publication;
  expect(await values({ reverse: true, limit: 2 })).toEqual([6, 5]);
  expect(await values({ topic: "com.log.odd" })).toEqual([3, 5]);
  expect(await values({ from_publication: at(1) })).toEqual([4, 5, 6]);
  expect(await values({ after_publication: at(1), until_publication: at(2) })).toEqual([5]);
  expect(await values({ before_publication: at(1) })).toEqual([3]);
  expect(await values({ after_time: "2100-01-01T00:00:00Z" })).toEqual([]);
  expect(await values({ from_time: "2000-01-01T00:00:00Z", before_time: "2100-01-01T00:00:00Z" })).toEqual([
    3, 4, 5, 6,
  ]);
  client.call("wamp.subscription.get_events", {}, [1], { limit: 0 });
  expect(await client.receive("ERROR")).toMatchObject({
    error: "wamp.error.invalid_argument",
    args: ["limit: expected a positive integer"],
  });
  client.call("wamp.subscription.get_events", {}, [99]);
  expect((await client.receive("ERROR")).error).toBe("wamp.error.no_such_subscription");
});

test("subscribers with node keys share the events that have a resource key, and get all others", async (t) => {
  const router = startRouter(t);
  const publisher = await router.join();
  const nodes = [await router.join(), await router.join()];
  const [plain] = [await router.join()];
  for (const [index, node] of nodes.entries()) await node.subscribe("com.example.t", { nkey: `node${index}` });
  await plain.subscribe("com.example.t");
  for (let index = 0; index < 20; index++)
    await publisher.publish("com.example.t", { rkey: `key${index % 10}` }, [index]);
  await publisher.publish("com.example.t", {}, ["to all"]);
  const [first, second] = [await events(nodes[0] as RawClient), await events(nodes[1] as RawClient)];
  expect(await events(plain)).toHaveLength(21);
  expect([first.at(-1), second.at(-1)]).toEqual(["to all", "to all"]);
  expect(first.length + second.length).toBe(22);
  expect(Math.min(first.length, second.length)).toBeGreaterThan(1);
  for (const value of first.slice(0, -1) as number[]) expect(second).not.toContain((value + 10) % 20); // the same key, the same node
});

test("fact 54: a broker passes passthru events to subscribers that announced it, and skips the others", async (t) => {
  const router = startRouter(t);
  const [publisher, able, plain] = [
    await router.join(FULL_DETAILS),
    await router.join(FULL_DETAILS),
    await router.join(),
  ];
  for (const client of [able, plain]) await client.subscribe("com.example.t");
  await publisher.publish("com.example.t", { ppt_scheme: "mqtt" }, [Uint8Array.of(7)]);
  expect(await able.receive("EVENT")).toMatchObject({ details: { ppt_scheme: "mqtt" }, args: [Uint8Array.of(7)] });
  expect(await events(plain)).toEqual([]);
  plain.send({ type: "PUBLISH", request: plain.next(), options: { ppt_scheme: "mqtt" }, topic: "com.example.t" });
  expect((await plain.receive("ABORT")).details.message).toMatch(/^PUBLISH\.options\.ppt_scheme: /);
});

test("a subscriber is told the trust level that the realm gives a publication", async (t) => {
  const router = startRouter(t, {
    realms: [{ name: REALM, trustLevel: (_who, _uri, action) => (action === "publish" ? 0 : 9) }],
  });
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await subscriber.subscribe("com.example.t");
  await publisher.publish("com.example.t");
  expect((await subscriber.receive("EVENT")).details).toEqual({ trustlevel: 0 });
});
