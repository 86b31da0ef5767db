/** Each feature that our peer announces in HELLO, shown to work; what is announced and what is shown are the same list. */
import { expect, test } from "vitest";
import { type Peer, result, WampError } from "wampact/peer";
import { connectToFake, type FakeConnection, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, failureOf, Inbox } from "../support/peers.js";

const PROCEDURE = "com.example.work";
const TOPIC = "com.example.news";
const PASSTHRU = { scheme: "x_test" };
const BYTES = [Uint8Array.of(1)];

interface Shown {
  readonly peer: Peer;
  readonly router: FakeConnection;
  readonly told: readonly unknown[];
}

/** The options of a PUBLISH. */
async function published(
  { peer, router }: Shown,
  options: Parameters<Peer["publish"]>[3],
  args: readonly unknown[] = [],
) {
  await peer.publish(TOPIC, args, {}, options);
  return (await router.receive("PUBLISH"))[1];
}

/** The events that a subscriber receives for one EVENT with these details. */
async function heard({ peer, router }: Shown, details: object, options: Parameters<Peer["subscribe"]>[2] = {}) {
  const events = new Inbox<unknown>();
  const subscribing = peer.subscribe(TOPIC, events.push, options);
  const [, wire] = await router.receive("SUBSCRIBE");
  router.send("SUBSCRIBED", 1, 7);
  await subscribing;
  router.send("EVENT", 7, 9, details, ["\0AQ=="]);
  return { wire, event: await events.next() };
}

/** The options of a CALL, and the call. */
async function called({ peer, router }: Shown, options: Parameters<Peer["call"]>[3], args: readonly unknown[] = []) {
  const call = peer.call(PROCEDURE, args, {}, options);
  return { call, wire: (await router.receive("CALL"))[1] };
}

/** Registers a handler and invokes it. */
async function invoked(
  { peer, router }: Shown,
  details: object,
  handler: Parameters<Peer["register"]>[1],
  options: Parameters<Peer["register"]>[2] = {},
) {
  const registering = peer.register(PROCEDURE, handler, options);
  const [, wire] = await router.receive("REGISTER");
  router.send("REGISTERED", 1, 7);
  await registering;
  router.send("INVOCATION", 1, 7, details);
  return wire;
}

