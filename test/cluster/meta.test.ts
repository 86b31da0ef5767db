import { expect, test } from "vitest";
import { createFakeClock } from "wampact/testing";
import { startCluster } from "../support/cluster.js";
import { CLIENT_DETAILS, type RawClient, type Received, UNRESTRICTED } from "../support/raw.js";

const TOPIC = "com.example.news";
const REALMS = { realms: [UNRESTRICTED] };

async function ask(
  client: RawClient,
  procedure: string,
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
): Promise<Received> {
  const answer = await client.answer(client.call(procedure, {}, args, kwargs));
  expect(answer.type, JSON.stringify(answer)).toBe("RESULT");
  return answer;
}

async function failure(client: RawClient, procedure: string, args: readonly unknown[]): Promise<string> {
  return (await client.answer(client.call(procedure, {}, args))).error;
}

test("sessions of all routers are counted, listed and described at each of them", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const clients = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  const named = await cluster.join(1, CLIENT_DETAILS, { authid: "ada", authrole: "staff" });
  const ids = [...clients, named].map(({ session }) => session).sort();
  for (const client of clients) {
    expect((await ask(client, "wamp.session.count")).args).toEqual([4]);
    expect((await ask(client, "wamp.session.list")).args.map((list: number[]) => [...list].sort())).toEqual([ids]);
    expect((await ask(client, "wamp.session.list", [["staff"]])).args).toEqual([[named.session]]);
    expect((await ask(client, "wamp.session.get", [named.session])).args).toEqual([
      {
        session: named.session,
        authid: "ada",
        authrole: "staff",
        authmethod: "local",
        authprovider: "local",
        transport: { type: "memory" },
      },
    ]);
  }
});

test("a session that is killed from another router is gone when that is answered", async (t) => {
  const cluster = await startCluster(t, 2, REALMS);
  const [killer, victim] = [await cluster.join(0), await cluster.join(1)];
  const reason = "com.example.enough";
  await ask(killer, "wamp.session.kill", [victim.session], { reason, message: "bye" });
  expect(await victim.receive("GOODBYE")).toMatchObject({ reason, details: { message: "bye" } });
  expect(await failure(killer, "wamp.session.get", [victim.session])).toBe("wamp.error.no_such_session");
  expect(cluster.routers[1]?.sessions("com.example")).toHaveLength(1);
});

test("kill_by_authid, kill_by_authrole and kill_all end sessions of all routers, but for the caller", async (t) => {
  const cluster = await startCluster(t, 2, REALMS);
  const killer = await cluster.join(0, CLIENT_DETAILS, { authid: "ada", authrole: "trusted" });
  const some = async () => [
    await cluster.join(0, CLIENT_DETAILS, { authid: "ada", authrole: "trusted" }),
    await cluster.join(1, CLIENT_DETAILS, { authid: "ada", authrole: "trusted" }),
    await cluster.join(1, CLIENT_DETAILS, { authid: "bob", authrole: "trusted" }),
  ];
  const [here, there, bob] = (await some()) as [RawClient, RawClient, RawClient];
  const { args } = await ask(killer, "wamp.session.kill_by_authid", ["ada"]);
  expect([...args[0]].sort()).toEqual([here.session, there.session].sort());
  for (const victim of [here, there]) await victim.receive("GOODBYE");
  expect((await ask(killer, "wamp.session.count")).args).toEqual([2]);
  await some();
  expect((await ask(killer, "wamp.session.kill_by_authrole", ["trusted"])).args).toEqual([4]);
  await bob.receive("GOODBYE");
  expect((await ask(killer, "wamp.session.count")).args).toEqual([1]);
  const victims = await some();
  expect((await ask(killer, "wamp.session.kill_all")).args).toEqual([3]);
  for (const victim of victims) await victim.receive("GOODBYE");
  expect((await ask(killer, "wamp.session.count")).args).toEqual([1]);
});

