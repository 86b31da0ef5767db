import { expect, test } from "vitest";
import { createClient, error, procedure, serve, topic } from "wampact";
import { cbor } from "wampact/cbor";
import { endToEnd } from "wampact/encryption";
import { msgpack } from "wampact/msgpack";
import { json, type Passthru, type PayloadScheme, result, WampError, type WampEvent } from "wampact/peer";
import * as z from "zod";
import { FULL_DETAILS } from "../support/advanced.js";
import { connectToFake } from "../support/fake-router.js";
import { connectPeer, failureOf, Inbox, join } from "../support/peers.js";
import { type RawClient, REALM, startRouter } from "../support/raw.js";

type Test = Parameters<typeof startRouter>[0];

const key = (fill: number) => new Uint8Array(32).fill(fill);
const KEYS = { one: key(1), two: key(2) };
const secret = endToEnd({ keys: KEYS, encrypt: [{ uri: "com.example.secret.", match: "prefix", keyId: "one" }] });
const PACKED = { ppt_scheme: "wamp", ppt_serializer: "cbor", ppt_cipher: "xsalsa20poly1305", ppt_keyid: "one" };
const PROCEDURE = "com.example.secret.double";
const TOPIC = "com.example.secret.news";

const unreadable = (why: string) => ({ uri: "wampact.error.unreadable_payload", args: [why] });

/** Two peers that know the keys. */
async function startPeers(t: Test, scheme: PayloadScheme = secret) {
  const { router, join: joinRaw } = startRouter(t);
  const told: unknown[] = [];
  const options = { passthru: [scheme], onError: (each: unknown) => told.push(each) };
  return {
    router,
    told,
    caller: await join(t, router, options),
    callee: await join(t, router, options),
    /** A client that sees what travels, and has no key. */
    raw: (): Promise<RawClient> => joinRaw(FULL_DETAILS),
  };
}

test.for([
  json,
  msgpack,
  cbor,
])("a packed call and its answer cross from serializer %# to each of the three", async (serializer, t) => {
  const { router } = startRouter(t);
  const { url } = await router.listen();
  const passthru = [secret];
  const caller = await connectPeer(t, { url, serializers: [serializer()], passthru });
  for (const other of [json, msgpack, cbor]) {
    const callee = await connectPeer(t, { url, serializers: [other()], passthru });
    const served = await callee.register(PROCEDURE, ({ args, kwargs, details }) => {
      expect(details).toMatchObject(PACKED);
      return result([Number(args[0]) * 2, kwargs], { bytes: kwargs.bytes });
    });
    const bytes = Uint8Array.of(0, 1, 255);
    const answer = await caller.call(PROCEDURE, [21], { bytes, text: "é", big: 2n ** 60n });
    expect(answer.args).toEqual([42, { bytes, text: "é", big: 2n ** 60n }]);
    expect(answer.kwargs).toEqual({ bytes });
    expect(answer.details).toEqual(PACKED);
    await served.unregister();
  }
});

test("fact 54: what travels is one binary argument with the four keys, and no value of it can be read", async (t) => {
  const { caller, raw } = await startPeers(t);
  const callee = await raw();
  await callee.register(PROCEDURE);
  const call = caller.call(PROCEDURE, ["the secret"], { named: "the other secret" });
  const { request, details, args, kwargs } = await callee.receive("INVOCATION");
  expect(details).toEqual(PACKED);
  expect(args).toEqual([expect.any(Uint8Array)]);
  expect(kwargs).toEqual({});
  expect(Buffer.from(args[0]).includes("secret")).toBe(false);
  callee.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error: "wamp.error.canceled" });
  expect(await failureOf(call)).toMatchObject({ uri: "wamp.error.canceled" }); // an error in the open is the router's or says nothing
});

test("progress, chunks and errors of a packed call are packed as the call is", async (t) => {
  const { caller, callee } = await startPeers(t);
  await callee.register(PROCEDURE, async ({ chunks, progress }) => {
    for await (const { args, details } of chunks) {
      expect(details).toMatchObject(PACKED);
      progress(args);
    }
    throw new WampError("com.example.error.full", { args: [1], kwargs: { limit: 10 } });
  });
  async function* chunks() {
    yield { args: ["a"] };
    yield { args: ["b"] };
  }
  const call = caller.call(PROCEDURE, [], {}, { receiveProgress: true, chunks: chunks() });
  const heard: unknown[] = [];
  const loop = (async () => {
    for await (const { args, details } of call) heard.push([args, details]);
  })();
  expect(await failureOf(loop)).toMatchObject({ uri: "com.example.error.full", args: [1], kwargs: { limit: 10 } });
  expect(heard).toEqual([
    [["a"], { progress: true, ...PACKED }],
    [["b"], { progress: true, ...PACKED }],
  ]);
});

