/** How typed `history()` goes from page to page: with our router, and with routers of others. */
import { expect, test } from "vitest";
import { createClient, topic } from "wampact";
import type { ConnectOptions, Peer } from "wampact/peer";
import * as z from "zod";
import { connectToFake, type FakeConnection } from "../support/fake-router.js";
import { connectPeer, type Finish, join, startServer } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const TOPIC = "com.example.news";
const contract = { news: topic(TOPIC, { event: z.object({ n: z.int(), text: z.string().optional() }) }) };
const realm = (limit: number) => ({ realms: [{ name: REALM, history: [{ topic: TOPIC, limit }] }] });

/** A client of the contract, with what it was told of events that do not fit. */
function clientOf(peer: Peer) {
  const invalid: unknown[] = [];
  const { news } = createClient(peer, contract, { onInvalid: (issues) => invalid.push(...issues) });
  const publish = async (...numbers: readonly number[]) => {
    for (const n of numbers) await news.publish({ n }, { acknowledge: true });
  };
  return { news, invalid, publish };
}

async function start(t: Finish, limit: number) {
  const { router } = startRouter(t, realm(limit));
  return clientOf(await join(t, router));
}

type News = ReturnType<typeof clientOf>["news"];
type Options = Parameters<News["history"]>[0];

/** Reads a history; `meanwhile` runs once, after so many events. */
async function read(news: News, options: Options, meanwhile?: { after: number; run: () => Promise<void> }) {
  const numbers: number[] = [];
  for await (const { data } of news.history(options)) {
    numbers.push(data.n);
    if (numbers.length === meanwhile?.after) await meanwhile.run();
  }
  return numbers;
}

/** The keyword arguments of each `get_events` that a peer sends. */
function spyOnPages(peer: Peer): Readonly<Record<string, unknown>>[] {
  const asked: Readonly<Record<string, unknown>>[] = [];
  const call = peer.call.bind(peer);
  peer.call = (procedure, args, kwargs, options) => {
    if (procedure === "wamp.subscription.get_events") asked.push(kwargs ?? {});
    return call(procedure, args, kwargs, options);
  };
  return asked;
}

test.for([
  { reverse: false, all: [1, 2, 3, 4, 5, 6, 7] },
  { reverse: true, all: [7, 6, 5, 4, 3, 2, 1] },
])("a history that takes several pages of 1 MiB is read to its end, reverse: $reverse", async ({ reverse, all }, t) => {
  const { router } = startRouter(t, realm(100));
  const peer = await join(t, router);
  const { news } = clientOf(peer);
  const text = "x".repeat(400_000);
  for (let n = 1; n <= 7; n++) await news.publish({ n, text }, { acknowledge: true });
  const asked = spyOnPages(peer);
  expect(await read(news, { reverse })).toEqual(all);
  expect(asked.length).toBe(4); // two events a page
  expect(await read(news, { reverse, limit: 5 })).toEqual(all.slice(0, 5));
});

test("going forward, what is evicted between two pages is left out, and all that is kept is given once", async (t) => {
  const { news, publish } = await start(t, 6);
  await publish(1, 2, 3, 4, 5, 6);
  const meanwhile = { after: 2, run: () => publish(7, 8, 9, 10, 11) };
  expect(await read(news, { pageSize: 2 }, meanwhile)).toEqual([1, 2, 6, 7, 8, 9, 10, 11]);
});

test("going forward after a publication that is evicted meanwhile, all that is kept is given", async (t) => {
  const { news, publish } = await start(t, 6);
  await publish(1, 2, 3, 4, 5, 6);
  const [first] = await firstPublications(news);
  const options = { pageSize: 2, afterPublication: first ?? 0 };
  expect(await read(news, options, { after: 2, run: () => publish(7) })).toEqual([2, 3, 4, 5, 6, 7]);
  const [second] = await firstPublications(news);
  const again = { after: 2, run: () => publish(8, 9, 10, 11, 12, 13, 14) };
  expect(await read(news, { pageSize: 2, afterPublication: second ?? 0 }, again)).toEqual([
    3, 4, 9, 10, 11, 12, 13, 14,
  ]);
});

test("in reverse, a loop ends where the history has been evicted", async (t) => {
  const { news, publish } = await start(t, 6);
  await publish(1, 2, 3, 4, 5, 6);
  const meanwhile = { after: 2, run: () => publish(7, 8, 9, 10) };
  expect(await read(news, { pageSize: 2, reverse: true }, meanwhile)).toEqual([6, 5]);
});

test("in reverse down to a publication that is evicted meanwhile, all that is kept is given", async (t) => {
  const { news, publish } = await start(t, 6);
  await publish(1, 2, 3, 4, 5, 6);
  const [first] = await firstPublications(news);
  const options = { pageSize: 2, reverse: true, afterPublication: first ?? 0 };
  expect(await read(news, options, { after: 2, run: () => publish(7, 8) })).toEqual([6, 5, 4, 3]);
});

