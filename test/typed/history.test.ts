import { expect, test } from "vitest";
import { createClient, topic } from "wampact";
import * as z from "zod";
import { type Finish, failureOf, join } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const contract = {
  reading: topic("com.example.sensors.{sensor}.reading", {
    params: { sensor: z.enum(["a", "b"]) },
    event: z.object({ celsius: z.number() }),
  }),
  news: topic("com.example.news", { event: z.object({ n: z.int() }) }),
  unkept: topic("com.example.unkept", { event: z.int() }),
};

async function start(t: Finish) {
  const history = [
    { topic: "com.example.sensors..reading", match: "wildcard" as const },
    { topic: "com.example.news" },
  ];
  const { router, join: joinRaw } = startRouter(t, { realms: [{ name: REALM, history }] });
  const invalid: unknown[] = [];
  const client = createClient(await join(t, router), contract, { onInvalid: (issues) => invalid.push(issues) });
  return { client, invalid, raw: await joinRaw() };
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

test("history gives past events typed, page by page, forwards and backwards", async (t) => {
  const { client } = await start(t);
  for (let n = 1; n <= 7; n++) await client.news.publish({ n }, { acknowledge: true });
  const numbers = async (options: Parameters<typeof client.news.history>[0]) =>
    (await collect(client.news.history(options))).map(({ data }) => data.n);
  expect(await numbers({ pageSize: 3 })).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await numbers({ pageSize: 3, reverse: true })).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(await numbers({ pageSize: 3, limit: 4 })).toEqual([1, 2, 3, 4]);
  expect(await numbers({ until: new Date(0) })).toEqual([]);
  const [first, second] = await collect(client.news.history({ limit: 2 }));
  expect(await numbers({ afterPublication: second?.publication ?? 0, limit: 1 })).toEqual([3]);
  expect(first).toEqual({
    data: { n: 1 },
    params: {},
    topic: "com.example.news",
    publication: first?.publication,
    retained: false,
    dropped: 0,
    at: expect.any(Date),
  });
});

test("the history of a pattern tells each event's parameters", async (t) => {
  const { client } = await start(t);
  await client.reading.publish({ sensor: "a" }, { celsius: 1 }, { acknowledge: true });
  await client.reading.publish({ sensor: "b" }, { celsius: 2 }, { acknowledge: true });
  const events = await collect(client.reading.history({}));
  expect(events.map(({ params, data }) => [params.sensor, data.celsius])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

test("a past event that does not fit is dropped and told, and the others are given", async (t) => {
  const { client, invalid, raw } = await start(t);
  await raw.publish("com.example.news", {}, ["no kwargs"]);
  await client.news.publish({ n: 1 }, { acknowledge: true });
  expect((await collect(client.news.history())).map(({ data }) => data)).toEqual([{ n: 1 }]);
  expect(invalid).toMatchObject([[{ path: ["n"], code: "invalid_type" }]]);
});

test("history that the realm does not keep fails in words", async (t) => {
  const { client } = await start(t);
  expect(await failureOf(collect(client.unkept.history()))).toMatchObject({
    uri: "wamp.error.no_such_subscription",
    args: [
      'the realm stores no history of "com.example.unkept" (match "exact"); enable it in the router\'s configuration',
    ],
  });
});

test("retained events come first to a subscriber and to a loop that ask for them", async (t) => {
  const { client } = await start(t);
  await client.reading.publish({ sensor: "a" }, { celsius: 1 }, { acknowledge: true, retain: true });
  const heard: unknown[] = [];
  await client.reading.subscribe({}, ({ data, retained }) => void heard.push([data.celsius, retained]), {
    getRetained: true,
  });
  for await (const { data, retained, params } of client.reading.events({ sensor: "a" }, { getRetained: true })) {
    expect([data, retained, params]).toEqual([{ celsius: 1 }, true, { sensor: "a" }]);
    break;
  }
  expect(heard).toEqual([[1, true]]);
});
