import { expect, test } from "vitest";
import { createMetrics } from "wampact/operations";
import { memoryStore, type Router, type RouterEvent, type RouterMeter } from "wampact/router";
import type { PayloadFormat } from "../../src/wire/payload.js";
import { receivedPayload } from "../../src/wire/payload-bytes.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { meta, slowTransport, startCluster } from "../support/cluster.js";
import { CLIENT_DETAILS, type RawClient, REALM } from "../support/raw.js";

const TOPIC = "com.example.news";

/** The events that a client receives, up to the one that is published to it last. */
async function eventsUpTo(last: string, client: RawClient): Promise<readonly unknown[]> {
  const events: unknown[] = [];
  for (;;) {
    const { args } = await client.receive("EVENT");
    if (args[0] === last) return events;
    events.push(args[0]);
  }
}

test("a publication after SUBSCRIBED reaches a subscriber of another router, once", async (t) => {
  const cluster = await startCluster(t, 3);
  const [a, b, c] = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  for (const [index, subscriber] of [a, b, c].entries()) {
    const topic = `${TOPIC}.n${index}`;
    const subscription = await subscriber.subscribe(topic);
    for (const publisher of [a, b, c]) {
      if (publisher === subscriber) continue;
      const publication = await publisher.publish(topic, {}, [index]);
      expect(await subscriber.receive("EVENT")).toMatchObject({ subscription, publication, args: [index] });
    }
  }
});

test("a subscription has the same ID at all routers", async (t) => {
  const cluster = await startCluster(t, 2);
  const [a, b] = [await cluster.join(0), await cluster.join(1)];
  for (const match of ["exact", "prefix", "wildcard"])
    expect(await a.subscribe("com.example", { match })).toBe(await b.subscribe("com.example", { match }));
});

test("events of one publisher come in its order, over all topics and routers", async (t) => {
  const cluster = await startCluster(t, 2);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  await subscriber.subscribe("com.example.one");
  await subscriber.subscribe("com.example", { match: "prefix" });
  const expected: number[] = [];
  for (let count = 0; count < 200; count++) {
    const topic = count % 3 === 0 ? "com.example.one" : `com.example.other${count % 7}`;
    publisher.send({ type: "PUBLISH", request: publisher.next(), options: {}, topic, args: [count] });
    expected.push(...(count % 3 === 0 ? [count, count] : [count]));
  }
  await publisher.publish("com.example.last", {}, ["last"]);
  expect(await eventsUpTo("last", subscriber)).toEqual(expected);
});

test("one publication is one frame for each interested router, however many subscribers it has", async (t) => {
  const cluster = await startCluster(t, 3);
  const publisher = await cluster.join(0);
  const subscribers = [await cluster.join(1), await cluster.join(1), await cluster.join(1)];
  await cluster.join(2); // which is not interested
  for (const subscriber of subscribers) {
    await subscriber.subscribe(TOPIC);
    await subscriber.subscribe("com", { match: "prefix" });
  }
  const before = cluster.framesFrom(0, "EVENT");
  const publication = await publisher.publish(TOPIC);
  for (const subscriber of subscribers)
    for (let copy = 0; copy < 2; copy++) expect((await subscriber.receive("EVENT")).publication).toBe(publication);
  expect(cluster.framesFrom(0, "EVENT") - before).toBe(1);
});

test("a router without subscribers any more is sent nothing", async (t) => {
  const cluster = await startCluster(t, 2);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  const subscription = await subscriber.subscribe(TOPIC);
  await publisher.publish(TOPIC);
  await subscriber.receive("EVENT");
  subscriber.send({ type: "UNSUBSCRIBE", request: subscriber.next(), subscription });
  await subscriber.receive("UNSUBSCRIBED");
  await cluster.settled(1);
  const before = cluster.framesFrom(0, "EVENT");
  await publisher.publish(TOPIC);
  expect(cluster.framesFrom(0, "EVENT")).toBe(before);
});

