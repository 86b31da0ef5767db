/** Each feature that the router announces in WELCOME, shown to work; what is announced and what is shown are the same list. */
import { expect, test } from "vitest";
import { FULL_DETAILS } from "../support/advanced.js";
import { type RawClient, REALM, startRouter, UNRESTRICTED } from "../support/raw.js";

const PROCEDURE = "com.example.work";
const TOPIC = "com.example.news";
const PACKED = { ppt_scheme: "x_test" };

/** Three clients of a realm that has everything switched on. */
type Clients = readonly [RawClient, RawClient, RawClient];
type Show = (clients: Clients) => Promise<void>;

async function called(caller: RawClient, callee: RawClient, options: object = {}) {
  const request = caller.call(PROCEDURE, options);
  const invocation = await callee.receive("INVOCATION");
  return { request, invocation };
}

async function ask(client: RawClient, procedure: string, ...args: readonly unknown[]): Promise<unknown> {
  client.call(procedure, {}, args);
  return (await client.receive("RESULT")).args[0];
}

const FEATURES: Readonly<Record<string, Show>> = {
  "broker.event_history": async ([one]) => {
    await one.publish(TOPIC, {}, [1]);
    const subscription = await ask(one, "wamp.subscription.lookup", TOPIC);
    expect(await ask(one, "wamp.subscription.get_events", subscription)).toMatchObject({ args: [1] });
  },
  "broker.event_retention": async ([one, two]) => {
    await one.publish(TOPIC, { retain: true }, [1]);
    await two.subscribe(TOPIC, { get_retained: true });
    expect(await two.receive("EVENT")).toMatchObject({ details: { retained: true }, args: [1] });
  },
  "broker.pattern_based_subscription": async ([one, two]) => {
    await two.subscribe("com..news", { match: "wildcard" });
    await one.publish(TOPIC);
    expect((await two.receive("EVENT")).details.topic).toBe(TOPIC);
  },
  "broker.payload_passthru_mode": async ([one, two]) => {
    await two.subscribe(TOPIC);
    await one.publish(TOPIC, PACKED, [Uint8Array.of(1)]);
    expect((await two.receive("EVENT")).details).toMatchObject(PACKED);
  },
  "broker.publication_trustlevels": async ([one, two]) => {
    await two.subscribe("com.example.trusted");
    await one.publish("com.example.trusted");
    expect((await two.receive("EVENT")).details).toEqual({ trustlevel: 3 });
  },
  "broker.publisher_exclusion": async ([one]) => {
    await one.subscribe(TOPIC);
    await one.publish(TOPIC, {}, ["not to me"]);
    one.send({ type: "PUBLISH", request: one.next(), options: { exclude_me: false }, topic: TOPIC, args: ["to me"] });
    expect((await one.receive("EVENT")).args).toEqual(["to me"]);
  },
  "broker.publisher_identification": async ([one, two]) => {
    await two.subscribe(TOPIC);
    await one.publish(TOPIC, { disclose_me: true });
    expect((await two.receive("EVENT")).details.publisher).toBe(one.session);
  },
  "broker.reflection": async ([one, two]) => {
    await ask(one, "wamp.reflect.define", "topic", TOPIC, { summary: "News." });
    expect(await ask(two, "wamp.reflection.topic.describe", TOPIC)).toEqual({
      kind: "topic",
      uri: TOPIC,
      summary: "News.",
    });
  },
  "broker.session_meta_api": async ([one, two, three]) => {
    await one.subscribe("wamp.session.on_leave");
    await ask(two, "wamp.session.kill", three.session);
    expect((await one.receive("EVENT")).args[0]).toBe(three.session);
  },
  "broker.sharded_subscription": async ([one, two, three]) => {
    await two.subscribe(TOPIC, { nkey: "a" });
    await three.subscribe(TOPIC, { nkey: "b" });
    await one.publish(TOPIC, { rkey: "some key" });
    await Promise.all([two.settle(), three.settle()]);
    expect(two.unread().length + three.unread().length).toBe(1);
  },
  "broker.subscriber_blackwhite_listing": async ([one, two, three]) => {
    await two.subscribe(TOPIC);
    await three.subscribe(TOPIC);
    await one.publish(TOPIC, { exclude: [two.session] }, [1]);
    expect((await three.receive("EVENT")).args).toEqual([1]);
    await two.settle();
    expect(two.unread()).toEqual([]);
  },
  "broker.subscription_meta_api": async ([one, two]) => {
    const id = await two.subscribe("com.example.own");
    expect(await ask(one, "wamp.subscription.list_subscribers", id)).toEqual([two.session]);
  },
  "broker.subscription_revocation": async ([one, two]) => {
    const subscription = await two.subscribe("com.example.own");
    await ask(one, "wamp.subscription.remove_subscriber", subscription, two.session);
    expect(await two.receive("UNSUBSCRIBED")).toMatchObject({ request: 0, details: { subscription } });
  },
  "dealer.call_canceling": async ([one, two]) => {
    await two.register(PROCEDURE);
    const { request } = await called(one, two);
    one.send({ type: "CANCEL", request, options: { mode: "killnowait" } });
    expect((await one.receive("ERROR")).error).toBe("wamp.error.canceled");
    await two.receive("INTERRUPT");
  },
  "dealer.call_reroute": async ([one, two, three]) => {
    for (const callee of [two, three]) await callee.register(PROCEDURE, { invoke: "first" });
    const { invocation } = await called(one, two);
    const refusal = { type: "ERROR", requestType: "INVOCATION", details: {}, error: "wamp.error.unavailable" } as const;
    two.send({ ...refusal, request: invocation.request });
    await three.receive("INVOCATION");
  },
  "dealer.call_timeout": async ([one, two]) => {
    await two.register(PROCEDURE);
    await called(one, two, { timeout: 1 });
    expect((await one.receive("ERROR")).error).toBe("wamp.error.timeout");
  },
  "dealer.call_trustlevels": async ([one, two]) => {
    await two.register("com.example.trusted");
    one.call("com.example.trusted");
    expect((await two.receive("INVOCATION")).details).toEqual({ trustlevel: 3 });
  },
  "dealer.caller_identification": async ([one, two]) => {
    await two.register(PROCEDURE);
    const { invocation } = await called(one, two, { disclose_me: true });
    expect(invocation.details.caller).toBe(one.session);
  },
  "dealer.pattern_based_registration": async ([one, two]) => {
    await two.register("com.example.", { match: "prefix" });
    const { invocation } = await called(one, two);
    expect(invocation.details.procedure).toBe(PROCEDURE);
  },
  "dealer.payload_passthru_mode": async ([one, two]) => {
    await two.register(PROCEDURE);
    one.call(PROCEDURE, PACKED, [Uint8Array.of(1)]);
    expect((await two.receive("INVOCATION")).details).toEqual(PACKED);
  },
  "dealer.progressive_call_invocations": async ([one, two]) => {
    await two.register(PROCEDURE);
    const { request, invocation } = await called(one, two, { progress: true });
    one.send({ type: "CALL", request, options: {}, procedure: PROCEDURE, args: [2] });
    expect(await two.receive("INVOCATION")).toMatchObject({ request: invocation.request, args: [2] });
  },
  "dealer.progressive_call_results": async ([one, two]) => {
    await two.register(PROCEDURE);
    const { invocation } = await called(one, two, { receive_progress: true });
    two.send({ type: "YIELD", request: invocation.request, options: { progress: true }, args: [1] });
    expect((await one.receive("RESULT")).details).toEqual({ progress: true });
  },
  "dealer.reflection": async ([one, two]) => {
    await ask(one, "wamp.reflect.define", "procedure", PROCEDURE, {});
    expect(await ask(two, "wamp.reflection.procedure.list")).toEqual([PROCEDURE]);
  },
  "dealer.registration_meta_api": async ([one, two]) => {
    const id = await two.register(PROCEDURE);
    expect(await ask(one, "wamp.registration.match", PROCEDURE)).toBe(id);
  },
  "dealer.registration_revocation": async ([one, two]) => {
    const registration = await two.register(PROCEDURE);
    await ask(one, "wamp.registration.remove_callee", registration, two.session);
    expect(await two.receive("UNREGISTERED")).toMatchObject({ request: 0, details: { registration } });
  },
  "dealer.session_meta_api": async ([one, two, three]) => {
    expect(await ask(one, "wamp.session.list")).toEqual([one.session, two.session, three.session]);
  },
  "dealer.sharded_registration": async ([one, two, three]) => {
    for (const callee of [two, three]) await callee.register(PROCEDURE, { invoke: "random" });
    for (let call = 0; call < 4; call++) one.call(PROCEDURE, { runmode: "partition", rkey: "some key" });
    await one.settle();
    await Promise.all([two.settle(), three.settle()]);
    expect([two.unread().length, three.unread().length].sort()).toEqual([0, 4]);
  },
  "dealer.shared_registration": async ([one, two, three]) => {
    for (const callee of [two, three]) await callee.register(PROCEDURE, { invoke: "roundrobin" });
    await called(one, two);
    await called(one, three);
  },
  "dealer.testament_meta_api": async ([one, two]) => {
    await one.subscribe(TOPIC);
    await ask(two, "wamp.session.add_testament", TOPIC, ["the last word"], {});
    two.close();
    expect((await one.receive("EVENT")).args).toEqual(["the last word"]);
  },
};

function startAll(t: Parameters<typeof startRouter>[0]) {
  return startRouter(t, {
    realms: [
      {
        ...UNRESTRICTED,
        history: [{ topic: TOPIC }],
        trustLevel: (_, uri) => (uri === "com.example.trusted" ? 3 : undefined),
      },
    ],
  });
}

test.for(Object.entries(FEATURES))("the router's %s works as announced", async ([, show], t) => {
  const router = startAll(t);
  await show([await router.join(FULL_DETAILS), await router.join(FULL_DETAILS), await router.join(FULL_DETAILS)]);
});

test("the router announces what was shown to work, and nothing else", async (t) => {
  const { roles } = (await startAll(t).open().hello(REALM)).details;
  const announced = ["broker", "dealer"].flatMap((role) => [
    ...Object.keys(roles[role].features).map((feature) => `${role}.${feature}`),
    ...(roles[role].reflection ? [`${role}.reflection`] : []),
  ]);
  expect(announced.sort()).toEqual(Object.keys(FEATURES).sort());
  expect(Object.keys(roles)).toEqual(["broker", "dealer"]);
});
