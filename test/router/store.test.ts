import { join } from "node:path";
import { open } from "lmdb";
import { expect, test } from "vitest";
import { cbor } from "wampact/cbor";
import { lmdbStore } from "wampact/lmdb";
import { msgpack } from "wampact/msgpack";
import { json } from "wampact/peer";
import { createRouter, type EventStore, memoryStore, type StoreBounds, type StoredEvent } from "wampact/router";
import { Payload } from "../../src/wire/payload.js";
import { receivedPayload } from "../../src/wire/payload-bytes.js";
import { temporary } from "../support/folder.js";
import { type Finish, Inbox } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";
import { startStoreRouter } from "../support/store-process.js";

const event = (topic: string, publication: number, more: Partial<StoredEvent> = {}): StoredEvent => ({
  publication,
  topic,
  atMs: 1_000 + publication,
  details: {},
  payload: Payload.of([publication]),
  lists: {},
  ...more,
});

const numbers = (events: Iterable<StoredEvent>) => [...events].map(({ publication }) => publication);

const STORES: readonly [string, (t: Finish, bounds?: StoreBounds) => EventStore][] = [
  ["memory", (_, bounds) => memoryStore(bounds)],
  [
    "lmdb",
    (t, bounds) => {
      const store = lmdbStore({ path: temporary(t), sync: false, ...bounds })(REALM);
      t.onTestFinished(() => store.close());
      return store;
    },
  ],
];