test("kill_all is told of by no meta event and no testament, whichever router would tell", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const killer = await cluster.join(0);
  await killer.subscribe(TOPIC);
  await killer.subscribe("wamp.", { match: "prefix" });
  for (let at = 0; at < 3; at++) {
    const victim = await cluster.join(at);
    for (let count = 0; count < 5; count++) await victim.subscribe(`com.example.own${at}.n${count}`);
    await victim.register(`com.example.own${at}`);
    await ask(victim, "wamp.session.add_testament", [TOPIC, ["left"], {}]);
  }
  await killer.settle();
  for (let at = 0; at < 3; at++) await cluster.settled(at);
  await killer.settle();
  while (killer.unread().length > 0) await killer.receive("EVENT");
  expect((await ask(killer, "wamp.session.kill_all")).args).toEqual([3]);
  for (let at = 0; at < 3; at++) await cluster.settled(at);
  await killer.settle();
  expect(killer.unread()).toEqual([]);
  expect((await ask(killer, "wamp.subscription.list")).args[0].exact).toHaveLength(1);
});

test("sessions join and leave once for every subscriber, wherever both are", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const watchers = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  for (const watcher of watchers)
    for (const topic of ["wamp.session.on_join", "wamp.session.on_leave"]) await watcher.subscribe(topic);
  const client = await cluster.join(1, CLIENT_DETAILS, { authid: "ada", authrole: "staff" });
  client.close();
  const publications = new Set<number>();
  for (const watcher of watchers) {
    const joined = await watcher.receive("EVENT");
    expect(joined.args[0]).toMatchObject({ session: client.session, authid: "ada", authrole: "staff" });
    const left = await watcher.receive("EVENT");
    expect(left.args).toEqual([client.session, "ada", "staff"]);
    publications.add(joined.publication).add(left.publication);
  }
  expect(publications.size).toBe(2);
  for (const [at, watcher] of watchers.entries()) {
    for (let other = 0; other < 3; other++) await cluster.settled(other);
    await watcher.settle();
    expect(watcher.unread(), `at ${at}`).toEqual([]);
  }
});

test("registrations are looked up, matched and described at every router, with callees of all", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [one, two, asker] = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  const id = await one.register("com.example.shared", { invoke: "roundrobin" });
  expect(await two.register("com.example.shared", { invoke: "roundrobin" })).toBe(id);
  expect((await ask(asker, "wamp.registration.lookup", ["com.example.shared"])).args).toEqual([id]);
  expect((await ask(asker, "wamp.registration.match", ["com.example.shared"])).args).toEqual([id]);
  expect((await ask(asker, "wamp.registration.list")).args[0].exact).toEqual([id]);
  const described = (await ask(one, "wamp.registration.get", [id])).args;
  expect((await ask(asker, "wamp.registration.get", [id])).args).toEqual(described);
  expect((await ask(asker, "wamp.registration.list_callees", [id])).args).toEqual([[one.session, two.session]]);
  expect((await ask(asker, "wamp.registration.count_callees", [id])).args).toEqual([2]);
});

test("a callee of another router is taken out of a registration, and told", async (t) => {
  const cluster = await startCluster(t, 2, REALMS);
  const revocable = { roles: { callee: { features: { registration_revocation: true } } } };
  const [callee, asker] = [await cluster.join(0, revocable), await cluster.join(1)];
  const id = await callee.register("com.example.add");
  await asker.subscribe("wamp.registration.on_unregister");
  await ask(asker, "wamp.registration.remove_callee", [id, callee.session], { reason: "com.example.reason" });
  expect(await callee.receive("UNREGISTERED")).toMatchObject({
    request: 0,
    details: { registration: id, reason: "com.example.reason" },
  });
  expect((await asker.receive("EVENT")).args).toEqual([callee.session, id]);
  expect(await failure(asker, "wamp.registration.remove_callee", [id, callee.session])).toBe(
    "wamp.error.no_such_registration",
  );
});

test("registrations are told of once, under one publication ID at all routers", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const watchers = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  for (const watcher of watchers) await watcher.subscribe("wamp.registration.", { match: "prefix" });
  const callee = await cluster.join(1);
  const id = await callee.register("com.example.add");
  callee.send({ type: "UNREGISTER", request: callee.next(), registration: id });
  await callee.receive("UNREGISTERED");
  const told: unknown[] = [];
  for (const watcher of watchers) {
    const own: unknown[] = [];
    for (let count = 0; count < 4; count++) {
      const { publication, details, args } = await watcher.receive("EVENT");
      own.push([publication, details.topic, args]);
    }
    told.push(own);
    await watcher.settle();
    expect(watcher.unread()).toEqual([]);
  }
  expect(told[1]).toEqual(told[0]);
  expect(told[2]).toEqual(told[0]);
  expect((told[0] as unknown[][]).map(([, topic]) => topic)).toEqual([
    "wamp.registration.on_create",
    "wamp.registration.on_register",
    "wamp.registration.on_unregister",
    "wamp.registration.on_delete",
  ]);
});