test.for([
  ["exclude", (excluded: RawClient) => ({ exclude: [excluded.session] })],
  ["exclude_authid", () => ({ exclude_authid: ["bob"] })],
  ["exclude_authrole", () => ({ exclude_authrole: ["guest"] })],
  ["eligible", (_: RawClient, chosen: RawClient) => ({ eligible: [chosen.session] })],
  ["eligible_authid", () => ({ eligible_authid: ["ada"] })],
  ["eligible_authrole", () => ({ eligible_authrole: ["staff"] })],
] as const)("%s holds at another router", async ([, optionsOf], t) => {
  const cluster = await startCluster(t, 2);
  const publisher = await cluster.join(0);
  const chosen = await cluster.join(1, CLIENT_DETAILS, { authid: "ada", authrole: "staff" });
  const excluded = await cluster.join(1, CLIENT_DETAILS, { authid: "bob", authrole: "guest" });
  for (const subscriber of [chosen, excluded]) await subscriber.subscribe(TOPIC);
  await publisher.publish(TOPIC, optionsOf(excluded, chosen), ["chosen"]);
  await publisher.publish(TOPIC, {}, ["last"]);
  expect(await eventsUpTo("last", chosen)).toEqual(["chosen"]);
  expect(await eventsUpTo("last", excluded)).toEqual([]);
});

test("an event for chosen sessions goes to their routers only", async (t) => {
  const cluster = await startCluster(t, 3);
  const [publisher, one, other] = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  for (const subscriber of [one, other]) await subscriber.subscribe(TOPIC);
  const before = cluster.framesFrom(0, "EVENT");
  await publisher.publish(TOPIC, { eligible: [one.session] }, ["chosen"]);
  await one.receive("EVENT");
  expect(cluster.framesFrom(0, "EVENT") - before).toBe(1);
});

test("a publisher gets its own event only where it asks to, and not twice", async (t) => {
  const cluster = await startCluster(t, 2);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  for (const client of [publisher, subscriber]) await client.subscribe(TOPIC);
  await publisher.publish(TOPIC, {}, ["others"]);
  publisher.send({
    type: "PUBLISH",
    request: publisher.next(),
    options: { exclude_me: false },
    topic: TOPIC,
    args: ["last"],
  });
  expect(await eventsUpTo("last", publisher)).toEqual([]);
  expect(await eventsUpTo("last", subscriber)).toEqual(["others"]);
  await publisher.settle();
  expect(publisher.unread()).toEqual([]);
});

test("identity is disclosed by the publisher's router", async (t) => {
  const cluster = await startCluster(t, 2);
  const publisher = await cluster.join(0, CLIENT_DETAILS, { authid: "ada", authrole: "staff" });
  const subscriber = await cluster.join(1);
  await subscriber.subscribe("com", { match: "prefix" });
  await publisher.publish(TOPIC, { disclose_me: true });
  expect((await subscriber.receive("EVENT")).details).toMatchObject({
    topic: TOPIC,
    publisher: publisher.session,
    publisher_authid: "ada",
    publisher_authrole: "staff",
  });
  await publisher.publish(TOPIC);
  expect((await subscriber.receive("EVENT")).details).toEqual({ topic: TOPIC });
});

test("sessions with node keys at several routers share the events that have a resource key", async (t) => {
  const cluster = await startCluster(t, 3);
  const publisher = await cluster.join(0);
  const keyed = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  for (const [index, client] of keyed.entries()) await client.subscribe(TOPIC, { nkey: `node${index}` });
  const keyless = await cluster.join(1);
  await keyless.subscribe(TOPIC);
  const keys = Array.from({ length: 60 }, (_, index) => `key${index}`);
  for (const rkey of keys) await publisher.publish(TOPIC, { rkey }, [rkey]);
  await publisher.publish(TOPIC, {}, ["last"]);
  const shares = await Promise.all(keyed.map((client) => eventsUpTo("last", client)));
  expect(shares.flat().sort()).toEqual([...keys].sort()); // each to one of them
  expect(shares.every((share) => share.length > 0)).toBe(true);
  expect(await eventsUpTo("last", keyless)).toEqual(keys);
});

