/** A payload that nests too deep is refused alone: whoever asked gets ERROR, and both sessions go on. */
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { createRouter } from "wampact/router";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { FrameClient } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const PROCEDURE = "com.example.work";
const deep = (levels: number): unknown => {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
};

async function start(t: TestContext): Promise<string> {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return (await router.listen()).url;
}

for (const serializer of [json, msgpack, cbor].map((make) => make({ maxDepth: 512 }))) {
  test(`fact 8: args nested 128 deep pass, one level more is ERROR for that request (${serializer.id})`, async (t) => {
    const url = await start(t);
    const [caller, callee] = [await FrameClient.join(t, url, serializer), await FrameClient.join(t, url, serializer)];
    callee.sendList([64, 1, {}, PROCEDURE]);
    await callee.receive("REGISTERED");
    caller.sendList([48, 1, {}, PROCEDURE, [deep(127)]]); // args are the first level
    const { request } = await callee.receive("INVOCATION");
    callee.sendList([70, request, {}, [deep(128)]]);
    expect(await caller.receive("ERROR")).toMatchObject({ request: 1, error: "wamp.error.invalid_argument" });
    caller.sendList([48, 2, {}, PROCEDURE, [deep(128)]]);
    const refused = await caller.receive("ERROR");
    expect(refused).toMatchObject({ request: 2, error: "wamp.error.invalid_argument" });
    expect(refused.payload.args[0]).toContain("deeper than 128 levels");
    caller.sendList([16, 3, { acknowledge: true }, "com.example.topic", [deep(128)]]);
    expect(await caller.receive("ERROR")).toMatchObject({ request: 3, error: "wamp.error.invalid_argument" });
    caller.sendList([16, 4, {}, "com.example.topic", [deep(128)]]);
    caller.sendList([48, 5, {}, PROCEDURE, ["still here"]]);
    expect((await callee.receive("INVOCATION")).payload.args).toEqual(["still here"]);
  });
}

test("our peer rejects a result that it cannot read, answers such an invocation, and goes on", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }], serializers: [json({ maxDepth: 300 })] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const errors: unknown[] = [];
  const generous = await connect({ url, realm: REALM, serializers: [json({ maxDepth: 300 })] });
  const strict = await connect({ url, realm: REALM, onError: (error) => errors.push(error) });
  await generous.register(PROCEDURE, () => deep(200));
  await strict.register("com.example.strict", () => "fine");
  await strict.subscribe("com.example.topic", () => {});
  expect(await strict.call(PROCEDURE).safe()).toMatchObject({
    ok: false,
    error: { uri: "wamp.error.invalid_argument" },
  });
  expect(await generous.call("com.example.strict", [deep(200)]).safe()).toMatchObject({
    ok: false,
    error: { uri: "wamp.error.invalid_argument" },
  });
  await generous.publish("com.example.topic", [deep(200)], {}, { acknowledge: true });
  await expect.poll(() => errors.length).toBe(1);
  expect((await generous.call("com.example.strict")).args).toEqual(["fine"]);
  for (const peer of [generous, strict]) await peer.close();
});