test("a history whose other events are not for this session is read to its end, and no part of it twice", async (t) => {
  const { router } = startRouter(t, realm(20_000));
  const [peer, publisher] = [await join(t, router), await join(t, router)];
  const { news, publish } = clientOf(peer);
  await publish(1, 2);
  for (let n = 0; n < 10_001; n++) void publisher.publish(TOPIC, [], { n }, { eligibleAuthrole: ["others"] });
  await publisher.publish(TOPIC, [], { n: 0 }, { eligibleAuthrole: ["others"], acknowledge: true });
  const asked = spyOnPages(peer);
  expect(await read(news, {})).toEqual([1, 2]);
  expect(asked.length).toBe(2);
});

test("an event larger than the peer takes is reported as invalid and does not count, and the others are given", async (t) => {
  const { url } = await startServer(t, realm(100));
  const connected = (options: Partial<ConnectOptions>) => connectPeer(t, { url, ...options });
  const writer = clientOf(await connected({}));
  await writer.publish(1);
  await writer.news.publish({ n: 2, text: "x".repeat(50_000) }, { acknowledge: true });
  await writer.publish(3, 4);
  const { news, invalid } = clientOf(await connected({ maxMessageBytes: 30_000 }));
  expect(await read(news, { limit: 2 })).toEqual([1, 3]);
  expect(invalid).toEqual([
    {
      path: [],
      code: "custom",
      message: "the router omitted the payload because the event is larger than this peer's maxMessageBytes",
    },
  ]);
});

test("pages are bounded by what a peer takes", async (t) => {
  const { url } = await startServer(t, realm(100));
  const peer = await connectPeer(t, { url, maxMessageBytes: 30_000 });
  const { news } = clientOf(peer);
  const text = "x".repeat(8_000);
  for (let n = 1; n <= 10; n++) await news.publish({ n, text }, { acknowledge: true });
  const asked = spyOnPages(peer);
  expect(await read(news, {})).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(asked.length).toBeGreaterThan(2);
});

test("a router that knows no `more` is asked on after the last publication while its pages are full", async (t) => {
  const { events, router } = await readFromFake(t, { pageSize: 2 });
  expect(await answerPage(router, [1, 2])).toEqual({ reverse: false, limit: 2 });
  expect(await answerPage(router, [3, 4])).toEqual({ reverse: false, limit: 2, after_publication: 2 });
  expect(await answerPage(router, [5])).toEqual({ reverse: false, limit: 2, after_publication: 4 });
  expect(await events).toEqual([1, 2, 3, 4, 5]);
});

test("in reverse such a router is asked on before the last publication, and the limit is the total", async (t) => {
  const { events, router } = await readFromFake(t, { pageSize: 2, reverse: true, limit: 3 });
  expect(await answerPage(router, [5, 4])).toEqual({ reverse: true, limit: 2 });
  expect(await answerPage(router, [3, 2])).toEqual({ reverse: true, limit: 1, before_publication: 4 }); // more than was asked for
  expect(await events).toEqual([5, 4, 3]);
});

test("a router that answers the same page again is asked no more, and no event is given twice", async (t) => {
  const { events, router } = await readFromFake(t, { pageSize: 2 });
  await answerPage(router, [1, 2]);
  await answerPage(router, [1, 2]);
  expect(await events).toEqual([1, 2]);
});

test("an empty page that says `more` is not the end", async (t) => {
  const { events, router } = await readFromFake(t, {});
  await answerPage(router, [1], { more: true, next: 2 });
  expect(await answerPage(router, [], { more: true, next: 9 })).toMatchObject({ from_publication: 2 });
  expect(await answerPage(router, [9])).toMatchObject({ from_publication: 9 });
  expect(await events).toEqual([1, 9]);
});

test("the first empty page of a history is its end", async (t) => {
  const { events, router } = await readFromFake(t, { afterPublication: 7 });
  expect(await answerPage(router, [])).toMatchObject({ after_publication: 7 });
  expect(await events).toEqual([]);
});

/** The publications of the oldest events. */
async function firstPublications(news: News): Promise<readonly number[]> {
  const publications: number[] = [];
  for await (const { publication } of news.history({ limit: 2 })) publications.push(publication);
  return publications;
}

/** Begins to read a history from a router that the test plays. */
async function readFromFake(t: Finish, options: Options) {
  const { peer, router } = await connectToFake(t);
  const events = read(clientOf(peer).news, options);
  const [request] = await router.receive("CALL");
  router.send("RESULT", request, {}, [42]); // wamp.subscription.lookup
  return { events, router };
}

/** Answers the next `get_events` with events of these publications. Returns what it was asked for. */
async function answerPage(router: FakeConnection, publications: readonly number[], kwargs = {}): Promise<unknown> {
  const [request, , , , asked] = await router.receive("CALL");
  const records = publications.map((n) => ({
    timestamp: "2026-01-31T12:00:00.000Z",
    subscription: 42,
    publication: n,
    details: {},
    kwargs: { n },
  }));
  router.send("RESULT", request, {}, records, kwargs);
  return asked;
}