test("a payload that is passed through reaches those only who have announced that they can read it", async (t) => {
  const cluster = await startCluster(t, 2);
  const able = (role: string) => ({ roles: { [role]: { features: { payload_passthru_mode: true } } } });
  const publisher = await cluster.join(0, able("publisher"));
  const reader = await cluster.join(1, able("subscriber"));
  const other = await cluster.join(1);
  for (const client of [reader, other]) await client.subscribe(TOPIC);
  await publisher.publish(TOPIC, { ppt_scheme: "x_own", ppt_serializer: "cbor" }, ["opaque"]);
  await publisher.publish(TOPIC, {}, ["last"]);
  expect((await reader.receive("EVENT")).details).toEqual({ ppt_scheme: "x_own", ppt_serializer: "cbor" });
  expect(await eventsUpTo("last", other)).toEqual([]);
});

test("a trace goes along to other routers", async (t) => {
  const cluster = await startCluster(t, 2);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  await subscriber.subscribe(TOPIC);
  const _traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await publisher.publish(TOPIC, { _traceparent });
  expect((await subscriber.receive("EVENT")).details).toEqual({ _traceparent });
});

test("what many ask for at once is announced once, and all of them are in", async (t) => {
  const cluster = await startCluster(t, 2);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  const requests = Array.from({ length: 5 }, () => subscriber.next());
  const others = await Promise.all(Array.from({ length: 4 }, () => cluster.join(1)));
  await cluster.settled(1);
  const before = cluster.framesFrom(1, "STATE");
  for (const request of requests) subscriber.send({ type: "SUBSCRIBE", request, options: {}, topic: TOPIC });
  const subscriptions = await Promise.all(others.map((other) => other.subscribe(TOPIC)));
  for (const request of requests) {
    const answer = await subscriber.receive("SUBSCRIBED");
    expect(answer).toMatchObject({ request, subscription: subscriptions[0] });
  }
  expect(cluster.framesFrom(1, "STATE") - before).toBe(1);
  await publisher.publish(TOPIC);
  for (const client of [subscriber, ...others]) await client.receive("EVENT");
});

test("what a session has asked for counts before the other routers know of it", async (t) => {
  const limits = { session: { maxSubscriptions: 3 } };
  const cluster = await startCluster(t, 2, { realms: [{ name: REALM, limits }] });
  const client = await cluster.join(0);
  for (let count = 0; count < 5; count++)
    client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: `${TOPIC}.n${count}` });
  const answers = [];
  for (let count = 0; count < 2; count++) answers.push(await client.receive("ERROR"));
  for (let count = 0; count < 3; count++) answers.push(await client.receive("SUBSCRIBED"));
  expect(answers.map(({ type }) => type)).toEqual(["ERROR", "ERROR", "SUBSCRIBED", "SUBSCRIBED", "SUBSCRIBED"]);
});

test("a session that leaves while the others are told leaves no interest behind", async (t) => {
  const cluster = await startCluster(t, 2);
  const [publisher, subscriber] = [await cluster.join(0), await cluster.join(1)];
  subscriber.send({ type: "SUBSCRIBE", request: subscriber.next(), options: {}, topic: TOPIC });
  subscriber.close();
  await cluster.settled(1);
  await cluster.settled(1);
  const before = cluster.framesFrom(0, "EVENT");
  await publisher.publish(TOPIC);
  expect(cluster.framesFrom(0, "EVENT")).toBe(before);
});

test("a publisher is not read while a pipe is full, and nothing is lost", async (t) => {
  const cluster = await startCluster(t, 2);
  const busy = slowTransport(1024 * 1024);
  const publisher = await cluster.joinOver(0, busy.over);
  const other = await cluster.join(0);
  const subscriber = await cluster.join(1);
  await subscriber.subscribe(TOPIC);
  cluster.hub.fill("b");
  await publisher.publish(TOPIC, {}, ["first"]);
  expect(busy.paused).toBe(true);
  await other.publish("com.example.elsewhere"); // which nobody at the other router wants
  cluster.hub.drain("b");
  expect(busy.paused).toBe(false);
  await publisher.publish(TOPIC, {}, ["last"]);
  expect(await eventsUpTo("last", subscriber)).toEqual(["first"]);
});