test("subscriptions are looked up, matched and described at every router, with subscribers of all", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [one, two, asker] = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  const id = await one.subscribe(TOPIC);
  await two.subscribe(TOPIC);
  const prefix = await two.subscribe("com.example", { match: "prefix" });
  expect((await ask(asker, "wamp.subscription.lookup", [TOPIC])).args).toEqual([id]);
  expect((await ask(asker, "wamp.subscription.match", [TOPIC])).args).toEqual([[id, prefix]]);
  expect((await ask(asker, "wamp.subscription.list")).args).toEqual([{ exact: [id], prefix: [prefix], wildcard: [] }]);
  expect((await ask(asker, "wamp.subscription.get", [id])).args[0]).toMatchObject({ id, uri: TOPIC, match: "exact" });
  for (const client of [asker, one]) {
    const { args } = await ask(client, "wamp.subscription.list_subscribers", [id]);
    expect([...args[0]].sort()).toEqual([one.session, two.session].sort());
    expect((await ask(client, "wamp.subscription.count_subscribers", [id])).args).toEqual([2]);
  }
  two.close();
  await cluster.settled(1);
  expect((await ask(asker, "wamp.subscription.count_subscribers", [id])).args).toEqual([1]);
  expect(await failure(asker, "wamp.subscription.get", [prefix])).toBe("wamp.error.no_such_subscription");
});

test("a subscriber of another router is taken out of a subscription, and told", async (t) => {
  const cluster = await startCluster(t, 2, REALMS);
  const revocable = { roles: { subscriber: { features: { subscription_revocation: true } } } };
  const [subscriber, asker] = [await cluster.join(0, revocable), await cluster.join(1)];
  const id = await subscriber.subscribe(TOPIC);
  await asker.subscribe("wamp.subscription.on_unsubscribe");
  await ask(asker, "wamp.subscription.remove_subscriber", [id, subscriber.session]);
  expect((await asker.receive("EVENT")).args).toEqual([subscriber.session, id]);
  expect(await subscriber.receive("UNSUBSCRIBED")).toMatchObject({ request: 0, details: { subscription: id } });
  expect(await failure(asker, "wamp.subscription.remove_subscriber", [id, subscriber.session])).toBe(
    "wamp.error.no_such_subscription",
  );
});

test("subscriptions are told of once, however many routers have subscribers", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const watcher = await cluster.join(0);
  await watcher.subscribe("wamp.subscription.", { match: "prefix" });
  for (let at = 0; at < 3; at++) await cluster.settled(at);
  await watcher.settle();
  while (watcher.unread().length > 0) await watcher.receive("EVENT"); // of that one
  const isAbout = (id: number) => (event: Received) => event.args[1] === id || event.args[1]?.id === id;
  for (const topic of ["com.example.a", "com.example.b", "com.example.c", "com.example.d"]) {
    const subscribers = [await cluster.join(1), await cluster.join(2), await cluster.join(2)];
    let id = 0;
    for (const subscriber of subscribers) {
      id = await subscriber.subscribe(topic);
      await cluster.settled(1);
      await cluster.settled(2);
    }
    for (const subscriber of subscribers) {
      subscriber.send({ type: "UNSUBSCRIBE", request: subscriber.next(), subscription: id });
      await subscriber.receive("UNSUBSCRIBED");
      await cluster.settled(1);
      await cluster.settled(2);
    }
    const told: unknown[] = [];
    for (let count = 0; count < 8; count++) {
      const event = await watcher.receive("EVENT");
      expect(isAbout(id)(event)).toBe(true);
      told.push([event.details.topic.slice("wamp.subscription.".length), event.args[0]]);
    }
    const [one, two, three] = subscribers.map(({ session }) => session);
    expect(told).toEqual([
      ["on_create", one],
      ["on_subscribe", one],
      ["on_subscribe", two],
      ["on_subscribe", three],
      ["on_unsubscribe", one],
      ["on_unsubscribe", two],
      ["on_unsubscribe", three],
      ["on_delete", three],
    ]);
    await watcher.settle();
    expect(watcher.unread()).toEqual([]);
  }
});

