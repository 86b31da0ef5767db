import { expect, test } from "vitest";
import { FrameClient, listen, SERIALIZERS } from "../support/frames.js";

const [JSON_, MSGPACK, CBOR] = SERIALIZERS as [
  (typeof SERIALIZERS)[number],
  (typeof SERIALIZERS)[number],
  (typeof SERIALIZERS)[number],
];
const ECHO = "com.example.echo";
const TOPIC = "com.example.news";

/** Sends JSON as it stands. */
function sendJson(client: FrameClient, text: string): void {
  client.sendBytes(Buffer.from(text));
}

test.for([
  ["half a surrogate pair", '["\\ud800"]', ["\ud800"]],
  ["half a surrogate pair in a key", '[{"a\\udfff":1}]', [{ "a\udfff": 1 }]],
  ["an integer beyond 64 bits", "[18446744073709551616]", [18446744073709551616n]],
] as const)("%s, which JSON carries, reaches JSON peers as it was and no binary peer as something else", async ([
  ,
  args,
  arrived,
], t) => {
  const { url } = await listen(t);
  const sender = await FrameClient.join(t, url, JSON_);
  for (const serializer of SERIALIZERS) {
    const callee = await FrameClient.join(t, url, serializer);
    callee.sendList([64, 1, {}, `${ECHO}.${serializer.id}`]);
    await callee.receive("REGISTERED");
    sendJson(sender, `[48,${SERIALIZERS.indexOf(serializer) + 1},{},"${ECHO}.${serializer.id}",${args}]`);
    if (serializer === JSON_) {
      const { request, payload } = await callee.receive("INVOCATION");
      expect(payload.args).toEqual(arrived);
      callee.sendList([70, request, {}]);
      await sender.receive("RESULT");
    } else {
      const { error, payload } = await sender.receive("ERROR");
      expect([error, payload.args]).toEqual([
        "wamp.error.invalid_argument",
        [
          expect.stringMatching(
            /^the payload cannot be sent to the receiver: args\[0\].* cannot be (?:serialized|encoded)/,
          ),
        ],
      ]);
    }
  }
});

test("an event that a subscriber's serializer cannot carry is dropped for that subscriber alone", async (t) => {
  const { url } = await listen(t);
  const publisher = await FrameClient.join(t, url, JSON_);
  const subscribers = await Promise.all(SERIALIZERS.map((serializer) => FrameClient.join(t, url, serializer)));
  for (const subscriber of subscribers) {
    subscriber.sendList([32, 1, {}, TOPIC]);
    await subscriber.receive("SUBSCRIBED");
  }
  sendJson(publisher, `[16,1,{},"${TOPIC}",["\\ud800"]]`);
  sendJson(publisher, `[16,2,{},"${TOPIC}",["whole"]]`);
  expect((await (subscribers[0] as FrameClient).receive("EVENT")).payload.args).toEqual(["\ud800"]);
  for (const subscriber of subscribers) expect((await subscriber.receive("EVENT")).payload.args).toEqual(["whole"]);
});

test("text that JSON has for binary, sent in a binary serializer, is refused for a JSON callee", async (t) => {
  const { url } = await listen(t);
  const callee = await FrameClient.join(t, url, JSON_);
  callee.sendList([64, 1, {}, ECHO]);
  await callee.receive("REGISTERED");
  for (const serializer of [MSGPACK, CBOR]) {
    const caller = await FrameClient.join(t, url, serializer);
    caller.sendList([48, 1, {}, ECHO, ["\0AQ=="]]);
    expect(await caller.receive("ERROR")).toMatchObject({ error: "wamp.error.invalid_argument" });
    caller.sendList([48, 2, {}, ECHO, ["\0 is no Base64"]]);
    const { request, payload } = await callee.receive("INVOCATION");
    expect(payload.args).toEqual(["\0 is no Base64"]);
    callee.sendList([70, request, {}]);
    await caller.receive("RESULT");
  }
});

test("a URI that holds a control character or half a surrogate pair is refused", async (t) => {
  const { url } = await listen(t);
  const client = await FrameClient.join(t, url, JSON_);
  for (const [index, character] of ["\\u0000", "\\u001f", "\\ud800", "\\udfff"].entries()) {
    const request = index * 2 + 1;
    sendJson(client, `[64,${request},{},"com.a${character}.b"]`);
    expect(await client.receive("ERROR")).toMatchObject({ request, error: "wamp.error.invalid_uri" });
    sendJson(client, `[32,${request + 1},{"match":"wildcard"},"com..${character}"]`);
    expect(await client.receive("ERROR")).toMatchObject({ request: request + 1, error: "wamp.error.invalid_uri" });
  }
});

test("what is quoted from a client in an ABORT can be sent to it", async (t) => {
  const { url } = await listen(t);
  for (const text of ['[1,"com.a\\ud800",{"roles":{"caller":{}}}]', '[1,"com.example",{"roles":{"\\udfff":5}}]']) {
    const client = await FrameClient.open(t, url, JSON_);
    sendJson(client, text);
    const { details } = await client.receive("ABORT");
    expect(details.message).toMatch(/\ufffd/);
  }
});
