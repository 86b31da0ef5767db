/** A connection's compressor with a long queue. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect, type TestContext, test } from "vitest";
import { createRouter } from "wampact/router";
import { WebSocket } from "ws";
import type { Frame } from "../../src/transport/frame.js";
import { Deflater, negotiate } from "../../src/transport/websocket/compression.js";
import { FrameClient, SERIALIZERS } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const [JSON_SERIALIZER] = SERIALIZERS as [(typeof SERIALIZERS)[0]];

test("200,000 small frames behind a large one are written in order", async () => {
  const written: Frame[] = [];
  const deflater = deflaterTo((frame) => written.push(frame));
  deflater.send([frameOf(2_000)]);
  const small = Array.from({ length: 200_000 }, () => [frameOf(10)]);
  for (const frame of small) deflater.send(frame);
  expect(written).toHaveLength(0);
  await new Promise<void>((resolve) => deflater.onceEmpty(resolve));
  expect(written).toHaveLength(200_001);
  expect(written.slice(1)).toEqual(small);
  expect(deflater.waitingBytes).toBe(0);
});

test("frames that were dropped are never written, and whoever waits for the end is told", async () => {
  const written: Frame[] = [];
  const deflater = deflaterTo((frame) => written.push(frame));
  for (let frame = 0; frame < 3; frame++) deflater.send([frameOf(2_000)]);
  const empty = new Promise<void>((resolve) => deflater.onceEmpty(resolve));
  deflater.drop();
  await empty;
  await new Promise<void>((resolve) => deflater.onceEmpty(resolve));
  expect(deflater.waitingBytes).toBe(0);
  expect(written).toHaveLength(0);
});

test("a failure to write is told, not thrown", async () => {
  const fault = new Error("a fault of the socket");
  const failed = new Promise<unknown>((resolve) => {
    const deflater = deflaterTo(() => {
      throw fault;
    }, resolve);
    deflater.send([frameOf(2_000)]);
  });
  expect(await failed).toBe(fault);
});

test.for([
  [300_000, 40],
  [900_000, 14],
] as const)("a subscriber that reads events of %d bytes is not cut for what waits for its compressor: the publisher waits", async ([
  bytes,
  count,
], t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ perMessageDeflate: true, maxUnsentBytes: 1e6 });
  const [subscriber, publisher] = [await join(t, url, true), await join(t, url, false)];
  subscriber.sendList([32, 1, {}, "com.example.topic"]);
  await subscriber.receive("SUBSCRIBED");
  const text = randomBytes((bytes / 4) * 3).toString("base64"); // which takes long to compress
  for (let request = 1; request <= count; request++) publisher.sendList([16, request, {}, "com.example.topic", [text]]);
  for (let event = 0; event < count; event++) await subscriber.receive("EVENT");
  expect(router.totals(REALM).cut).toBe(0);
});

function deflaterTo(
  write: (frame: Frame) => void,
  failed = (error: unknown): void => expect.unreachable(String(error)),
): Deflater {
  const compression = negotiate("permessage-deflate");
  if (!compression) throw new Error("the offer is legal");
  return new Deflater(compression, { binary: true, write, failed });
}

/** An unmasked binary frame of so many bytes of payload. */
function frameOf(length: number): Uint8Array {
  const head = length < 126 ? [0x82, length] : [0x82, 126, length >> 8, length & 0xff];
  return new Uint8Array([...head, ...new Uint8Array(length)]);
}

async function join(t: TestContext, url: string, perMessageDeflate: boolean): Promise<FrameClient> {
  const ws = new WebSocket(url, ["wamp.2.json"], { perMessageDeflate });
  t.onTestFinished(() => ws.terminate());
  await once(ws, "open");
  const client = new FrameClient(ws, JSON_SERIALIZER);
  client.sendList([1, REALM, { roles: { publisher: {}, subscriber: {} } }]);
  await client.receive("WELCOME");
  return client;
}