for (const [name, make] of STORES) {
  test(`${name}: the newest event of a topic is kept, and those above it that not everybody may get`, (t) => {
    const store = make(t);
    store.retain(event("a.b", 1));
    store.retain(event("a.b", 2));
    expect(numbers(store.retained("a.b"))).toEqual([2]);
    store.retain(event("a.b", 3, { lists: { eligible_authid: ["ada"] } }));
    expect(store.retained("a.b").map(({ publication, lists }) => [publication, lists])).toEqual([
      [3, { eligible_authid: ["ada"] }],
      [2, {}],
    ]);
    store.retain(event("a.b", 4));
    expect(numbers(store.retained("a.b"))).toEqual([4]);
    expect(store.retained("a")).toEqual([]);
  });

  test(`${name}: retained topics are found by their beginning, long ones too`, (t) => {
    const store = make(t);
    const long = `a.${"x".repeat(2_000)}`;
    for (const [index, topic] of ["b", "a.b", "a.bc", "ab", long, `${long}.y`].entries())
      store.retain(event(topic, index + 1));
    const below = (prefix: string) => [...store.retainedTopics(prefix)].sort();
    expect(below("")).toEqual(["a.b", "a.bc", "ab", "b", long, `${long}.y`].sort());
    expect(below("a.")).toEqual(["a.b", "a.bc", long, `${long}.y`]);
    expect(below(`${long}.`)).toEqual([`${long}.y`]);
    expect(below("c")).toEqual([]);
    expect(numbers(store.retained(`${long}.y`))).toEqual([6]);
  });

  test(`${name}: beyond its bound the topic retained longest ago is forgotten`, (t) => {
    const store = make(t, { maxRetainedTopics: 2 });
    store.retain(event("a", 1));
    store.retain(event("b", 2));
    store.retain(event("a", 3));
    store.retain(event("c", 4));
    expect([...store.retainedTopics("")].sort()).toEqual(["a", "c"]);
    expect(store.retained("b")).toEqual([]);
  });

  test(`${name}: a history keeps its newest events in the order they came, each history for itself`, (t) => {
    const store = make(t);
    const [exact, prefix] = [
      { topic: "a", match: "exact" },
      { topic: "a", match: "prefix" },
    ] as const;
    for (let n = 1; n <= 12; n++) store.append(exact, event("a", n), 10);
    store.append(prefix, event("ab", 99), 10);
    expect(numbers(store.history(exact))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(numbers(store.history(prefix))).toEqual([99]);
    expect(numbers(store.history({ topic: "a", match: "wildcard" }))).toEqual([]);
  });

  test(`${name}: retained events stay within their bytes, those kept for some receivers too, and the oldest are dropped and counted`, (t) => {
    const store = make(t, { maxRetainedBytes: 40_000 });
    for (let n = 1; n <= 100; n++) {
      store.retain(event(`t${n}`, n, { payload: Payload.of(["x".repeat(2_000)]) }));
      expect(store.stats?.().retainedBytes).toBeLessThanOrEqual(40_000);
    }
    const { retainedEvents = 0, dropped } = store.stats?.() ?? {};
    expect(retainedEvents).toBeGreaterThan(10);
    expect(dropped).toBe(100 - retainedEvents);
    const kept = [...store.retainedTopics("")].flatMap((topic) => numbers(store.retained(topic)));
    expect(kept.toSorted((one, other) => one - other)[0]).toBe(101 - retainedEvents);

    for (let n = 1; n <= 30; n++)
      store.retain(event("a", n, { payload: Payload.of(["x".repeat(9_000)]), lists: { eligible_authid: ["ada"] } }));
    expect(numbers(store.retained("a"))).toEqual([30, 29, 28, 27]);
    expect(store.stats?.().retainedBytes).toBeLessThanOrEqual(40_000);
    for (let n = 1; n <= 30; n++) store.retain(event("b", n, { lists: { eligible_authid: ["ada"] } }));
    expect(store.retained("b")).toHaveLength(16);
  });

  test(`${name}: each history stays within its bytes, and the oldest events are dropped and counted`, (t) => {
    const store = make(t, { maxHistoryBytes: 40_000 });
    const [large, small] = [
      { topic: "a", match: "exact" },
      { topic: "b", match: "exact" },
    ] as const;
    store.append(small, event("b", 1), 1_000);
    for (let n = 1; n <= 100; n++)
      store.append(large, event("a", n, { payload: Payload.of(["x".repeat(2_000)]) }), 1_000);
    const { historyEvents = 0, historyBytes = 0, dropped } = store.stats?.() ?? {};
    expect(historyEvents).toBeGreaterThan(10);
    expect(dropped).toBe(101 - historyEvents);
    expect(historyBytes).toBeLessThanOrEqual(40_000 + 1_000); // both histories
    expect(numbers(store.history(large))[0]).toBe(102 - historyEvents);
    expect(numbers(store.history(small))).toEqual([1]);
  });

  test(`${name}: an event larger than a bound is refused, and drops nothing`, (t) => {
    const store = make(t, { maxRetainedBytes: 10_000, maxHistoryBytes: 20_000 });
    const key = { topic: "a", match: "exact" } as const;
    const large = event("a", 2, { payload: Payload.of(["x".repeat(15_000)]) });
    store.retain(event("b", 1));
    store.append(key, event("a", 1), 10);
    expect(() => store.retain(large)).toThrow(/wamp.error.payload_size_exceeded: an event of 1\d{4} bytes/);
    expect(() => store.append(key, large, 10)).toThrow(/this realm's store takes at most 10000/);
    expect([numbers(store.retained("b")), numbers(store.history(key))]).toEqual([[1], [1]]);
  });

  test(`${name}: get_events answers a page of a megabyte, says that there is more, and where it goes on`, async (t) => {
    const store = make(t);
    const { join } = startRouter(t, { realms: [{ name: REALM, store, history: [{ topic: "a" }] }] });
    const client = await join();
    const sizes = [...Array.from({ length: 30 }, () => 100_000), 1_500_000, 100];
    for (const size of sizes) await client.publish("a", {}, ["x".repeat(size)]);
    client.call("wamp.subscription.lookup", {}, ["a"]);
    const [subscription] = (await client.receive("RESULT")).args;
    const pages = async (kwargs: Readonly<Record<string, unknown>>, next: string) => {
      const found: number[][] = [];
      for (let from = {}; ; ) {
        client.call("wamp.subscription.get_events", {}, [subscription], { ...kwargs, ...from });
        const { args, kwargs: rest } = await client.receive("RESULT");
        found.push((args as { args: [string] }[]).map((record) => record.args[0].length));
        if (rest.more !== true) return found;
        from = { [next]: rest.next };
      }
    };
    const forward = await pages({}, "from_publication");
    expect(forward.flat()).toEqual(sizes);
    expect(forward.map((page) => page.length)).toEqual([10, 10, 10, 1, 1]);
    const backward = await pages({ reverse: true }, "until_publication");
    expect(backward.flat()).toEqual(sizes.toReversed());
    const limited = await pages({ limit: 4 }, "from_publication");
    expect(limited.map((page) => page.length)).toEqual([4, 4, 4, 4, 4, 4, 4, 2, 1, 1]);
  });

  test(`${name}: an event comes back whole, from every serializer and from values`, (t) => {
    const store = make(t);
    const values = { args: [1n << 60n, Uint8Array.of(0, 255), "é"], kwargs: { a: null, b: [{}] } };
    const details = { publisher: 2 ** 53, publisher_authid: "ada", trustlevel: 3, ppt_scheme: "x_a" };
    const lists = { exclude_authid: ["b"], eligible_authrole: [] };
    const payloads = [
      Payload.of(values.args, values.kwargs),
      Payload.EMPTY,
      ...[json(), msgpack(), cbor()].map((format) => receivedPayload(format, format.encodePayload(values))),
    ];
    const key = { topic: "a", match: "exact" } as const;
    for (const [index, payload] of payloads.entries())
      store.append(key, event("a", index + 1, { payload, details, lists }), 10);
    const found = [...store.history(key)];
    expect(found.map(({ payload: { args, kwargs } }) => ({ args, kwargs }))).toEqual([
      values,
      { args: [], kwargs: {} },
      values,
      values,
      values,
    ]);
    for (const { payload: _, ...rest } of found) expect(rest).toMatchObject({ topic: "a", details, lists });
    expect(found[3]?.payload.format?.id).toBe("msgpack");
  });
}

test("lmdb: what was kept is there when the store is opened again, each realm's own", (t) => {
  const open = lmdbStore({ path: temporary(t), sync: false });
  const first = open("com.example.a/b");
  first.retain(event("a", 1));
  first.append({ topic: "a", match: "exact" }, event("a", 2), 5);
  first.close();
  first.close();
  const again = open("com.example.a/b");
  again.append({ topic: "a", match: "exact" }, event("a", 3), 5);
  again.retain(event("b", 4));
  expect(numbers(again.retained("a"))).toEqual([1]);
  expect(numbers(again.history({ topic: "a", match: "exact" }))).toEqual([2, 3]);
  const other = open("com.example.other");
  expect([...other.retainedTopics("")]).toEqual([]);
  again.close();
  other.close();
});

test("lmdb: a file of another format, or with something else in it, is refused in words", async (t) => {
  const path = temporary(t);
  for (const [realm, key, value] of [
    ["newer", "wampact event store", "3"],
    ["foreign", "users", "ada"],
  ] as const) {
    const foreign = open({ path: join(path, `${realm}.mdb`), noSubdir: true, encoding: "binary" });
    foreign.putSync(key, Buffer.from(value));
    await foreign.close();
  }
  const store = lmdbStore({ path });
  const refused = (realm: string, why: string) =>
    expect(() => store(realm)).toThrow(
      `${join(path, realm)}.mdb is not an event store of this version of wampact: ${why}`,
    );
  refused("newer", "its format is 3, and this version reads 2");
  refused("foreign", "it holds something else");
});

test("lmdb: a file whose making was cut short is completed", async (t) => {
  const path = temporary(t);
  const unfinished = open({ path: join(path, "realm.mdb"), noSubdir: true, encoding: "binary", maxDbs: 4 });
  unfinished.putSync("wampact event store", Buffer.from("2"));
  unfinished.openDB({ name: "retained", encoding: "binary" });
  await unfinished.close();
  const store = lmdbStore({ path, sync: false })("realm");
  t.onTestFinished(() => store.close());
  store.retain(event("a", 1));
  expect(numbers(store.retained("a"))).toEqual([1]);
});

test.for([
  "sync",
  "nosync",
] as const)("lmdb, %s: kill -9 in the midst of publications loses nothing that was acknowledged, and leaves nothing half written", async (sync, t) => {
  const path = temporary(t);
  const acknowledged: number[] = [];
  let attempted = 0;
  for (let round = 0; round < 3; round++) {
    const { peer, kill } = await startStoreRouter(t, { path, sync });
    const enough = new Promise<void>((resolve) => {
      const publish = async () => {
        const n = ++attempted;
        const topic = `com.example.kept.${n % 3}`;
        const done = await peer
          .publish(topic, [n], { bytes: new Uint8Array(n % 300) }, { acknowledge: true, retain: true })
          .then(
            () => true,
            () => false, // the router is gone
          );
        if (!done) return;
        acknowledged.push(n);
        if (acknowledged.length >= 200 * (round + 1)) resolve();
        await publish();
      };
      for (let stream = 0; stream < 10; stream++) void publish();
    });
    await enough;
    await kill(); // ten publications are under way
  }

  const { peer, kill } = await startStoreRouter(t, { path, sync });
  const { args } = await peer.call("wamp.subscription.lookup", ["com.example.kept.", { match: "prefix" }]);
  const history = await peer.call("wamp.subscription.get_events", [args[0]]);
  const records = history.args as readonly { args: [number]; kwargs: { bytes: Uint8Array } }[];
  const kept = records.map((record) => record.args[0]);
  expect(history.kwargs).toEqual({}); // all of it
  expect(acknowledged.filter((n) => !kept.includes(n))).toEqual([]);
  expect(new Set(kept).size).toBe(kept.length);
  for (const record of records) expect(record.kwargs.bytes).toHaveLength(record.args[0] % 300);

  const retained = new Inbox<number>();
  await peer.subscribe("com.example.kept.", (event) => retained.push(event.args[0] as number), {
    match: "prefix",
    getRetained: true,
  });
  for (let topic = 0; topic < 3; topic++) {
    const n = await retained.next();
    expect(n).toBe(kept.filter((each) => each % 3 === n % 3).at(-1));
  }
  await kill();
});

test("a router without the directory's rights says so when it is made", () => {
  expect(() =>
    createRouter({ realms: [{ name: REALM, store: lmdbStore({ path: join(import.meta.filename, "store") }) }] }),
  ).toThrow(
    /ENOTDIR|ENOENT|EEXIST/, // by platform: a file is no directory
  );
});

test("options of stores that cannot be are refused by name", () => {
  expect(() => memoryStore({ maxRetainedByte: 1 } as never)).toThrow(
    'maxRetainedByte: unknown option; did you mean "maxRetainedBytes"?',
  );
  expect(() => memoryStore({ maxHistoryBytes: 0 })).toThrow("maxHistoryBytes: expected a positive number, got 0");
  expect(() => lmdbStore({ path: "" })).toThrow('path: expected a directory, such as "./data", got none');
  expect(() => lmdbStore({ path: "data", sync: "yes" } as never)).toThrow("sync: expected true or false");
});