test("what is described at one router is told at all, the newest first", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [one, two, asker] = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  const uri = "com.example.add";
  await ask(one, "wamp.reflect.define", ["procedure", uri, { about: "old" }]);
  const uris = Array.from({ length: 30 }, (_, count) => `com.example.topic${count}`);
  for (const [count, topic] of uris.entries())
    await ask(count % 2 ? one : two, "wamp.reflect.define", ["topic", topic, { count }]);
  await ask(two, "wamp.reflect.define", ["topic", uris[0], { again: true }]);
  await ask(two, "wamp.reflect.define", ["procedure", uri, { about: "new" }]);
  for (const client of [one, two, asker]) {
    expect((await ask(client, "wamp.reflection.procedure.list")).args).toEqual([[uri]]);
    const { args, kwargs } = await ask(client, "wamp.reflection.topic.list");
    expect([...args[0]].sort()).toEqual([...uris].sort());
    expect(kwargs).toEqual({});
    expect((await ask(client, "wamp.reflection.topic.describe", [uris[3]])).args[0]).toMatchObject({ count: 3 });
    expect((await ask(client, "wamp.reflect.describe", [uri])).args[0]).toMatchObject({ kind: "procedure", uri });
    expect((await ask(client, "wamp.reflection.error.describe", [uri])).args).toEqual([null]);
  }
});

test("a router that does not answer is named, and the others' answers come", async (t) => {
  const clock = createFakeClock();
  const cluster = await startCluster(t, 3, { ...REALMS, clock });
  const [one, two, asker] = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  const id = await one.subscribe(TOPIC);
  await two.subscribe(TOPIC);
  await ask(asker, "wamp.session.count");
  cluster.hub.suspect("b", true);
  cluster.hub.hold("b");
  const answered = ask(asker, "wamp.subscription.count_subscribers", [id]);
  await clock.advance(1_000);
  await clock.advance(2_000);
  const { args, kwargs } = await answered;
  expect([args, kwargs]).toEqual([[1], { unanswered: ["b"] }]);
  cluster.hub.release("b");
  cluster.hub.suspect("b", false);
});

test("a subscription does not wait for a router without a sign of life", async (t) => {
  const clock = createFakeClock();
  const cluster = await startCluster(t, 3, { ...REALMS, clock });
  const [subscriber, publisher] = [await cluster.join(0), await cluster.join(1)];
  await cluster.settled(1);
  cluster.hub.suspect("c", true);
  cluster.hub.hold("c");
  subscriber.send({ type: "SUBSCRIBE", request: subscriber.next(), options: {}, topic: TOPIC });
  await clock.advance(999);
  expect(subscriber.unread()).toEqual([]);
  await clock.advance(1);
  await subscriber.receive("SUBSCRIBED");
  await publisher.publish(TOPIC, {}, ["came"]);
  expect((await subscriber.receive("EVENT")).args).toEqual(["came"]);
  expect(cluster.hub.members.get("a")?.linkOf("com.example")?.stats.barrierSkipped).toBeGreaterThan(0);
  cluster.hub.release("c");
  cluster.hub.suspect("c", false);
});

test("a testament is published once, by the session's router where that is there", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [watcher, other] = [await cluster.join(0), await cluster.join(2)];
  for (const client of [watcher, other]) await client.subscribe(TOPIC);
  const testator = await cluster.join(1);
  await ask(testator, "wamp.session.add_testament", [TOPIC, ["left"], {}]);
  await ask(testator, "wamp.session.add_testament", [TOPIC, ["first"], {}], { scope: "detached" });
  testator.close();
  for (const client of [watcher, other]) {
    expect((await client.receive("EVENT")).args).toEqual(["first"]);
    expect((await client.receive("EVENT")).args).toEqual(["left"]);
  }
  for (const client of [watcher, other]) {
    await client.settle();
    expect(client.unread()).toEqual([]);
  }
});

