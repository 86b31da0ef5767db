/** Payloads that a router keeps: they take the memory of their bytes, also after peers with another serializer have received it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { FrameClient, listen } from "../support/frames.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Some 300 kB as JSON, and more than 4 MB as values. */
const VALUES = Array.from({ length: 100_000 }, () => []);
const COUNT = 20;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test("retained events hold no decoded values", async (t) => {
  const { url } = await listen(t);
  const publisher = await FrameClient.join(t, url, json());
  for (let request = 1; request <= COUNT; request++) {
    publisher.sendList([16, request, { acknowledge: true, retain: true }, `com.example.topic${request}`, VALUES]);
    await publisher.receive("PUBLISHED");
  }
  const before = heapBytes();
  const subscriber = await FrameClient.join(t, url, cbor());
  subscriber.sendList([32, 1, { match: "prefix", get_retained: true }, "com.example."]);
  await subscriber.receive("SUBSCRIBED");
  for (let event = 1; event <= COUNT; event++) await subscriber.receive("EVENT");
  expect(heapBytes() - before).toBeLessThan(20_000_000);
});

test("a call that may go to another callee holds no decoded values", async (t) => {
  const { url } = await listen(t);
  const callee = await FrameClient.join(t, url, cbor());
  callee.sendList([64, 1, { invoke: "roundrobin" }, "com.example.never"]);
  await callee.receive("REGISTERED");
  const caller = await FrameClient.join(t, url, json());
  const before = heapBytes();
  for (let request = 1; request <= COUNT; request++) {
    caller.sendList([48, request, { _idempotent: true }, "com.example.never", VALUES]);
    await callee.receive("INVOCATION");
  }
  expect(heapBytes() - before).toBeLessThan(20_000_000);
});
