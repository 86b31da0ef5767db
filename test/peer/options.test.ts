import { expect, test } from "vitest";
import type { CallOptions, PublishOptions, RegisterOptions, SubscribeOptions } from "wampact/peer";
import { connectToFake, startFakeRouter } from "../support/fake-router.js";
import { connectPeer } from "../support/peers.js";

const NOTHING_SENT = new AbortController().signal;

test.for<[string, CallOptions & { receiveProgress?: boolean }, object]>([
  ["nothing", {}, {}],
  ["timeoutMs", { timeoutMs: 60_000 }, { timeout: 60_000 }],
  ["receiveProgress", { receiveProgress: true }, { receive_progress: true }],
  ["disclose", { disclose: true }, { disclose_me: true }],
  ["what stays local", { signal: NOTHING_SENT, cancelMode: "kill", cancelTimeoutMs: 5 }, {}],
])("CALL carries %s under the keys of the wire", async ([, options, wire], t) => {
  const { peer, router } = await connectToFake(t);
  const call = peer.call("com.example.a", [1], { b: 2 }, options);
  expect(await router.receive("CALL")).toEqual([1, wire, "com.example.a", [1], { b: 2 }]);
  router.send("RESULT", 1, {});
  await call;
});

test.for<[string, RegisterOptions, object]>([
  ["nothing", {}, {}],
  ["match", { match: "prefix" }, { match: "prefix" }],
  ["invoke", { invoke: "roundrobin" }, { invoke: "roundrobin" }],
  ["discloseCaller", { discloseCaller: true }, { disclose_caller: true }],
  ["forwardTimeout", { forwardTimeout: true }, { forward_timeout: true }],
  ["what stays local", { signal: NOTHING_SENT, timeoutMs: 60_000 }, {}],
])("REGISTER carries %s under the keys of the wire", async ([, options, wire], t) => {
  const { peer, router } = await connectToFake(t);
  const registering = peer.register("com.example.a", () => {}, options);
  expect(await router.receive("REGISTER")).toEqual([1, wire, "com.example.a"]);
  router.send("REGISTERED", 1, 77);
  const registration = await registering;
  expect([registration.id, registration.procedure]).toEqual([77, "com.example.a"]);
});

test.for<[string, SubscribeOptions, object]>([
  ["nothing", {}, {}],
  ["match", { match: "wildcard" }, { match: "wildcard" }],
  ["what stays local", { signal: NOTHING_SENT, timeoutMs: 60_000 }, {}],
])("SUBSCRIBE carries %s under the keys of the wire", async ([, options, wire], t) => {
  const { peer, router } = await connectToFake(t);
  const subscribing = peer.subscribe("com.example.a", () => {}, options);
  expect(await router.receive("SUBSCRIBE")).toEqual([1, wire, "com.example.a"]);
  router.send("SUBSCRIBED", 1, 77);
  const subscription = await subscribing;
  expect([subscription.id, subscription.topic]).toEqual([77, "com.example.a"]);
});

test.for<[string, PublishOptions, object]>([
  ["nothing", {}, {}],
  ["excludeMe", { excludeMe: false }, { exclude_me: false }],
  ["disclose", { disclose: true }, { disclose_me: true }],
  ["exclude", { exclude: [1, 2] }, { exclude: [1, 2] }],
  ["excludeAuthid", { excludeAuthid: ["a"] }, { exclude_authid: ["a"] }],
  ["excludeAuthrole", { excludeAuthrole: ["r"] }, { exclude_authrole: ["r"] }],
  ["an empty eligible", { eligible: [] }, { eligible: [] }],
  ["eligibleAuthid", { eligibleAuthid: ["a"] }, { eligible_authid: ["a"] }],
  ["eligibleAuthrole", { eligibleAuthrole: ["r"] }, { eligible_authrole: ["r"] }],
  ["what stays local", { signal: NOTHING_SENT, timeoutMs: 60_000 }, {}],
])("PUBLISH carries %s under the keys of the wire", async ([, options, wire], t) => {
  const { peer, router } = await connectToFake(t);
  await peer.publish("com.example.a", [1], { b: 2 }, options);
  expect(await router.receive("PUBLISH")).toEqual([1, wire, "com.example.a", [1], { b: 2 }]);
});