test("when a router dies, one of the others publishes its sessions' testaments and that they have left", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [watcher, other] = [await cluster.join(0), await cluster.join(2)];
  const testator = await cluster.join(1, CLIENT_DETAILS, { authid: "ada", authrole: "staff" });
  for (const client of [watcher, other]) {
    await client.subscribe(TOPIC);
    await client.subscribe("wamp.session.on_leave");
  }
  await ask(testator, "wamp.session.add_testament", [TOPIC, ["flushed"], {}]);
  await ask(testator, "wamp.session.flush_testaments");
  await ask(testator, "wamp.session.add_testament", [TOPIC, ["left"], { more: true }], {
    publish_options: { exclude_authrole: ["nobody"] },
  });
  await cluster.hub.crash("b");
  for (const client of [watcher, other]) {
    expect(await client.receive("EVENT")).toMatchObject({ args: ["left"], kwargs: { more: true } });
    expect((await client.receive("EVENT")).args).toEqual([testator.session, "ada", "staff"]);
  }
  for (const [at, client] of [watcher, other].entries()) {
    await cluster.settled(at * 2);
    await client.settle();
    expect(client.unread()).toEqual([]);
  }
});

test("sessions of a router that was expelled and is back have left and joined, and leave their testaments again", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [watcher, other] = [await cluster.join(0), await cluster.join(2)];
  const testator = await cluster.join(1);
  for (const client of [watcher, other]) {
    await client.subscribe(TOPIC);
    for (const topic of ["wamp.session.on_join", "wamp.session.on_leave"]) await client.subscribe(topic);
  }
  await ask(testator, "wamp.session.add_testament", [TOPIC, ["left"], {}]);
  await cluster.hub.expel("b");
  for (const client of [watcher, other]) {
    expect((await client.receive("EVENT")).args).toEqual(["left"]);
    expect((await client.receive("EVENT")).args[0]).toBe(testator.session);
    expect((await client.receive("EVENT")).args[0]).toMatchObject({ session: testator.session });
  }
  await testator.subscribe("com.example.again");
  await watcher.publish("com.example.again", {}, ["came"]);
  expect((await testator.receive("EVENT")).args).toEqual(["came"]);
  await cluster.hub.crash("b");
  for (const client of [watcher, other]) {
    expect((await client.receive("EVENT")).args).toEqual(["left"]);
    expect((await client.receive("EVENT")).args[0]).toBe(testator.session);
  }
});

test("a router that dies leaves no interests and subscriptions behind", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  const watchers = [publisher, await cluster.join(2)];
  for (const watcher of watchers) await watcher.subscribe("wamp.subscription.on_delete");
  const id = await subscriber.subscribe(TOPIC);
  await publisher.publish(TOPIC);
  await subscriber.receive("EVENT");
  await cluster.hub.crash("b");
  for (const watcher of watchers) expect((await watcher.receive("EVENT")).args).toEqual([subscriber.session, id]);
  expect(await failure(publisher, "wamp.subscription.get", [id])).toBe("wamp.error.no_such_subscription");
  expect(cluster.routers[0]?.stats("com.example").subscriptions).toBe(1); // the watchers'
});

test("a router that comes later knows who subscribes to what", async (t) => {
  const cluster = await startCluster(t, 2, REALMS);
  const [subscriber, testator] = [await cluster.join(0), await cluster.join(0)];
  await subscriber.subscribe(TOPIC);
  await subscriber.subscribe("wamp.session.on_leave");
  await ask(testator, "wamp.session.add_testament", [TOPIC, ["left"], {}]);
  const late = await cluster.hub.router("h", { realms: [UNRESTRICTED] });
  const publisher = await cluster.joinAt(late);
  await publisher.publish(TOPIC, {}, ["came"]);
  expect((await subscriber.receive("EVENT")).args).toEqual(["came"]);
  await late.close({ drainMs: 0 });
  expect((await subscriber.receive("EVENT")).args[0]).toBe(publisher.session);
});

test("refresh at one router is a refresh at all", async (t) => {
  let mayRead = true;
  const roles = () => ({
    reader: {
      permissions: mayRead ? [{ uri: "com.example", match: "prefix" as const, allow: ["subscribe" as const] }] : [],
    },
  });
  const cluster = await startCluster(t, 2, { realms: [{ name: "com.example", roles }] });
  const revocable = { roles: { subscriber: { features: { subscription_revocation: true } } } };
  const reader = await cluster.join(1, revocable, { authrole: "reader" });
  const id = await reader.subscribe(TOPIC);
  mayRead = false;
  await cluster.routers[0]?.refresh("com.example");
  expect((await reader.receive("UNSUBSCRIBED")).details).toEqual({
    subscription: id,
    reason: "wamp.error.not_authorized",
  });
});

