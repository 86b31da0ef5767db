import { expect, test } from "vitest";
import { CLIENT_DETAILS, type RawClient, startRouter } from "../support/raw.js";

const TOPIC = "com.example.news";

test("fact 10: a PUBLISH without acknowledge is answered by nothing, refused or not", async (t) => {
  const router = startRouter(t);
  const client = await router.join();
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: TOPIC });
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: "not a uri" });
  await client.settle();
  expect(client.unread()).toEqual([]);
});

test("fact 10: an acknowledged PUBLISH is answered PUBLISHED, or ERROR when refused", async (t) => {
  const client = await startRouter(t).join();
  expect(await client.publish(TOPIC)).toBeGreaterThanOrEqual(1);
  const request = client.next();
  client.send({ type: "PUBLISH", request, options: { acknowledge: true }, topic: "not a uri" });
  expect(await client.receive("ERROR")).toMatchObject({
    requestType: "PUBLISH",
    request,
    error: "wamp.error.invalid_uri",
  });
});

test("fact 18: PUBLISH below wamp. is refused, SUBSCRIBE is not", async (t) => {
  const client = await startRouter(t).join();
  await client.subscribe("wamp.session.on_join");
  for (const topic of ["wamp.session.on_join", "wamp"]) {
    client.send({ type: "PUBLISH", request: client.next(), options: { acknowledge: true }, topic });
    expect((await client.receive("ERROR")).error).toBe("wamp.error.invalid_uri");
  }
  await client.publish("wampfoo.x");
});

test("fact 20: one publication reaches every matching subscription of a session, under one publication ID", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  const ids = [
    await subscriber.subscribe("com.example.a"),
    await subscriber.subscribe("com.example", { match: "prefix" }),
    await subscriber.subscribe("com..a", { match: "wildcard" }),
    await subscriber.subscribe("com.example.a", { match: "prefix" }),
  ];
  expect(new Set(ids).size).toBe(4);
  const publication = await publisher.publish("com.example.a", {}, [1]);
  const events = [];
  for (const _ of ids) events.push(await subscriber.receive("EVENT"));
  expect(new Set(events.map((event) => event.subscription))).toEqual(new Set(ids));
  expect(events.every((event) => event.publication === publication)).toBe(true);
});

test("fact 20: subscribing twice gives the same ID, and one UNSUBSCRIBE removes it", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  const subscription = await subscriber.subscribe(TOPIC);
  expect(await subscriber.subscribe(TOPIC)).toBe(subscription);
  subscriber.send({ type: "UNSUBSCRIBE", request: subscriber.next(), subscription });
  await subscriber.receive("UNSUBSCRIBED");
  await publisher.publish(TOPIC);
  await subscriber.settle();
  expect(subscriber.unread()).toEqual([]);
  subscriber.send({ type: "UNSUBSCRIBE", request: subscriber.next(), subscription });
  expect((await subscriber.receive("ERROR")).error).toBe("wamp.error.no_such_subscription");
});

test("UNSUBSCRIBE of another session's subscription is answered wamp.error.no_such_subscription", async (t) => {
  const router = startRouter(t);
  const [one, two] = [await router.join(), await router.join()];
  const subscription = await one.subscribe(TOPIC);
  two.send({ type: "UNSUBSCRIBE", request: two.next(), subscription });
  expect((await two.receive("ERROR")).error).toBe("wamp.error.no_such_subscription");
});

test("fact 23: EVENT.details.topic is there for patterns and never leaks into exact subscriptions", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  const exact = await subscriber.subscribe("com.example.a");
  const prefix = await subscriber.subscribe("com.example", { match: "prefix" });
  await publisher.publish("com.example.a");
  const details = new Map<number, object>();
  for (let count = 0; count < 2; count++) {
    const event = await subscriber.receive("EVENT");
    details.set(event.subscription, event.details);
  }
  expect(details).toEqual(
    new Map<number, object>([
      [exact, {}],
      [prefix, { topic: "com.example.a" }],
    ]),
  );
});

test("fact 24: the publisher is excluded by default, and exclude_me false lifts that", async (t) => {
  const client = await startRouter(t).join();
  await client.subscribe(TOPIC);
  await client.publish(TOPIC, {}, ["not to me"]);
  client.send({
    type: "PUBLISH",
    request: client.next(),
    options: { exclude_me: false },
    topic: TOPIC,
    args: ["to me"],
  });
  expect((await client.receive("EVENT")).args).toEqual(["to me"]);
});

/** Returns the receivers of an event among three sessions. `me` stands for the session ID, `id` for the authid of each. */
async function receivers(
  t: Parameters<typeof startRouter>[0],
  options: (clients: readonly { readonly session: number; readonly authid: string }[]) => object,
): Promise<readonly number[]> {
  const router = startRouter(t);
  const publisher = await router.join();
  const clients: RawClient[] = [];
  for (let index = 0; index < 3; index++) {
    const client = await router.join();
    await client.subscribe(TOPIC);
    clients.push(client);
  }
  const authids = new Map(router.router.sessions("com.example").map(({ id, authid = "" }) => [id, authid]));
  await publisher.publish(
    TOPIC,
    options(clients.map(({ session }) => ({ session, authid: authids.get(session) ?? "" }))),
  );
  for (const client of clients) await client.settle();
  return clients.flatMap((client, index) => (client.unread().some(({ type }) => type === "EVENT") ? [index] : []));
}

test.for<
  readonly [
    string,
    (clients: readonly { readonly session: number; readonly authid: string }[]) => object,
    readonly number[],
  ]
