import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { open } from "lmdb";
import { expect, test } from "vitest";
import { cbor } from "wampact/cbor";
import { lmdbStore } from "wampact/lmdb";
import { msgpack } from "wampact/msgpack";
import { json, type Peer } from "wampact/peer";
import { createRouter, type EventStore, memoryStore, type StoredEvent } from "wampact/router";
import { Payload } from "../../src/wire/payload.js";
import { connectPeer, type Finish, Inbox } from "../support/peers.js";
import { REALM } from "../support/raw.js";

function temporary(t: Finish): string {
  const path = mkdtempSync(join(tmpdir(), "wampact-store-"));
  t.onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

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

const STORES: readonly [string, (t: Finish, bounds?: { maxRetainedTopics?: number }) => EventStore][] = [
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
    expect(store.history({ topic: "a", match: "wildcard" })).toEqual([]);
  });

  test(`${name}: an event comes back whole, from every serializer and from values`, (t) => {
    const store = make(t);
    const values = { args: [1n << 60n, Uint8Array.of(0, 255), "é"], kwargs: { a: null, b: [{}] } };
    const details = { publisher: 2 ** 53, publisher_authid: "ada", trustlevel: 3, ppt_scheme: "x_a" };
    const lists = { exclude_authid: ["b"], eligible_authrole: [] };
    const payloads = [
      Payload.of(values.args, values.kwargs),
      Payload.EMPTY,
      ...[json(), msgpack(), cbor()].map((format) => Payload.received(format, format.encodePayload(values))),
    ];
    const key = { topic: "a", match: "exact" } as const;
    for (const [index, payload] of payloads.entries())
      store.append(key, event("a", index + 1, { payload, details, lists }), 10);
    const found = store.history(key);
    expect(found.map(({ payload: { args, kwargs } }) => ({ args, kwargs }))).toEqual([
      values,
      { args: [], kwargs: {} },
      values,
      values,
      values,
    ]);
    for (const { payload: _, ...rest } of found) expect(rest).toMatchObject({ topic: "a", details, lists });
    expect(found[3]?.payload.encodedIn).toBe("msgpack");
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
    ["newer", "wampact event store", "2"],
    ["foreign", "users", "ada"],
  ] as const) {
    const foreign = open({ path: join(path, `${realm}.mdb`), noSubdir: true, encoding: "binary" });
    foreign.putSync(key, Buffer.from(value));
    await foreign.close();
  }
  const store = lmdbStore({ path });
  const refused = (realm: string, why: string) =>
    expect(() => store(realm)).toThrow(`${join(path, realm)}.mdb is no event store of this version of wampact: ${why}`);
  refused("newer", "its format is 2, and this version reads 1");
  refused("foreign", "it holds something else");
});

interface StoreRouter {
  readonly peer: Peer;
  kill(): Promise<void>;
}

/** A router in a child process, which ends at the latest with its test. */
async function startChild(t: Finish, path: string, sync: "sync" | "nosync"): Promise<StoreRouter> {
  const script = fileURLToPath(new URL("../support/store-router.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, path, sync], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  t.onTestFinished(kill);
  const [line] = await new Promise<string[]>((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(String(data).split("\n")));
    child.once("exit", (code) => reject(new Error(`the router ended with ${code}`)));
  });
  const peer = await connectPeer(t, { url: line ?? "", reconnect: false, serializers: [msgpack()] });
  return { peer, kill };
}

test.for([
  "sync",
  "nosync",
] as const)("lmdb, %s: kill -9 in the midst of publications loses nothing that was acknowledged, and leaves nothing half written", async (sync, t) => {
  const path = temporary(t);
  const acknowledged: number[] = [];
  let attempted = 0;
  for (let round = 0; round < 3; round++) {
    const { peer, kill } = await startChild(t, path, sync);
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

  const { peer, kill } = await startChild(t, path, sync);
  const { args } = await peer.call("wamp.subscription.lookup", ["com.example.kept.", { match: "prefix" }]);
  const history = await peer.call("wamp.subscription.get_events", [args[0]]);
  const records = history.args as readonly { args: [number]; kwargs: { bytes: Uint8Array } }[];
  const kept = records.map((record) => record.args[0]);
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
  expect(() => createRouter({ realms: [{ name: REALM, store: lmdbStore({ path: "/dev/null/store" }) }] })).toThrow(
    /ENOTDIR/,
  );
});
