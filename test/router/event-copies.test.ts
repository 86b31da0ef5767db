import { expect, test } from "vitest";
import { createRouter, type RouterEvent } from "wampact/router";
import { EventCopies } from "../../src/router/event-copies.js";
import type { RealmSession } from "../../src/router/realm-session.js";
import { Payload } from "../../src/wire/payload.js";
import { receivedPayload } from "../../src/wire/payload-bytes.js";
import { FrameClient, SERIALIZERS } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const MiB = 1024 * 1024;
const received = (bytes: number) =>
  receivedPayload({ id: "json" } as never, { bytes: new Uint8Array(bytes), elements: 1 });
const [one, other] = [{}, {}] as [RealmSession, RealmSession];

test("a session is sent copies of 16 MiB of one publication, and each session has its own count", () => {
  const copies = new EventCopies(received(6 * MiB));
  const outcomes = [one, one, one, other].map((session) => copies.add(session)?.uri);
  expect(outcomes).toEqual([undefined, undefined, "wamp.error.payload_size_exceeded", undefined]);
});

test("the first copy is sent, however large it is", () => {
  const copies = new EventCopies(received(17 * MiB));
  expect([copies.add(one)?.uri, copies.add(one)?.uri]).toEqual([undefined, "wamp.error.payload_size_exceeded"]);
});

test("nothing is counted where no session can reach the bound", () => {
  expect(EventCopies.matter(15, received(MiB))).toBe(false);
  expect(EventCopies.matter(16, received(MiB))).toBe(true);
  expect(EventCopies.matter(16_384, Payload.EMPTY)).toBe(false);
  expect(EventCopies.matter(16_385, Payload.EMPTY)).toBe(true);
});

test("one large event for thousands of patterns of one session reaches it so often, and everybody else", async (t) => {
  const dropped: RouterEvent[] = [];
  const observer = (event: RouterEvent) => void (event.type === "dropped" && dropped.push(event));
  const router = createRouter({ realms: [{ name: REALM }], observer });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const [greedy, plain, publisher] = [
    await FrameClient.join(t, url, SERIALIZERS[0] as (typeof SERIALIZERS)[0]),
    await FrameClient.join(t, url, SERIALIZERS[0] as (typeof SERIALIZERS)[0]),
    await FrameClient.join(t, url, SERIALIZERS[0] as (typeof SERIALIZERS)[0]),
  ];
  const topic = "abcdefgh".split("");
  for (let mask = 0; mask < 256; mask++) {
    const pattern = topic.map((part, at) => ((mask >> at) & 1 ? "" : part)).join(".");
    greedy.sendList([32, mask + 1, { match: "wildcard" }, pattern]);
    await greedy.receive("SUBSCRIBED");
  }
  plain.sendList([32, 1, {}, topic.join(".")]);
  await plain.receive("SUBSCRIBED");
  publisher.sendList([16, 1, { acknowledge: true }, topic.join("."), ["x".repeat(MiB)]]);
  await publisher.receive("PUBLISHED");
  await plain.receive("EVENT");
  for (let copy = 0; copy < 15; copy++) await greedy.receive("EVENT");
  expect(dropped).toHaveLength(256 - 15);
  expect(router.totals(REALM).cut).toBe(0);
});