test("PUBLISH that is to be acknowledged waits for PUBLISHED", async (t) => {
  const { peer, router } = await connectToFake(t);
  const publishing = peer.publish("com.example.a", [], {}, { acknowledge: true });
  expect(await router.receive("PUBLISH")).toEqual([1, { acknowledge: true }, "com.example.a"]);
  router.send("PUBLISHED", 1, 99);
  expect(await publishing).toEqual({ publication: 99 });
});

test("fact 3: one counter numbers the requests of all types", async (t) => {
  const { peer, router } = await connectToFake(t);
  const requests = [
    peer.call("com.example.a"),
    peer.publish("com.example.b"),
    peer.subscribe("com.example.c", () => {}),
    peer.register("com.example.d", () => {}),
  ];
  expect((await router.receive("CALL"))[0]).toBe(1);
  expect((await router.receive("PUBLISH"))[0]).toBe(2);
  expect((await router.receive("SUBSCRIBE"))[0]).toBe(3);
  expect((await router.receive("REGISTER"))[0]).toBe(4);
  router.send("RESULT", 1, {});
  router.send("SUBSCRIBED", 3, 1);
  router.send("REGISTERED", 4, 1);
  await Promise.all(requests);
});

test("fact 8: neither args nor kwargs travel when both are empty, and args alone when kwargs is", async (t) => {
  const { peer, router } = await connectToFake(t);
  await peer.publish("com.example.a", [], {});
  await peer.publish("com.example.a", [1], {});
  await peer.publish("com.example.a", [], { b: 1 });
  expect((await router.receive("PUBLISH")).slice(3)).toEqual([]);
  expect((await router.receive("PUBLISH")).slice(3)).toEqual([[1]]);
  expect((await router.receive("PUBLISH")).slice(3)).toEqual([[], { b: 1 }]);
});

test("HELLO announces what the peer can do and nothing else", async (t) => {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false });
  const router = await server.accept();
  expect(await router.receive("HELLO")).toEqual([
    "com.example",
    {
      agent: "wampact",
      _max_message_bytes: 16 * 1024 * 1024,
      roles: {
        publisher: {
          features: {
            payload_passthru_mode: true,
            publisher_exclusion: true,
            publisher_identification: true,
            sharded_subscription: true,
            subscriber_blackwhite_listing: true,
          },
        },
        subscriber: {
          features: {
            pattern_based_subscription: true,
            payload_passthru_mode: true,
            publication_trustlevels: true,
            publisher_identification: true,
            sharded_subscription: true,
            subscription_revocation: true,
          },
        },
        caller: {
          features: {
            call_canceling: true,
            call_timeout: true,
            caller_identification: true,
            payload_passthru_mode: true,
            progressive_call_invocations: true,
            progressive_call_results: true,
            sharded_registration: true,
          },
        },
        callee: {
          features: {
            call_canceling: true,
            call_reroute: true,
            call_timeout: true,
            call_trustlevels: true,
            caller_identification: true,
            pattern_based_registration: true,
            payload_passthru_mode: true,
            progressive_call_invocations: true,
            progressive_call_results: true,
            registration_revocation: true,
            sharded_registration: true,
            shared_registration: true,
          },
        },
      },
    },
  ]);
  router.send("WELCOME", 5, { roles: { broker: {}, dealer: {} }, realm: "com.example", authid: "ada", agent: "fake" });
  const peer = await connecting;
  expect(peer.session).toEqual({
    id: 5,
    realm: "com.example",
    authid: "ada",
    details: { agent: "fake", roles: { broker: {}, dealer: {} } },
  });
});
