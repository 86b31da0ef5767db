/** Large payloads, whose chunks are given back as soon as they are copied: whoever has one still has its bytes. */
import { createHash } from "node:crypto";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { createRouter, type RealmConfig, rawSocket } from "wampact/router";
import { FrameClient, listBytes, SERIALIZERS } from "../support/frames.js";
import { createRandom } from "../support/mutate.js";
import { createGate } from "../support/peers.js";
import { CLIENT_DETAILS, REALM } from "../support/raw.js";

const ECHO = "com.example.echo";
const SERIALIZER_IDS = ["json", "msgpack", "cbor"] as const;

function createRealm(t: TestContext, realm: Partial<RealmConfig> = {}) {
  const router = createRouter({
    realms: [{ name: REALM, ...realm }],
    maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
    onError: (error) => expect.unreachable(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return router;
}

/** Text of so many bytes that differs from number to number. */
function textOf(number: number, bytes = 70_000): string {
  return `${number}:${"abcdefghijklmnopqrstuvwxyz".repeat(bytes / 26 + 1)}`.slice(0, bytes);
}

/** A short digest that identifies values. */
function digest(values: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("base64");
}

test.for(
  SERIALIZER_IDS.flatMap((id) => (["ws", "rs"] as const).map((scheme) => [id, scheme] as const)),
)("calls of %s over %s, large and small ones together, are answered with what they carry", async ([id, scheme], t) => {
  const router = createRealm(t);
  const { url } = await router.listen(scheme === "rs" ? rawSocket({}) : {});
  const options = { url, realm: REALM, serializers: [SERIALIZERS.find((each) => each.id === id)] as never };
  const [caller, callee] = [await connect(options), await connect(options)];
  t.onTestFinished(async () => void (await Promise.all([caller.close(), callee.close()])));
  await callee.register(ECHO, ({ args }) => args);
  const random = createRandom(1);
  const sent = Array.from({ length: 60 }, (_, index) => {
    const bytes = random() < 0.5 ? 100 : Math.floor(random() * 300_000);
    return [index, textOf(index, bytes), { rows: Array.from({ length: 40 }, (_, row) => ({ row, index })) }];
  });
  const results = await Promise.all(sent.map((args) => caller.call(ECHO, args)));
  expect(results.map(({ args }) => digest(args[0] as unknown[]))).toEqual(sent.map(digest));
});

test.for(
  SERIALIZERS.flatMap((serializer) => [false, true].map((batched) => ({ id: serializer.id, serializer, batched }))),
)("$id, batched: $batched: a callee that reads late gets the calls that were made meanwhile", async ({
  serializer,
  batched,
}, t) => {
  const router = createRealm(t);
  const { url } = await router.listen();
  const callee = await FrameClient.join(t, url, serializer, { batched });
  callee.sendList([64, 1, {}, ECHO]);
  await callee.receive("REGISTERED");
  const caller = await FrameClient.join(t, url, serializer);
  callee.ws.pause();
  for (let call = 1; call <= 100; call++) caller.sendList([48, call, {}, ECHO, [textOf(call)]]);
  await expect.poll(() => router.stats(REALM).pendingCalls).toBeGreaterThan(60); // what the callee's socket takes is less
  callee.ws.resume();
  for (let call = 1; call <= 100; call++) {
    const { request, payload } = await callee.receive("INVOCATION");
    expect(digest(payload.args)).toBe(digest([textOf(call)]));
    callee.sendList([70, request, {}, [textOf(call)]]);
  }
});

test("a call that is made again carries what it carried", async (t) => {
  const { url } = await createRealm(t).listen();
  const [serializer] = SERIALIZERS as [(typeof SERIALIZERS)[0]];
  const callees: FrameClient[] = [];
  for (let index = 0; index < 2; index++) {
    const roles = { ...CLIENT_DETAILS.roles, callee: { features: { call_reroute: true, shared_registration: true } } };
    const callee = await FrameClient.join(t, url, serializer, { details: { roles } });
    callee.sendList([64, 1, { invoke: "first" }, ECHO]);
    await callee.receive("REGISTERED");
    callees.push(callee);
  }
  const caller = await FrameClient.join(t, url, serializer);
  for (let call = 1; call <= 20; call++) caller.sendList([48, call, {}, ECHO, [textOf(call)]]);
  const [busy, idle] = callees as [FrameClient, FrameClient];
  for (let call = 1; call <= 20; call++) {
    const { request } = await busy.receive("INVOCATION");
    busy.sendList([8, 68, request, {}, "wamp.error.unavailable"]);
  }
  for (let call = 1; call <= 20; call++) {
    expect(digest((await idle.receive("INVOCATION")).payload.args)).toBe(digest([textOf(call)]));
  }
});

test("a policy that asks for a payload later gets it, the call's and the result's", async (t) => {
  const asked: (() => { readonly args: readonly unknown[] })[] = [];
  const policy = {
    call: ({ payload }: { payload(): { readonly args: readonly unknown[] } }) => void asked.push(payload),
    result: ({ payload }: { payload(): { readonly args: readonly unknown[] } }) => void asked.push(payload),
  };
  const { url } = await createRealm(t, { policies: [policy] }).listen();
  const [serializer] = SERIALIZERS as [(typeof SERIALIZERS)[0]];
  const callee = await FrameClient.join(t, url, serializer);
  callee.sendList([64, 1, {}, ECHO]);
  await callee.receive("REGISTERED");
  const caller = await FrameClient.join(t, url, serializer);
  caller.sendList([48, 1, {}, ECHO, [textOf(1)]]);
  const { request } = await callee.receive("INVOCATION");
  callee.sendList([70, request, {}, [textOf(2)]]);
  await caller.receive("RESULT");
  expect(asked.map((payload) => digest(payload().args))).toEqual([digest([textOf(1)]), digest([textOf(2)])]);
});

test.for(SERIALIZERS)("$id: large calls in one batch are told apart", async (serializer, t) => {
  const { url } = await createRealm(t).listen();
  const callee = await FrameClient.join(t, url, serializer);
  callee.sendList([64, 1, {}, ECHO]);
  await callee.receive("REGISTERED");
  const caller = await FrameClient.join(t, url, serializer, { batched: true });
  caller.sendBatch(Array.from({ length: 10 }, (_, index) => [48, index + 1, {}, ECHO, [textOf(index)]]));
  for (let index = 0; index < 10; index++)
    expect(digest((await callee.receive("INVOCATION")).payload.args)).toBe(digest([textOf(index)]));
});

test("calls that wait for an authorizer carry what they carried", async (t) => {
  const gate = createGate();
  const authorize = async (_who: unknown, action: string) => {
    if (action === "call") await gate.promise;
    return true;
  };
  const { url } = await createRealm(t, { authorize }).listen();
  const [serializer] = SERIALIZERS as [(typeof SERIALIZERS)[0]];
  const callee = await FrameClient.join(t, url, serializer);
  callee.sendList([64, 1, {}, ECHO]);
  await callee.receive("REGISTERED");
  const callers = [await FrameClient.join(t, url, serializer), await FrameClient.join(t, url, serializer)];
  for (const [index, caller] of callers.entries()) caller.sendList([48, 1, {}, ECHO, [textOf(index)]]);
  gate.open();
  const digests: string[] = [];
  for (let index = 0; index < 2; index++) {
    digests.push(digest((await callee.receive("INVOCATION")).payload.args));
  }
  expect(digests.sort()).toEqual([digest([textOf(0)]), digest([textOf(1)])].sort());
});

test("a call in fragments, and one that stands in the same chunk as others, arrive as they were sent", async (t) => {
  const { url } = await createRealm(t).listen();
  for (const serializer of SERIALIZERS) {
    const uri = `${ECHO}.${serializer.id}`;
    const callee = await FrameClient.join(t, url, serializer);
    callee.sendList([64, 1, {}, uri]);
    await callee.receive("REGISTERED");
    const caller = await FrameClient.join(t, url, serializer, { perMessageDeflate: false });
    for (let call = 1; call <= 10; call++) {
      const bytes = listBytes(serializer, [48, 2 * call - 1, {}, uri, [textOf(call, 40_000 * call)]]);
      for (let at = 0; at < bytes.length; at += 30_000) {
        const fin = at + 30_000 >= bytes.length;
        caller.ws.send(bytes.subarray(at, at + 30_000), { fin, binary: serializer.binary });
      }
      caller.sendList([48, 2 * call, {}, uri, [call]]);
    }
    for (let call = 1; call <= 10; call++) {
      expect(digest((await callee.receive("INVOCATION")).payload.args)).toBe(digest([textOf(call, 40_000 * call)]));
      expect((await callee.receive("INVOCATION")).payload.args).toEqual([call]);
    }
  }
});