test("a role's rights are held against an event by the subscriber's router", async (t) => {
  const roles = {
    writer: { permissions: [{ uri: "", match: "prefix" as const, allow: ["publish" as const] }] },
    reader: { permissions: [{ uri: "com.example.open.", match: "prefix" as const, allow: ["subscribe" as const] }] },
    trusted: { permissions: [{ uri: "", match: "prefix" as const, allow: ["subscribe" as const] }] },
  };
  const cluster = await startCluster(t, 2, { realms: [{ name: REALM, roles }] });
  const publisher = await cluster.join(0, CLIENT_DETAILS, { authrole: "writer" });
  const [reader, trusted] = [
    await cluster.join(1, CLIENT_DETAILS, { authrole: "reader" }),
    await cluster.join(1, CLIENT_DETAILS, { authrole: "trusted" }),
  ];
  await reader.subscribe("com.example.open.", { match: "prefix" });
  await trusted.subscribe("com.example.", { match: "prefix" });
  reader.send({ type: "SUBSCRIBE", request: reader.next(), options: { match: "prefix" }, topic: "com.example." });
  expect((await reader.receive("ERROR")).error).toBe("wamp.error.not_authorized");
  await publisher.publish("com.example.closed", {}, ["secret"]);
  await publisher.publish("com.example.open.news", {}, ["last"]);
  expect(await eventsUpTo("last", trusted)).toEqual(["secret"]);
  expect(await eventsUpTo("last", reader)).toEqual([]);
});

test("a meta event reaches those only, at every router, who may know of what it tells", async (t) => {
  const all = ["subscribe" as const, "register" as const, "call" as const];
  const roles = {
    callee: { permissions: [{ uri: "", match: "prefix" as const, allow: all }] },
    reader: { permissions: [{ uri: "wamp.", match: "prefix" as const, allow: all }] },
  };
  const cluster = await startCluster(t, 3, { realms: [{ name: REALM, roles }] });
  const callee = await cluster.join(0, CLIENT_DETAILS, { authrole: "callee" });
  const watchers: RawClient[] = [];
  for (const at of [0, 1, 2])
    for (const authrole of ["callee", "reader"]) watchers.push(await cluster.join(at, CLIENT_DETAILS, { authrole }));
  const topics = ["wamp.registration.on_create", "wamp.subscription.on_create"];
  for (const watcher of watchers) for (const topic of topics) await watcher.subscribe(topic);
  const empty = async () => {
    for (const at of [0, 1, 2]) await cluster.settled(at);
    for (const watcher of watchers) await watcher.settle();
    return watchers.map((watcher) => (watcher.unread() as unknown[]).splice(0).length);
  };
  await empty();
  await callee.register("com.example.add");
  await callee.subscribe("com.example.news");
  expect(await empty()).toEqual([2, 0, 2, 0, 2, 0]);
});

test("an event is counted by the publisher's router, and delivered ones where they are delivered", async (t) => {
  const meters = [createMetrics({ process: false }), createMetrics({ process: false })];
  const cluster = await startCluster(t, 2, (at) => ({ meter: meters[at] as RouterMeter }));
  const publisher = await cluster.join(0);
  for (const at of [0, 1, 1]) await (await cluster.join(at)).subscribe(TOPIC);
  const counts = () =>
    meters.map((meter) => {
      const text = meter.text(cluster.routers[0] as Router);
      const of = (name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, "m").exec(text)?.[1] ?? 0);
      return [of("wampact_events_published_total"), of("wampact_events_sent_total")];
    });
  await cluster.settled(0);
  const before = counts();
  await publisher.publish(TOPIC);
  await cluster.settled(0);
  const changes = counts().map((own, at) => own.map((count, which) => count - (before[at]?.[which] ?? 0)));
  expect(changes).toEqual([
    [1, 1],
    [0, 2],
  ]);
});