test("what the sessions of a dead router were subscribed to is told once: who is out, and what is over", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [first, second] = [await cluster.join(1), await cluster.join(1)];
  const [survivor, watcher, late] = [await cluster.join(2), await cluster.join(0), await cluster.join(2)];
  const topics = Array.from({ length: 12 }, (_, count) => `com.example.topic${count}`);
  const ids: number[] = [];
  for (const topic of topics) ids.push(await first.subscribe(topic)); // before anybody hears of it
  for (const client of [watcher, late]) await client.subscribe("wamp.subscription.", { match: "prefix" });
  await second.subscribe(topics[0] as string);
  await survivor.subscribe(topics[0] as string);
  await cluster.settle(first, second, survivor, watcher, late);
  for (const client of [watcher, late]) await subscriptionNews(client);
  await cluster.hub.crash("b");
  const expected = [
    `on_unsubscribe ${first.session} ${ids[0]}`,
    `on_unsubscribe ${second.session} ${ids[0]}`,
    ...ids.slice(1).flatMap((id) => [`on_unsubscribe ${first.session} ${id}`, `on_delete ${first.session} ${id}`]),
  ].sort();
  await cluster.settle(watcher, late);
  const publications = [watcher, late].map((client) => client.unread().map(({ publication }) => publication));
  expect(new Set(publications[0]).size).toBe(expected.length);
  expect(publications[1]).toEqual(publications[0]);
  for (const client of [watcher, late]) expect(await subscriptionNews(client)).toEqual(expected);
});

test("subscriptions of a router that was expelled and is back are told to be there again, once", async (t) => {
  const cluster = await startCluster(t, 3, REALMS);
  const [subscriber, watcher, late] = [await cluster.join(1), await cluster.join(0), await cluster.join(2)];
  for (const client of [watcher, late]) await client.subscribe("wamp.subscription.", { match: "prefix" });
  const id = await subscriber.subscribe(TOPIC);
  await cluster.settle(subscriber, watcher, late);
  for (const client of [watcher, late]) await subscriptionNews(client);
  await cluster.hub.expel("b");
  await cluster.settle(watcher, late, subscriber);
  for (const client of [watcher, late])
    expect(await subscriptionNews(client)).toEqual(
      ["on_create", "on_delete", "on_subscribe", "on_unsubscribe"].map((what) => `${what} ${subscriber.session} ${id}`),
    );
});

/** The meta events about subscriptions that a client has received, sorted: event, session, subscription. */
async function subscriptionNews(client: RawClient): Promise<readonly string[]> {
  await client.settle();
  const told: string[] = [];
  while (client.unread().length > 0) {
    const { details, args } = await client.receive("EVENT");
    told.push(`${details.topic.slice("wamp.subscription.".length)} ${args[0]} ${args[1]?.id ?? args[1]}`);
  }
  return told.sort();
}

test("routers serve different realms: each one's is cleaned up after by those that have it, too", async (t) => {
  const [shop, games] = [UNRESTRICTED, { ...UNRESTRICTED, name: "com.games" }];
  const realms = [[games], [shop, games], [shop], [shop]];
  const cluster = await startCluster(t, 4, (at) => ({ realms: realms[at] as never }));
  const [callee, watcher] = [await cluster.join(1), await cluster.join(2)];
  await watcher.subscribe(TOPIC);
  await watcher.subscribe("wamp.session.on_leave");
  await callee.register("com.example.work");
  await ask(callee, "wamp.session.add_testament", [TOPIC, ["left"], {}]);
  await cluster.hub.crash("b"); // `a` cleans up, which does not have the realm
  const told = [(await watcher.receive("EVENT")).args[0], (await watcher.receive("EVENT")).args[0]];
  expect(new Set(told)).toEqual(new Set([callee.session, "left"]));
  await watcher.register("com.example.work");
  expect(cluster.hub.keys.filter((key) => key.startsWith("r."))).toHaveLength(1);
});