test("an ERROR of a packed call hides its arguments from the router", async (t) => {
  const { callee, raw } = await startPeers(t);
  await callee.register(PROCEDURE, () => {
    throw new WampError("com.example.error.full", { args: ["the secret"] });
  });
  const caller = await raw();
  const how: Passthru = { scheme: "wamp", serializer: "cbor", cipher: "xsalsa20poly1305", keyId: "one" };
  caller.call(PROCEDURE, PACKED, [secret.pack({ args: [], kwargs: {} }, how)]);
  const { details, args } = await caller.receive("ERROR");
  expect(details).toEqual(PACKED);
  expect(secret.unpack(args[0], how, PROCEDURE)).toEqual({ args: ["the secret"], kwargs: {} });
});

test("a packed event reaches those with the key, by exact topic and by pattern, and retained ones later", async (t) => {
  const { caller, callee } = await startPeers(t);
  const inbox = new Inbox<WampEvent>();
  await callee.subscribe(TOPIC, inbox.push);
  await callee.subscribe("com.example.", inbox.push, { match: "prefix" });
  await caller.publish(TOPIC, ["news"], { n: 1 }, { acknowledge: true, retain: true });
  for (const topicOf of [{}, { topic: TOPIC }]) {
    const { args, kwargs, details } = await inbox.next();
    expect([args, kwargs, details]).toEqual([["news"], { n: 1 }, { ...PACKED, ...topicOf }]);
  }
  const late = new Inbox<WampEvent>();
  await callee.subscribe("com.example.secret..", late.push, { match: "wildcard" });
  await callee.subscribe("com..secret.news", late.push, { match: "wildcard", getRetained: true });
  expect((await late.next()).args).toEqual(["news"]);
});

test("a call in the open to a procedure that is to be packed never reaches the handler", async (t) => {
  const { callee, raw } = await startPeers(t);
  await callee.register(PROCEDURE, () => expect.unreachable("it was given plain values"));
  const intruder = await raw();
  intruder.call(PROCEDURE, {}, ["forged"]);
  expect(await intruder.receive("ERROR")).toMatchObject({
    error: "wampact.error.unreadable_payload",
    args: ['expected the scheme "wamp", got none'],
  });
});

test("a result in the open to a packed call is refused by the caller", async (t) => {
  const { caller, raw } = await startPeers(t);
  const callee = await raw();
  await callee.register(PROCEDURE);
  const call = caller.call(PROCEDURE, [1]);
  const { request } = await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request, options: {}, args: ["forged"] });
  expect(await failureOf(call)).toMatchObject(unreadable('expected the scheme "wamp", got none'));
});

test("an event in the open, or under another key, is dropped and told to onError", async (t) => {
  const { callee, raw, told } = await startPeers(t);
  const inbox = new Inbox<WampEvent>();
  await callee.subscribe(TOPIC, inbox.push);
  const intruder = await raw();
  const other: Passthru = { scheme: "wamp", serializer: "cbor", cipher: "aes256gcm", keyId: "two" };
  await intruder.publish(TOPIC, {}, ["forged"]);
  const keys = { ...PACKED, ppt_cipher: "aes256gcm", ppt_keyid: "two" };
  await intruder.publish(TOPIC, keys, [secret.pack({ args: ["of another"], kwargs: {} }, other)]);
  const how: Passthru = { scheme: "wamp", serializer: "cbor", cipher: "xsalsa20poly1305", keyId: "one" };
  const spoilt = secret.pack({ args: ["true"], kwargs: {} }, how);
  spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
  await intruder.publish(TOPIC, PACKED, [spoilt]);
  await intruder.publish(TOPIC, PACKED, [secret.pack({ args: ["true"], kwargs: {} }, how)]);
  expect((await inbox.next()).args).toEqual(["true"]);
  expect(told).toMatchObject([
    unreadable('expected the scheme "wamp", got none'),
    unreadable('expected the key "one", got "two"'),
    unreadable("decryption failed: the key is wrong or the payload was modified"),
  ]);
});

test("a key that is being replaced is still read where the rule accepts it", async (t) => {
  const rotated = endToEnd({
    keys: KEYS,
    encrypt: [{ uri: PROCEDURE, keyId: "two", accept: ["one"] }],
    cipher: "aes256gcm",
  });
  const { router } = startRouter(t);
  const [old, renewed] = [
    await join(t, router, { passthru: [secret] }),
    await join(t, router, { passthru: [rotated] }),
  ];
  await renewed.register(PROCEDURE, ({ args, details }) => [args[0], details.ppt_keyid]);
  expect((await old.call(PROCEDURE, [1])).args).toEqual([[1, "one"]]); // answered under the key of the question
});

