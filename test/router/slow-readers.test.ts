/** Subscribers that do not read: what waits for them is bounded, for each and for all together, and costs the others nothing. */
import { expect, type TestContext, test } from "vitest";
import { createRouter, type RouterConfig, type RouterEvent } from "wampact/router";
import { FrameClient, SERIALIZERS } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const [JSON_SERIALIZER] = SERIALIZERS as [(typeof SERIALIZERS)[0]];
const TOPIC = "com.example.topic";
const TEXT = "x".repeat(10_000);

async function start(t: TestContext, config: Partial<RouterConfig>, maxUnsentBytes: number) {
  const left: RouterEvent[] = [];
  const observer = (event: RouterEvent) => void (event.type === "left" && left.push(event));
  const router = createRouter({ realms: [{ name: REALM }], observer, ...config });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ maxUnsentBytes });
  const subscriber = async (topic = TOPIC) => {
    const client = await FrameClient.join(t, url, JSON_SERIALIZER);
    client.sendList([32, 1, {}, topic]);
    await client.receive("SUBSCRIBED");
    return client;
  };
  return { router, left, subscriber, publisher: await FrameClient.join(t, url, JSON_SERIALIZER) };
}

async function publish(publisher: FrameClient, count: number, topic = TOPIC): Promise<void> {
  for (let request = 1; request <= count; request++)
    publisher.sendList([16, request, { acknowledge: true }, topic, [TEXT]]);
  for (let request = 1; request <= count; request++) await publisher.receive("PUBLISHED");
}

test("what many wait for counts once, so that they are not cut while one could wait for as much", async (t) => {
  const { router, subscriber, publisher } = await start(t, { maxTotalUnsentBytes: 40e6 }, 64e6);
  const slow = await Promise.all(Array.from({ length: 10 }, () => subscriber()));
  for (const client of slow) client.ws.pause();
  await publish(publisher, 2_000); // 20 MB for each
  expect(router.totals(REALM).cut).toBe(0);
  for (const client of slow) client.ws.resume();
  for (const client of slow) for (let event = 0; event < 2_000; event++) await client.receive("EVENT");
});

test("beyond the bound for all, the slowest are cut first, and whoever reads gets everything", async (t) => {
  const { router, left, subscriber, publisher } = await start(t, { maxTotalUnsentBytes: 8e6 }, 64e6);
  const [slow, reading] = [await subscriber(), await subscriber()];
  slow.ws.pause();
  await publish(publisher, 3_000); // 30 MB
  for (let event = 0; event < 3_000; event++) await reading.receive("EVENT");
  expect(router.totals(REALM)).toMatchObject({ cut: 1 });
  expect(left).toMatchObject([
    { endedBy: "cut", reason: expect.stringMatching(/^the peer is too slow: \d+ bytes are unsent/) },
  ]);
});

test("to cut the largest is enough where that brings all together within the bound", async (t) => {
  const { router, subscriber, publisher } = await start(t, { maxTotalUnsentBytes: 12e6 }, 64e6);
  const sharing = await Promise.all(Array.from({ length: 5 }, () => subscriber()));
  for (const client of sharing) client.ws.pause();
  await publish(publisher, 800); // 8 MB, which count once
  const largest = await subscriber("com.example.other");
  largest.ws.pause();
  await publish(publisher, 1_600, "com.example.other");
  expect(router.totals(REALM).cut).toBe(1);
  expect(router.sessions(REALM)).toHaveLength(6);
  for (const client of sharing) client.ws.resume();
  for (const client of sharing) for (let event = 0; event < 800; event++) await client.receive("EVENT");
});

test("beyond its own bound a subscriber is cut, though all together wait for little", async (t) => {
  const { router, subscriber, publisher } = await start(t, {}, 2e6);
  const slow = await subscriber();
  slow.ws.pause();
  await publish(publisher, 1_500);
  expect(router.totals(REALM)).toMatchObject({ cut: 1 });
});

test("a large event reaches a slow reader behind the small ones before it", async (t) => {
  const { subscriber, publisher } = await start(t, {}, 64e6);
  const slow = await subscriber();
  slow.ws.pause();
  await publish(publisher, 800);
  publisher.sendList([16, 801, { acknowledge: true }, TOPIC, ["y".repeat(300_000)]]);
  publisher.sendList([16, 802, { acknowledge: true }, TOPIC, ["the end"]]);
  for (let request = 801; request <= 802; request++) await publisher.receive("PUBLISHED");
  slow.ws.resume();
  const lengths: number[] = [];
  for (let event = 0; event < 802; event++) lengths.push(String((await slow.receive("EVENT")).payload.args[0]).length);
  expect(lengths.slice(0, 800).every((length) => length === TEXT.length)).toBe(true);
  expect(lengths.slice(800)).toEqual([300_000, 7]);
});