>([
  ["no list", () => ({}), [0, 1, 2]],
  ["exclude", ([a]) => ({ exclude: [a?.session] }), [1, 2]],
  ["exclude_authid", ([, b]) => ({ exclude_authid: [b?.authid] }), [0, 2]],
  ["exclude_authrole", () => ({ exclude_authrole: ["anonymous"] }), []],
  ["exclude_authrole of another role", () => ({ exclude_authrole: ["admin"] }), [0, 1, 2]],
  ["eligible", ([a, b]) => ({ eligible: [a?.session, b?.session] }), [0, 1]],
  ["an empty eligible", () => ({ eligible: [] }), []],
  ["eligible_authid", ([, , c]) => ({ eligible_authid: [c?.authid] }), [2]],
  ["an empty eligible_authid", () => ({ eligible_authid: [] }), []],
  ["eligible_authrole", () => ({ eligible_authrole: ["anonymous"] }), [0, 1, 2]],
  ["eligible_authrole of another role", () => ({ eligible_authrole: ["admin"] }), []],
  [
    "eligible and exclude of the same session",
    ([a, b]) => ({ eligible: [a?.session, b?.session], exclude: [a?.session] }),
    [1],
  ],
  [
    "eligible and eligible_authid, both to be met",
    ([a, b]) => ({ eligible: [a?.session, b?.session], eligible_authid: [b?.authid] }),
    [1],
  ],
  [
    "eligible_authrole and exclude_authid",
    ([a]) => ({ eligible_authrole: ["anonymous"], exclude_authid: [a?.authid] }),
    [1, 2],
  ],
])("fact 25: with %s, the event reaches whom it should", async ([, options, expected], t) => {
  expect(await receivers(t, options)).toEqual(expected);
});

test("fact 26: without disclosure an EVENT holds no publisher, with it all three fields", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await subscriber.subscribe(TOPIC);
  await publisher.publish(TOPIC);
  expect((await subscriber.receive("EVENT")).details).toEqual({});
  await publisher.publish(TOPIC, { disclose_me: true });
  expect((await subscriber.receive("EVENT")).details).toEqual({
    publisher: publisher.session,
    publisher_authid: expect.any(String),
    publisher_authrole: "anonymous",
  });
});

test("fact 27: events of one publisher arrive in the order of publication, over all topics", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  for (const topic of ["com.example.a", "com.example.b", "com.example.c"]) await subscriber.subscribe(topic);
  const topics = Array.from({ length: 60 }, (_, index) => `com.example.${"abc"[(index * 7) % 3]}`);
  topics.forEach((topic, index) => {
    publisher.send({ type: "PUBLISH", request: publisher.next(), options: {}, topic, args: [index] });
  });
  const seen = [];
  for (const _ of topics) seen.push((await subscriber.receive("EVENT")).args[0]);
  expect(seen).toEqual(topics.map((_, index) => index));
});

test("fact 27: SUBSCRIBED comes before the first EVENT, REGISTERED before the first INVOCATION", async (t) => {
  const router = startRouter(t);
  const [busy, late] = [await router.join(), await router.join()];
  late.send({ type: "SUBSCRIBE", request: late.next(), options: {}, topic: TOPIC });
  late.send({ type: "REGISTER", request: late.next(), options: {}, procedure: "com.example.late" });
  for (let count = 0; count < 3; count++) {
    busy.send({ type: "PUBLISH", request: busy.next(), options: {}, topic: TOPIC });
    busy.call("com.example.late");
  }
  await late.receive("SUBSCRIBED");
  await late.receive("REGISTERED");
  expect((await late.receive("EVENT")).type).toBe("EVENT");
  expect((await late.receive("INVOCATION")).type).toBe("INVOCATION");
});

test.for([
  ["", "prefix", true],
  ["", "wildcard", true],
  ["", "exact", false],
  ["com.", "prefix", true],
  ["com.", "exact", false],
  ["com..", "wildcard", true],
  ["com.#", "prefix", false],
  ["com.a b", "exact", false],
  ["com.ä-1", "exact", true],
] as const)("fact 59: SUBSCRIBE to %j with match %s is accepted: %s", async ([topic, match, accepted], t) => {
  const client = await startRouter(t).join();
  client.send({ type: "SUBSCRIBE", request: client.next(), options: { match }, topic });
  if (accepted) await client.receive("SUBSCRIBED");
  else expect((await client.receive("ERROR")).error).toBe("wamp.error.invalid_uri");
});

test("fact 59: an empty prefix hears everything, an empty wildcard every topic of one component", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  const one = await subscriber.subscribe("", { match: "wildcard" });
  const everything = await subscriber.subscribe("", { match: "prefix" });
  await publisher.publish("single");
  await publisher.publish("two.parts");
  await subscriber.settle();
  const heard = subscriber
    .unread()
    .map((event) => [event.subscription, event.details.topic])
    .filter(([, topic]) => !String(topic).startsWith("wamp.")); // fact 58: it hears meta events, too
  expect(heard).toEqual([
    [everything, "single"],
    [one, "single"],
    [everything, "two.parts"],
  ]);
});

test("fact 64: a session joined through several subscriptions is excluded once and for all of them", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join(CLIENT_DETAILS)];
  await subscriber.subscribe(TOPIC);
  await subscriber.subscribe("com", { match: "prefix" });
  await publisher.publish(TOPIC, { exclude: [subscriber.session] });
  await subscriber.settle();
  expect(subscriber.unread()).toEqual([]);
});
