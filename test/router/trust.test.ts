/** `trustPayloads`: what a trusted peer sends is passed on as it came; anybody else's is verified. */
import { expect, type TestContext, test } from "vitest";
import { type Authenticator, createRouter, type RealmConfig } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { FrameClient, listBytes, SERIALIZERS } from "../support/frames.js";
import { createGate } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const [JSON_SERIALIZER, MSGPACK] = SERIALIZERS as [(typeof SERIALIZERS)[0], (typeof SERIALIZERS)[0]];
const SPOILT = '[48,1,{},"com.example.echo",[1,tru]]';

async function start(t: TestContext, trustPayloads: RealmConfig["trustPayloads"]): Promise<string> {
  const router = createRouter({ realms: [{ name: REALM, ...(trustPayloads !== undefined && { trustPayloads }) }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return (await router.listen()).url;
}

async function callee(t: TestContext, url: string, serializer = JSON_SERIALIZER): Promise<FrameClient> {
  const client = await FrameClient.join(t, url, serializer);
  client.sendList([64, 1, {}, "com.example.echo"]);
  await client.receive("REGISTERED");
  return client;
}

test.for([
  undefined,
  false,
  () => false,
  ({ authrole }: { readonly authrole: string }) => authrole === "backend",
])("by default, and where a function says no, a spoilt payload ends its sender's session (%s)", async (trustPayloads, t) => {
  const url = await start(t, trustPayloads);
  const caller = await FrameClient.join(t, url, JSON_SERIALIZER);
  await callee(t, url);
  caller.sendBytes(new TextEncoder().encode(SPOILT));
  expect((await caller.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test.for([
  true,
  ({ authrole }: { readonly authrole: string }) => authrole === "anonymous",
])("a trusted peer's payload reaches its receiver byte by byte (%s)", async (trustPayloads, t) => {
  const url = await start(t, trustPayloads);
  const caller = await FrameClient.join(t, url, JSON_SERIALIZER);
  const { ws } = await callee(t, url);
  ws.removeAllListeners("message"); // which would parse it
  const frame = new Promise((resolve) => ws.once("message", (data) => resolve(String(data))));
  caller.sendBytes(new TextEncoder().encode(SPOILT));
  expect(await frame).toMatch(/^\[68,1,\d+,\{\},\[1,tru\]\]$/);
});

test.for(SERIALIZERS)("trusted: calls, options and empty payloads pass as ever over $id", async (serializer, t) => {
  const url = await start(t, true);
  const [answering, caller] = [await callee(t, url, serializer), await FrameClient.join(t, url, serializer)];
  const payloads = [[], [[1, "two", { three: 3 }]], [[], { a: 1 }], [null], [null, { b: null }]];
  for (const [index, payload] of payloads.entries()) {
    caller.sendList([48, index + 1, { timeout: 5_000 }, "com.example.echo", ...payload]);
    const invocation = await answering.receive("INVOCATION");
    const { args, kwargs } = invocation.payload;
    expect([args, kwargs]).toEqual([payload[0] ?? [], payload[1] ?? {}]);
    answering.sendList([70, invocation.request, {}, ...payload]);
    const result = await caller.receive("RESULT");
    expect([result.payload.args, result.payload.kwargs]).toEqual([args, kwargs]);
  }
});

test("a trusted answer that cannot be turned into the caller's serializer is an ERROR for the caller", async (t) => {
  const url = await start(t, true);
  const [answering, caller] = [await callee(t, url), await FrameClient.join(t, url, MSGPACK)];
  caller.sendList([48, 1, {}, "com.example.echo"]);
  const { request } = await answering.receive("INVOCATION");
  answering.sendBytes(new TextEncoder().encode(`[70,${request},{},[nonsense]]`));
  const error = await caller.receive("ERROR");
  expect(error.error).toBe("wamp.error.invalid_argument");
  expect(error.payload.args[0]).toContain("malformed JSON");
});

test.for(SERIALIZERS)("trusted: what is no message at all still ends the session ($id)", async (serializer, t) => {
  const url = await start(t, true);
  const client = await FrameClient.join(t, url, serializer);
  client.sendBytes(listBytes(serializer, [48, 1, {}, "com.example.echo", "no list"]));
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test("trust that a refresh takes away is gone for what the session sends from then on", async (t) => {
  let trusted = true;
  const router = createRouter({ realms: [{ name: REALM, trustPayloads: () => trusted }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const [answering, caller] = [await callee(t, url), await FrameClient.join(t, url, JSON_SERIALIZER)];
  trusted = false;
  await router.refresh(REALM);
  caller.sendBytes(new TextEncoder().encode(SPOILT));
  expect((await caller.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  answering.sendList([64, 2, {}, "com.example.other"]);
  await answering.receive("REGISTERED");
});

test("trust ends with its session, also for what comes before the next one on its connection stands", async (t) => {
  const trustPayloads = ({ authid }: { readonly authid: string }) => authid === "ada";
  let next = "ada";
  const authenticator: Authenticator = {
    method: "anonymous",
    begin: async () => ({ type: "accepted", principal: { authid: next, authrole: "user", authprovider: "test" } }),
  };
  const router = createRouter({ realms: [{ name: REALM, trustPayloads, auth: [authenticator] }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const client = await FrameClient.join(t, (await router.listen()).url, JSON_SERIALIZER);
  client.sendList([6, {}, "wamp.close.close_realm"]);
  await client.receive("GOODBYE");
  next = "eve";
  client.sendList([1, REALM, { roles: { caller: {} } }]);
  client.sendBytes(new TextEncoder().encode(SPOILT));
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test("a spoilt payload of a trusted peer that waits for its authorizer ends its session, and what waits behind it is dropped", async (t) => {
  const gate = createGate();
  const faults: unknown[] = [];
  const authorize = async () => {
    await gate.promise;
    return true;
  };
  const router = createRouter({
    realms: [{ name: REALM, trustPayloads: true, authorize }],
    onError: (error) => void faults.push(error),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const client = await FrameClient.join(t, (await router.listen()).url, JSON_SERIALIZER);
  client.sendList([64, 1, {}, "com.example.first"]);
  client.sendBytes(new TextEncoder().encode('[48,2,{},"wamp.session.add_testament",[tru]]'));
  client.sendList([64, 3, {}, "com.example.second"]);
  await expect.poll(() => router.stats(REALM).sessions).toBe(1);
  gate.open();
  await client.receive("REGISTERED");
  expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  expect([router.stats(REALM).registrations, faults]).toEqual([0, []]);
});

test("a spoilt decision of a trusted authorizing procedure is a failed one", async (t) => {
  const decide = "com.example.decide";
  const allow = ["call", "register"] as const;
  const router = createRouter({
    realms: [
      {
        name: REALM,
        trustPayloads: true,
        authorize: decide,
        roles: { anonymous: { permissions: [{ uri: "", match: "prefix", allow }] } },
      },
    ],
    onError: () => {},
    clock: createFakeClock(), // no timeout helps
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const [authorizer, client] = [
    await FrameClient.join(t, url, JSON_SERIALIZER),
    await FrameClient.join(t, url, JSON_SERIALIZER),
  ];
  authorizer.sendList([64, 1, {}, decide]);
  await authorizer.receive("REGISTERED");
  client.sendList([64, 1, {}, "com.example.work"]);
  const { request } = await authorizer.receive("INVOCATION");
  authorizer.sendBytes(new TextEncoder().encode(`[70,${request},{},[tru]]`));
  expect((await client.receive("ERROR")).error).toBe("wamp.error.authorization_failed");
});