const FEATURES: Readonly<Record<string, (shown: Shown) => Promise<void>>> = {
  "publisher.payload_passthru_mode": async (shown) => {
    expect(await published(shown, { passthru: PASSTHRU }, BYTES)).toEqual({ ppt_scheme: "x_test" });
  },
  "publisher.publisher_exclusion": async (shown) => {
    expect(await published(shown, { excludeMe: false })).toEqual({ exclude_me: false });
  },
  "publisher.publisher_identification": async (shown) => {
    expect(await published(shown, { disclose: true })).toEqual({ disclose_me: true });
  },
  "publisher.sharded_subscription": async (shown) => {
    expect(await published(shown, { resourceKey: "k" })).toEqual({ rkey: "k" });
  },
  "publisher.subscriber_blackwhite_listing": async (shown) => {
    expect(await published(shown, { exclude: [1], eligibleAuthrole: ["a"] })).toEqual({
      exclude: [1],
      eligible_authrole: ["a"],
    });
  },
  "subscriber.pattern_based_subscription": async (shown) => {
    const { wire, event } = await heard(shown, { topic: "com.example.x" }, { match: "prefix" });
    expect(wire).toEqual({ match: "prefix" });
    expect(event).toMatchObject({ topic: "com.example.x" });
  },
  "subscriber.payload_passthru_mode": async (shown) => {
    const { event } = await heard(shown, { ppt_scheme: "x_test" });
    expect(event).toMatchObject({ args: BYTES, details: { ppt_scheme: "x_test" } });
  },
  "subscriber.publication_trustlevels": async (shown) => {
    expect((await heard(shown, { trustlevel: 2 })).event).toMatchObject({ details: { trustlevel: 2 } });
  },
  "subscriber.publisher_identification": async (shown) => {
    const { event } = await heard(shown, { publisher: 5, publisher_authid: "ada", publisher_authrole: "admin" });
    expect(event).toMatchObject({ publisher: { session: 5, authid: "ada", authrole: "admin" } });
  },
  "subscriber.sharded_subscription": async (shown) => {
    expect((await heard(shown, {}, { nodeKey: "n" })).wire).toEqual({ nkey: "n" });
  },
  "subscriber.subscription_revocation": async (shown) => {
    await heard(shown, {});
    shown.router.send("UNSUBSCRIBED", 0, { subscription: 7, reason: "com.example.moved" });
    await expect
      .poll(() => shown.told.map(String))
      .toEqual([`Error: the router has revoked the subscription of ${TOPIC}: com.example.moved`]);
  },
  "caller.call_canceling": async (shown) => {
    const { call } = await called(shown, {});
    call.cancel("skip");
    expect(await shown.router.receive("CANCEL")).toEqual([1, { mode: "skip" }]);
    expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" });
  },
  "caller.call_timeout": async (shown) => {
    const { call, wire } = await called(shown, { timeoutMs: 5_000 });
    expect(wire).toEqual({ timeout: 5_000 });
    shown.router.send("ERROR", 48, 1, {}, "wamp.error.timeout");
    expect(await call.safe()).toMatchObject({ error: { code: "timeout" } });
  },
  "caller.caller_identification": async (shown) => {
    expect((await finished(shown, await called(shown, { disclose: true }))).wire).toEqual({ disclose_me: true });
  },
  "caller.payload_passthru_mode": async (shown) => {
    const { call, wire } = await called(shown, { passthru: PASSTHRU }, BYTES);
    expect(wire).toEqual({ ppt_scheme: "x_test" });
    shown.router.send("RESULT", 1, { ppt_scheme: "x_test" }, ["\0AQ=="]);
    expect(await call).toEqual({ args: BYTES, kwargs: {}, details: { ppt_scheme: "x_test" } });
  },
  "caller.progressive_call_invocations": async (shown) => {
    async function* chunks() {
      yield { args: [2] };
    }
    const { call, wire } = await called(shown, { chunks: chunks() }, [1]);
    expect(wire).toEqual({ progress: true });
    expect(await shown.router.receive("CALL")).toEqual([1, { progress: true }, PROCEDURE, [2]]);
    expect(await shown.router.receive("CALL")).toEqual([1, {}, PROCEDURE]);
    await finished(shown, { call });
  },
  "caller.progressive_call_results": async (shown) => {
    const { call, wire } = await called(shown, { receiveProgress: true });
    expect(wire).toEqual({ receive_progress: true });
    shown.router.send("RESULT", 1, { progress: true }, [1]);
    shown.router.send("RESULT", 1, {}, [2]);
    const parts: unknown[] = [];
    for await (const { args } of call) parts.push(args);
    expect([parts, (await call).args]).toEqual([[[1]], [2]]);
  },
  "caller.sharded_registration": async (shown) => {
    const { wire } = await finished(shown, await called(shown, { resourceKey: "k" }));
    expect(wire).toEqual({ runmode: "partition", rkey: "k" });
  },
  "callee.call_canceling": async (shown) => {
    await invoked(shown, {}, ({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    shown.router.send("INTERRUPT", 1, { mode: "kill" });
    expect((await shown.router.receive("ERROR"))[3]).toBe("wamp.error.canceled");
  },
  "callee.call_reroute": async (shown) => {
    await invoked(shown, {}, () => {
      throw new WampError("wamp.error.unavailable");
    });
    expect(await shown.router.receive("ERROR")).toEqual([68, 1, {}, "wamp.error.unavailable"]);
  },
  "callee.call_timeout": async (shown) => {
    const wire = await invoked(shown, { timeout: 1 }, () => new Promise(() => {}), { forwardTimeout: true });
    expect(wire).toEqual({ forward_timeout: true });
    expect((await shown.router.receive("ERROR"))[3]).toBe("wamp.error.timeout");
  },
  "callee.call_trustlevels": async (shown) => {
    await invoked(shown, { trustlevel: 4 }, ({ details }) => details.trustlevel);
    expect(await shown.router.receive("YIELD")).toEqual([1, {}, [4]]);
  },
  "callee.caller_identification": async (shown) => {
    const details = { caller: 5, caller_authid: "ada", caller_authrole: "admin" };
    const wire = await invoked(shown, details, ({ caller }) => caller, { discloseCaller: true });
    expect(wire).toEqual({ disclose_caller: true });
    expect(await shown.router.receive("YIELD")).toEqual([1, {}, [{ session: 5, authid: "ada", authrole: "admin" }]]);
  },
  "callee.pattern_based_registration": async (shown) => {
    const details = { procedure: "com.example.work.x" };
    const wire = await invoked(shown, details, ({ procedure }) => procedure, { match: "prefix" });
    expect(wire).toEqual({ match: "prefix" });
    expect(await shown.router.receive("YIELD")).toEqual([1, {}, ["com.example.work.x"]]);
  },
  "callee.payload_passthru_mode": async (shown) => {
    await invoked(shown, { ppt_scheme: "x_test" }, () => result(BYTES, {}, { passthru: PASSTHRU }));
    expect(await shown.router.receive("YIELD")).toEqual([1, { ppt_scheme: "x_test" }, ["\0AQ=="]]);
  },
  "callee.progressive_call_invocations": async (shown) => {
    await invoked(shown, { progress: true }, async ({ chunks }) => {
      const parts: unknown[] = [];
      for await (const { args } of chunks) parts.push(args);
      return parts;
    });
    shown.router.send("INVOCATION", 1, 7, { progress: true }, [2]);
    shown.router.send("INVOCATION", 1, 7, {}, [3]);
    expect(await shown.router.receive("YIELD")).toEqual([1, {}, [[[2], [3]]]]);
  },
  "callee.progressive_call_results": async (shown) => {
    await invoked(shown, { receive_progress: true }, ({ progress }) => progress([1]));
    expect(await shown.router.receive("YIELD")).toEqual([1, { progress: true }, [1]]);
    expect(await shown.router.receive("YIELD")).toEqual([1, {}]);
  },
  "callee.registration_revocation": async (shown) => {
    await invoked(shown, {}, () => {});
    shown.router.send("UNREGISTERED", 0, { registration: 7, reason: "com.example.moved" });
    await expect
      .poll(() => shown.told.map(String))
      .toEqual([`Error: the router has revoked the registration of ${PROCEDURE}: com.example.moved`]);
  },
  "callee.sharded_registration": async (shown) => {
    await invoked(shown, {}, () => "any key is answered");
    expect(await shown.router.receive("YIELD")).toEqual([1, {}, ["any key is answered"]]);
  },
  "callee.shared_registration": async (shown) => {
    expect(await invoked(shown, {}, () => {}, { invoke: "roundrobin" })).toEqual({ invoke: "roundrobin" });
  },
};

async function finished<T extends { readonly call: ReturnType<Peer["call"]> }>(
  { router }: Shown,
  under: T,
): Promise<T> {
  router.send("RESULT", 1, {});
  await under.call;
  return under;
}

const ROLES = {
  broker: { features: { payload_passthru_mode: true } },
  dealer: {
    features: { call_canceling: true, payload_passthru_mode: true, progressive_call_invocations: true },
  },
};

test.for(Object.entries(FEATURES))("the peer's %s works as announced", async ([, show], t) => {
  const told: unknown[] = [];
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false, onError: (error) => told.push(error) });
  const router = await server.accept();
  await router.welcome(1, ROLES);
  await show({ peer: await connecting, router, told });
});

test("the peer announces what was shown to work, and nothing else", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false });
  const router = await server.accept();
  const [, details] = await router.receive("HELLO");
  router.send("WELCOME", 1, { roles: ROLES });
  await connecting;
  const { roles } = details as { roles: Record<string, { features: object }> };
  const announced = Object.entries(roles).flatMap(([role, { features }]) =>
    Object.keys(features).map((feature) => `${role}.${feature}`),
  );
  expect(announced.sort()).toEqual(Object.keys(FEATURES).sort());
});

test("a router that announces nothing is asked for nothing that needs it", async (t) => {
  const { peer, router } = await connectToFake(t);
  async function* chunks() {
    yield {};
  }
  expect(await failureOf(peer.call(PROCEDURE, [], {}, { chunks: chunks() }))).toMatchObject({
    uri: "wamp.error.feature_not_supported",
  });
  expect(await failureOf(peer.call(PROCEDURE, BYTES, {}, { passthru: PASSTHRU }))).toMatchObject({
    uri: "wamp.error.feature_not_supported",
  });
  expect(router.unread()).toEqual([]);
});
