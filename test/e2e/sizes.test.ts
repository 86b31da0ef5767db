/** Messages that are too large for one receiver: only the sender is affected, not the receiver's session or other clients. */
import { expect, type TestContext, test } from "vitest";
import { msgpack } from "wampact/msgpack";
import { type ConnectOptions, connect, type Peer } from "wampact/peer";
import { createRouter } from "wampact/router";
import { REALM } from "../support/raw.js";

const TOPIC = "com.example.topic";
const PROCEDURE = "com.example.work";
/** Within 16 MiB as MessagePack, beyond it as Base64 in JSON. */
const LARGE = new Uint8Array(13_000_000);

async function start(t: TestContext) {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const errors: unknown[] = [];
  const join = async (options: Partial<ConnectOptions> = {}): Promise<Peer> => {
    const peer = await connect({ url, realm: REALM, onError: (error) => errors.push(error), ...options });
    t.onTestFinished(() => peer.close());
    return peer;
  };
  return { router, errors, binary: () => join({ serializers: [msgpack()] }), text: () => join(), join };
}

test("an event too large for one subscriber is dropped for it, counted, and reaches the others", async (t) => {
  const { router, binary, text } = await start(t);
  const [publisher, other, small] = [await binary(), await binary(), await text()];
  const seen: string[] = [];
  await other.subscribe(TOPIC, ({ args }) => void seen.push(`other ${(args[0] as Uint8Array).length ?? args[0]}`));
  await small.subscribe(TOPIC, ({ args }) => void seen.push(`small ${args[0]}`));
  await publisher.publish(TOPIC, [LARGE], {}, { acknowledge: true });
  await publisher.publish(TOPIC, [new Uint8Array(3)], {}, { acknowledge: true });
  await expect.poll(() => seen.length).toBe(3);
  expect(seen.sort()).toEqual(["other 13000000", "other 3", "small 0,0,0"]);
  expect(router.totals(REALM).dropped).toBe(1);
  expect(router.totals(REALM).left).toBe(0);
});

test("a retained event too large for a subscriber is not sent to it, and its session goes on", async (t) => {
  const { router, binary, text } = await start(t);
  const [publisher, small] = [await binary(), await text()];
  await publisher.publish(TOPIC, [LARGE], {}, { acknowledge: true, retain: true });
  const seen: unknown[] = [];
  await small.subscribe(TOPIC, ({ args }) => void seen.push(args[0]), { getRetained: true });
  await publisher.publish(TOPIC, ["next"], {}, { acknowledge: true });
  await expect.poll(() => seen).toEqual(["next"]);
  expect(router.totals(REALM)).toMatchObject({ dropped: 1, left: 0 });
});

test("a call too large for its callee, and a result too large for its caller, fail alone", async (t) => {
  const { router, binary, text } = await start(t);
  const [large, small] = [await binary(), await text()];
  await small.register(PROCEDURE, ({ args }) => (args[0] as Uint8Array).length);
  await large.register("com.example.make", () => LARGE);
  const refused = { ok: false, error: { uri: "wamp.error.payload_size_exceeded" } };
  const [first, second, third] = await Promise.all([
    large.call(PROCEDURE, [LARGE]).safe(),
    small.call("com.example.make").safe(),
    large.call(PROCEDURE, [new Uint8Array(5)]),
  ]);
  expect([first, second]).toMatchObject([refused, refused]);
  expect(third.args).toEqual([5]);
  expect(router.totals(REALM).left).toBe(0);
});

test("what is larger than the router takes is refused before it is sent", async (t) => {
  const { router, errors, binary } = await start(t);
  const [caller, callee] = [await binary(), await binary()];
  const huge = new Uint8Array(17_000_000);
  await callee.register(PROCEDURE, () => huge);
  const refused = { ok: false, error: { uri: "wamp.error.payload_size_exceeded" } };
  expect(await caller.call("com.example.other", [huge]).safe()).toMatchObject(refused);
  await expect(caller.publish(TOPIC, [huge], {}, { acknowledge: true })).rejects.toMatchObject({
    uri: refused.error.uri,
  });
  expect(await caller.call(PROCEDURE).safe()).toMatchObject(refused);
  expect(String(errors[0])).toContain("payload_size_exceeded"); // the callee's own report
  expect(router.totals(REALM).left).toBe(0);
});

test("an answer that a small receiver cannot be given at all is an ERROR without arguments", async (t) => {
  const { binary, join } = await start(t);
  const [callee, small] = [await binary(), await join({ maxMessageBytes: 2_000 })];
  await callee.register(PROCEDURE, () => "x".repeat(5_000));
  expect(await small.call(PROCEDURE).safe()).toMatchObject({
    ok: false,
    error: { uri: "wamp.error.payload_size_exceeded" },
  });
});