test("without a scheme of that name the one binary argument and its keys pass as they are", async (t) => {
  const { router } = startRouter(t);
  const [caller, callee] = [await join(t, router), await join(t, router)];
  const passthru: Passthru = { scheme: "mqtt", serializer: "native" };
  await callee.register("com.example.mqtt", ({ args, details }) => {
    expect(details).toEqual({ ppt_scheme: "mqtt", ppt_serializer: "native" });
    return result(args, {}, { passthru: { scheme: "x_other" } });
  });
  const answer = await caller.call("com.example.mqtt", [Uint8Array.of(1, 2)], {}, { passthru });
  expect(answer).toEqual({ args: [Uint8Array.of(1, 2)], kwargs: {}, details: { ppt_scheme: "x_other" } });
  expect(() => caller.call("com.example.mqtt", ["text"], {}, { passthru })).toThrow(
    'passthru: no scheme "mqtt" is configured, so expected one Uint8Array as the only argument',
  );
});

test("the typed layer does not notice: contracts work over packed payloads, refusals and errors included", async (t) => {
  const tooLarge = error("com.example.secret.error.too_large", z.object({ limit: z.number() }));
  const contract = {
    tooLarge,
    double: procedure(PROCEDURE, { input: z.object({ n: z.int() }), output: z.int(), errors: { tooLarge } }),
    news: topic(TOPIC, { event: z.object({ n: z.int() }) }),
  };
  const { caller, callee } = await startPeers(t);
  await serve(callee, contract, {
    double({ n }, { errors }) {
      if (n > 10) throw errors.tooLarge({ limit: 10 });
      return n * 2;
    },
  });
  const client = createClient(caller, contract);
  expect(await client.double({ n: 2 })).toBe(4);
  expect(await client.double({ n: 20 }).safe()).toMatchObject({ error: { code: "tooLarge", data: { limit: 10 } } });
  const inbox = new Inbox<unknown>();
  await createClient(callee, contract).news.subscribe((event) => inbox.push(event.data));
  await client.news.publish({ n: 3 });
  expect(await inbox.next()).toEqual({ n: 3 });
});

test("a router that has not announced payload passthru is sent nothing packed", async (t) => {
  const { peer, router } = await connectToFake(t, { passthru: [secret] });
  const unsupported = {
    uri: "wamp.error.feature_not_supported",
    args: ["the router has not announced payload_passthru_mode"],
  };
  expect(await failureOf(peer.call(PROCEDURE, [1]))).toMatchObject(unsupported);
  expect(await failureOf(peer.publish(TOPIC, [1]))).toMatchObject(unsupported);
  void peer.publish("com.example.open", [1]);
  expect(await router.receive("PUBLISH")).toEqual([1, {}, "com.example.open", [1]]);
});

test.for([
  [{ keys: { a: key(1).slice(1) }, encrypt: [] }, 'keys["a"]: expected a Uint8Array of 32 bytes'],
  [{ keys: KEYS, encrypt: [{ uri: "com.a", keyId: "three" }] }, 'encrypt "com.a": there is no key "three"'],
  [
    { keys: KEYS, encrypt: [], cipher: "des" as "aes256gcm" },
    'endToEnd.cipher: expected "xsalsa20poly1305" or "aes256gcm", got "des"',
  ],
  [
    { keys: KEYS, encrypt: [], encypt: [] } as { keys: typeof KEYS; encrypt: [] },
    'endToEnd.encypt: unknown option; did you mean "encrypt"?',
  ],
  [
    { keys: KEYS, encrypt: [{ uri: "com.a.", macth: "prefix", keyId: "one" } as { uri: string; keyId: string }] },
    'endToEnd.encrypt[0].macth: unknown option; did you mean "match"?',
  ],
  [{ keys: KEYS } as { keys: typeof KEYS; encrypt: [] }, "endToEnd: expected keys and encrypt"],
] as const)("endToEnd rejects invalid options, case %#", ([options, message]) => {
  expect(() => endToEnd(options)).toThrow(new TypeError(message));
});

test("two schemes of one name are refused", async (t) => {
  const { router } = startRouter(t);
  const failure = await failureOf(join(t, router, { realm: REALM, passthru: [secret, secret] }));
  expect(failure).toEqual(new TypeError("passthru: expected each scheme once"));
});
