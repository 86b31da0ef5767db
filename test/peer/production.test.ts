/** A caller as bundles for browsers have it under the condition `production`: what it does is the same, what it explains is less. */
import { beforeAll, expect, type TestContext, test } from "vitest";
import type { CallerPeer } from "wampact/caller";
import { bundleOf, runBundle } from "../support/bundle.js";
import { startFakeRouter } from "../support/fake-router.js";
import { connectPeer, failureOf, Inbox, startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const CODE = 'export { connect, json } from "wampact/caller"; export { createClient, procedure } from "wampact";';
const A = "com.example.a";

let bundle = "";
beforeAll(async () => {
  bundle = await bundleOf(CODE, ["production"]);
});
const load = () => runBundle<typeof import("wampact/caller") & typeof import("wampact")>(bundle, { atob });

async function connectCaller(t: TestContext, options: object): Promise<CallerPeer> {
  const peer = await load().connect({ realm: REALM, onError: () => {}, ...options });
  t.onTestFinished(() => peer.close());
  return peer;
}

test("options have the keys of the wire", async (t) => {
  const router = await startFakeRouter(t);
  const connecting = connectCaller(t, { url: router.url });
  const connection = await router.accept();
  await connection.welcome();
  const peer = await connecting;
  peer.call(A, [1], { b: 2 }, { timeoutMs: 60_000, disclose: true, cancelMode: "kill" }).catch(() => {});
  expect(await connection.receive("CALL")).toEqual([1, { timeout: 60_000, disclose_me: true }, A, [1], { b: 2 }]);
  peer.publish(A, [1], {}, { acknowledge: true, excludeMe: false, eligible: [7] }).catch(() => {});
  expect(await connection.receive("PUBLISH")).toEqual([
    2,
    { acknowledge: true, exclude_me: false, eligible: [7] },
    A,
    [1],
  ]);
  peer.subscribe(A, () => {}, { match: "prefix", getRetained: true }).catch(() => {});
  expect(await connection.receive("SUBSCRIBE")).toEqual([3, { match: "prefix", get_retained: true }, A]);
});

test("a call, its progress, its cancellation and an event arrive", async (t) => {
  const { url } = await startServer(t);
  const service = await connectPeer(t, { url });
  await service.register(A, (call) => {
    call.progress([1]);
    return 2n ** 60n;
  });
  await service.register("com.example.slow", () => new Promise(() => {}));
  const peer = await connectCaller(t, { url });
  const call = peer.call(A, [], {}, { receiveProgress: true });
  const progress: unknown[] = [];
  for await (const { args } of call) progress.push(args[0]);
  expect(progress).toEqual([1]);
  expect((await call).args).toEqual([2n ** 60n]);
  const slow = peer.call("com.example.slow");
  slow.cancel();
  expect(await failureOf(slow)).toMatchObject({ uri: "wamp.error.canceled" });
  const events = new Inbox<unknown>();
  await peer.subscribe(A, ({ args }) => events.push(args[0]));
  await service.publish(A, [new Uint8Array([1, 2])]);
  expect([...((await events.next()) as Uint8Array)]).toEqual([1, 2]);
});

test("a misuse is named, not explained", async (t) => {
  const { url } = await startServer(t);
  const { connect } = load();
  const peer = await connectCaller(t, { url });
  const untyped = peer as unknown as Record<"call" | "subscribe", (...given: unknown[]) => Promise<unknown>>;
  const refused: [() => Promise<unknown>, string][] = [
    [() => connect({ url } as never), "connect.realm: not valid"],
    [() => connect({ realm: REALM }), "connect.url: not valid"],
    [async () => untyped.call(A, [], {}, { timeoutMs: Number.NaN }), "timeoutMs: not valid"],
    [async () => untyped.call(A, [{ of: () => {} }]), "args[0].of: cannot be serialized"],
    [async () => untyped.call(5), "procedure: not valid"],
    [() => untyped.subscribe(A, 5), "handler: not valid"],
  ];
  for (const [ask, message] of refused) expect(await failureOf(ask())).toMatchObject({ name: "TypeError", message });
  expect(peer.state).toBe("ready");
});

/** A computed number that is none would make a timer fire at once, or a limit limit nothing. */
test.for<[string, object, string]>([
  ["connectTimeoutMs", { connectTimeoutMs: Number.NaN }, "connectTimeoutMs"],
  ["heartbeatMs", { heartbeatMs: Number.NaN }, "heartbeatMs"],
  ["reconnect", { reconnect: { minMs: Number.NaN } }, "minMs"],
  ["reconnect of 0", { reconnect: { minMs: 0 } }, "minMs"],
  ["offline", { offline: { wait: { maxCount: Number.NaN } } }, "maxCount"],
  ["realm", { realm: 5 }, "connect.realm"],
])("a peer is not created with a number that is none: %s", async ([, options, name], t) => {
  const { url } = await startServer(t);
  expect(await failureOf(connectCaller(t, { url, ...options }))).toMatchObject({
    name: "TypeError",
    message: `${name}: not valid`,
  });
});

test("a request with a number that is none is refused", async (t) => {
  const { url } = await startServer(t);
  const peer = await connectCaller(t, { url, heartbeatMs: 0 });
  const none = Number.NaN;
  const refused: [() => unknown, string][] = [
    [() => peer.publish(A, [], {}, { exclude: [none] }), "exclude"],
    [() => peer.call(A, [], {}, { offline: { wait: { maxBytes: none } } }), "maxBytes"],
    [() => peer.events(A, { queue: none }), "queue"],
    [() => peer.events(A, { queue: 0 }), "queue"],
    [() => peer.close({ drainMs: none }), "drainMs"],
  ];
  for (const [ask, name] of refused) {
    const asking = (async () => ask())();
    expect(await failureOf(asking)).toMatchObject({ name: "TypeError", message: `${name}: not valid` });
  }
  expect(peer.state).toBe("ready");
  await peer.close({ drainMs: 0 });
});

test.for([Number.NaN, 0, 1.5, 1e9])("a serializer without a usable limit of depth is not created: %s", (maxDepth) => {
  const { json } = load();
  expect(() => json({ maxDepth })).toThrow("json.maxDepth: not valid");
});

test("a rule of encryption that would match nothing is refused", async () => {
  const code = 'export { endToEnd } from "wampact/encryption";';
  const { endToEnd } = runBundle<typeof import("wampact/encryption")>(await bundleOf(code, ["production"]), {
    Uint8Array,
  });
  const rule = { uri: "com.app.health.", match: "prefx" as "prefix", keyId: "2026" };
  expect(() => endToEnd({ keys: { "2026": new Uint8Array(32) }, encrypt: [rule] })).toThrow(
    'endToEnd.encrypt[0].match: expected "exact" or "prefix" or "wildcard", got "prefx"',
  );
});

test("a violation of the protocol ends the session with the place of the fault", async (t) => {
  const router = await startFakeRouter(t);
  const connecting = connectCaller(t, { url: router.url });
  const connection = await router.accept();
  await connection.welcome();
  await connecting;
  connection.send("RESULT", "one", {});
  expect(await connection.receive("ABORT")).toEqual([
    { message: "RESULT.request: not valid" },
    "wamp.error.protocol_violation",
  ]);
});

test("a caller in a browser knows no messages to callees", async (t) => {
  const router = await startFakeRouter(t);
  const connecting = connectCaller(t, { url: router.url });
  const connection = await router.accept();
  await connection.welcome();
  await connecting;
  connection.send("INVOCATION", 1, 1, {});
  expect(await connection.receive("ABORT")).toEqual([
    { message: "message type 68 is unknown" },
    "wamp.error.protocol_violation",
  ]);
});

test("limits that are undefined have their defaults", async (t) => {
  const router = await startFakeRouter(t);
  const undefinedLimits = { wait: { maxCount: undefined, maxBytes: undefined, maxMs: undefined } };
  const connecting = connectCaller(t, { url: router.url, offline: undefinedLimits, reconnect: { minMs: 1, maxMs: 1 } });
  const first = await router.accept();
  await first.welcome();
  const peer = await connecting;
  const away = new Promise<void>((resolve) => {
    peer.on("state", (state) => state !== "ready" && resolve());
  });
  first.cut();
  await away;
  const waiting = Array.from({ length: 1_000 }, () => peer.call(A).safe());
  expect(await failureOf(peer.call(A))).toMatchObject({ uri: "wampact.error.disconnected" }); // one too many
  await peer.close();
  await Promise.all(waiting);
});