test("retained events and histories are kept by the publisher's router, under one subscription ID, which an operator is told", async (t) => {
  const history = [{ topic: TOPIC, limit: 10 }];
  const told: RouterEvent[] = [];
  const observer = (event: RouterEvent) => told.push(event);
  const cluster = await startCluster(t, 2, { realms: [{ name: REALM, history }], observer });
  const [one, two] = [await cluster.join(0), await cluster.join(1)];
  const ids = [await meta(one, "wamp.subscription.lookup", TOPIC), await meta(two, "wamp.subscription.lookup", TOPIC)];
  expect(ids[0]).toBe(ids[1]);
  await one.publish(TOPIC, {}, ["kept"]);
  await one.publish("com.example.other", { retain: true });
  expect(told.filter(({ type }) => type === "kept_apart")).toEqual([
    { type: "kept_apart", realm: REALM, topic: TOPIC },
  ]);
  expect(await meta(one, "wamp.subscription.get_events", ids[0])).toMatchObject({ args: ["kept"] });
  expect(await meta(two, "wamp.subscription.get_events", ids[0])).toBeUndefined();
  for (const client of [one, two]) await client.subscribe("com.example.other", { get_retained: true });
  expect((await one.receive("EVENT")).details).toEqual({ retained: true });
  await cluster.settle(one, two);
  expect(two.unread()).toEqual([]);
});

test("a store that all routers share has each event once, meta events too, and nobody is told that events are kept apart", async (t) => {
  const created = "wamp.registration.on_create";
  const store = Object.assign(memoryStore(), { shared: true });
  const told: RouterEvent[] = [];
  const observer = (event: RouterEvent) => told.push(event);
  const realm = { name: REALM, store, history: [{ topic: TOPIC }, { topic: created }] };
  const cluster = await startCluster(t, 3, { realms: [realm], observer });
  const [one, two] = [await cluster.join(0), await cluster.join(1)];
  await one.publish(TOPIC, {}, ["kept"]);
  await two.register("com.example.echo");
  await cluster.settle(one, two);
  const kept = (topic: string) => [...store.history({ topic, match: "exact" })].map(({ payload }) => payload.args[0]);
  expect(kept(TOPIC)).toEqual(["kept"]);
  expect(kept(created)).toEqual([two.session]);
  expect(told.filter(({ type }) => type === "kept_apart")).toEqual([]);
});

test("a payload goes to other routers as the bytes it came as: nobody decodes or encodes it on the way", async (t) => {
  const cluster = await startCluster(t, 2);
  const subscriber = await cluster.join(1);
  await subscriber.subscribe(TOPIC);
  const format = msgpack();
  let times = 0;
  const counting: PayloadFormat = {
    id: "msgpack",
    decodePayload(given) {
      times++;
      return format.decodePayload(given);
    },
    encodePayload(values) {
      times++;
      return format.encodePayload(values);
    },
  };
  const encoded = format.encodePayload({ args: [new Uint8Array([1, 2, 3])], kwargs: { by: "hand" } });
  const publisher = await cluster.joinOver(0, (to) => ({
    info: to.info,
    unsentBytes: 0,
    maxUnsentBytes: 1_000,
    open: (listener) =>
      to.open({
        receive: (message, bytes) => {
          const payload = receivedPayload(counting, encoded);
          listener.receive(message.type === "PUBLISH" ? { ...message, payload } : message, bytes);
        },
        refused: (...refusal) => listener.refused(...refusal),
        violation: (fault) => listener.violation(fault),
        closed: (...why) => listener.closed(...why),
      }),
    send: (message) => to.send(message),
    close: (code, reason) => to.close(code, reason),
    onceDrained: (callback) => callback(),
  }));
  await publisher.publish(TOPIC);
  const { args, kwargs } = await subscriber.receive("EVENT");
  expect([args, kwargs]).toEqual([[new Uint8Array([1, 2, 3])], { by: "hand" }]);
  expect(times).toBe(0);
});
