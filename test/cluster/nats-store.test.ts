/** Kept events of a cluster in JetStream, with a real server. */
import { writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { DiscardPolicy, StorageType } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { natsStore } from "wampact/nats";
import type { Peer } from "wampact/peer";
import { createRouter, memoryStore } from "wampact/router";
import { PAYLOAD_SIZE_EXCEEDED, UNAVAILABLE } from "../../src/wire/uris.js";
import { freePort } from "../support/empty-folder.js";
import {
  HISTORY,
  historyOf,
  isUnavailable,
  keep,
  manage,
  type Node,
  retained,
  startNode,
  startNodes,
  TOPIC,
} from "../support/kept-events.js";
import { startNats } from "../support/nats.js";
import { failureOf, Inbox, join } from "../support/peers.js";
import { createProject } from "../support/project.js";
import { REALM } from "../support/raw.js";
import { withNats } from "../support/with-nats.js";

const RETAINED_STREAM = "wampact_wampact_ret_com-example";

withNats(
  "a retained event of one router is had by new subscribers of all, and histories are equal on all",
  async (t) => {
    const nodes = await startNodes(t, await startNats(t));
    const peers = await Promise.all(nodes.map((node) => node.join()));
    for (const [at, peer] of peers.entries()) {
      await keep(peer, `from ${at}`);
      const others = await Promise.all(nodes.map((node) => node.join()));
      expect(await Promise.all(others.map((other) => retained(other)))).toEqual(peers.map(() => `from ${at}`));
    }
    const rounds = Array.from({ length: 20 }, (_, round) => round);
    for (const round of rounds) await Promise.all(peers.map((peer, at) => keep(peer, `${at} ${round}`, HISTORY)));
    const histories = await Promise.all(peers.map((peer) => historyOf(peer)));
    expect(histories[0]).toHaveLength(60);
    for (const history of histories) expect(history).toEqual(histories[0]);
    for (const at of peers.keys())
      expect(histories[0]?.filter((value) => String(value).startsWith(`${at} `))).toEqual(
        rounds.map((round) => `${at} ${round}`),
      );
    expect(faultsOf(nodes)).toEqual([]);
  },
);

withNats("a router that is started again has all, and restricted retained events as before", async (t) => {
  const nats = await startNats(t);
  const [first, second] = (await startNodes(t, nats)) as [Node, Node, Node];
  const publisher = await second.join();
  await keep(publisher, "for all");
  await publisher.publish(TOPIC, ["for few"], {}, { retain: true, acknowledge: true, excludeAuthrole: ["anonymous"] });
  for (const number of [1, 2, 3]) await keep(publisher, number, HISTORY);
  await first.router.close({ drainMs: 0 });
  await keep(publisher, 4, HISTORY); // while it is away
  const again = await startNode(t, nats, { node: "a" });
  const peer = await again.join();
  expect(await historyOf(peer)).toEqual([1, 2, 3, 4]);
  expect(await retained(peer)).toBe("for all");
  const few = new Inbox<unknown>();
  const trusted = await join(t, again.router);
  await trusted.subscribe(TOPIC, ({ args }) => few.push(args[0]), { getRetained: true });
  expect(await few.next()).toBe("for few");
  expect(again.router.storeStats(REALM)).toMatchObject({ retainedEvents: 2, historyEvents: 4, dropped: 0, notKept: 0 });
  expect(faultsOf([second, again])).toEqual([]);
});

withNats(
  "all that was acknowledged is there after NATS was killed and started again under load, once and in order",
  async (t) => {
    const nats = await startNats(t);
    const nodes = await startNodes(t, nats, { history: [{ topic: HISTORY, limit: 100_000 }] });
    const publishers = await Promise.all(nodes.map((node) => node.join()));
    const acknowledged = publishers.map((): string[] => []);
    let stopped = false;
    const publish = async (publisher: Peer, at: number) => {
      for (let number = 0; !stopped; number++) {
        const value = `${at} ${number}`;
        if (await keep(publisher, value, HISTORY).then(() => true, isUnavailable)) acknowledged[at]?.push(value);
      }
    };
    const publishing = publishers.map(publish);
    const haveMore = (count: number) =>
      expect.poll(() => Math.min(...acknowledged.map(({ length }) => length))).toBeGreaterThan(count);
    for (const round of [1, 2]) {
      await haveMore(20 * round);
      await nats.kill();
      await nats.start();
    }
    const before = Math.max(...acknowledged.map(({ length }) => length));
    await haveMore(before + 20);
    stopped = true;
    await Promise.all(publishing);
    const histories = await Promise.all(publishers.map((peer) => historyOf(peer)));
    for (const history of histories) expect(history).toEqual(histories[0]);
    const kept = histories[0] as readonly string[];
    expect(new Set(kept).size).toBe(kept.length);
    for (const [at, values] of acknowledged.entries()) {
      const known = new Set(values); // others were refused, though they may have been kept
      expect(kept.filter((value) => known.has(value))).toEqual(values);
      const numbers = kept.filter((value) => value.startsWith(`${at} `)).map((value) => Number(value.split(" ")[1]));
      expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    }
  },
);

withNats("events of one publisher come in order, kept ones and others, at every router", async (t) => {
  const nodes = await startNodes(t, await startNats(t));
  const [publisher, ...subscribers] = (await Promise.all(nodes.map((node) => node.join()))) as [Peer, Peer, Peer];
  const own = await nodes[0]?.join();
  const inboxes = await Promise.all(
    [own as Peer, ...subscribers].map(async (peer) => {
      const inbox = new Inbox<unknown>();
      await peer.subscribe("com.app.", ({ args }) => inbox.push(args[0]), { match: "prefix" });
      return inbox;
    }),
  );
  const topics = [TOPIC, "com.app.plain", HISTORY, "com.app.plain"];
  const numbers = Array.from({ length: 100 }, (_, number) => number);
  const published = numbers.map((number) => {
    const topic = topics[number % topics.length] as string;
    return publisher.publish(topic, [number], {}, { acknowledge: number % 3 === 0, retain: topic === TOPIC });
  });
  for (const inbox of inboxes) for (const number of numbers) expect(await inbox.next()).toBe(number);
  await Promise.all(published);
});

withNats(
  "a history keeps its limit in events and in bytes, for all topics of a pattern together, and retained topics keep theirs",
  async (t) => {
    const nats = await startNats(t);
    const history = [
      { topic: "com.app.many.", match: "prefix", limit: 5 },
      { topic: "com.app.large", limit: 1_000 },
    ] as const;
    const store = natsStore({ maxHistoryBytes: 20_000, maxRetainedTopics: 3 });
    const [first] = (await Promise.all(["a", "b"].map((node) => startNode(t, nats, { node, store, history })))) as [
      Node,
    ];
    const peer = await first.join();
    for (let number = 0; number < 12; number++) await keep(peer, number, `com.app.many.t${number % 3}`);
    const large = Array.from({ length: 40 }, (_, number) => `${number} ${"x".repeat(1_000)}`);
    for (const value of large) await keep(peer, value, "com.app.large");
    for (const number of [1, 2, 3, 4, 5])
      await peer.publish(`com.app.kept.${number}`, [number], {}, { acknowledge: true, retain: true });
    const again = await startNode(t, nats, { node: "c", store, history });
    for (const node of [first, again]) {
      const reader = await node.join();
      expect(await historyOf(reader, "com.app.many.", "prefix")).toEqual([7, 8, 9, 10, 11]);
      const found = await historyOf(reader, "com.app.large");
      expect(found).toEqual(large.slice(-found.length));
      expect(found.length).toBeGreaterThan(8);
      expect(found.length).toBeLessThan(20);
      expect(node.router.storeStats(REALM).retainedEvents).toBe(3);
      expect(await retained(reader, "com.app.kept.3")).toBe(3);
    }
    expect(await failureOf(keep(peer, "x".repeat(30_000), "com.app.large"))).toMatchObject({
      uri: PAYLOAD_SIZE_EXCEEDED,
      args: [expect.stringContaining("this realm's store takes at most 20000")],
    });
  },
);

withNats("an event that is too large for a message of NATS is refused in words", async (t) => {
  const [node] = (await Promise.all([startNode(t, await startNats(t), { node: "a" })])) as [Node];
  const peer = await node.join();
  expect(await failureOf(keep(peer, "x".repeat(1_100_000)))).toMatchObject({
    uri: PAYLOAD_SIZE_EXCEEDED,
    args: [expect.stringMatching(/^an event of 1100\d{3} bytes cannot be kept: NATS takes at most 1048320$/)],
  });
  await keep(peer, "x".repeat(1_000_000));
  expect(node.faults).toEqual([]);
});

withNats(
  "a full stream: publications are refused, reading goes on, and so does keeping once there is room",
  async (t) => {
    const nats = await startNats(t);
    const node = await startNode(t, nats, { node: "a" });
    const peer = await node.join();
    await keep(peer, "before");
    const manager = await manage(t, nats);
    const { state } = await manager.streams.info(RETAINED_STREAM);
    await manager.streams.update(RETAINED_STREAM, { discard: DiscardPolicy.New, max_bytes: state.bytes + 10 });
    expect(await failureOf(keep(peer, "refused"))).toMatchObject({ uri: UNAVAILABLE });
    expect(node.faults).toEqual([
      expect.stringMatching(/failed to write; .*JetStream refuses an event for the stream .*: maximum bytes exceeded$/),
    ]);
    expect(node.router.storeStats(REALM)).toMatchObject({ failing: true, notKept: 1 });
    expect(await retained(await node.join())).toBe("before");
    await manager.streams.update(RETAINED_STREAM, { discard: DiscardPolicy.Old, max_bytes: 1_000_000 });
    await keep(peer, "after");
    expect(node.router.storeStats(REALM)).toMatchObject({ failing: false });
  },
);

withNats(
  "a stream that is not as it has to be is named when the router starts, and its bounds follow the configuration",
  async (t) => {
    const nats = await startNats(t);
    const manager = await manage(t, nats);
    await manager.streams.add({
      name: RETAINED_STREAM,
      subjects: ["wampact_kept.wampact.ret_com-example.*"],
      storage: StorageType.Memory,
    });
    expect(String(await failureOf(startNode(t, nats, { node: "a" })))).toBe(
      `Error: NATS at ${nats.url}: the stream "${RETAINED_STREAM}" differs from the one of natsStore(): storage is "memory" instead of "file"; correct it with "nats stream edit", or delete it with all its events`,
    );
    await manager.streams.delete(RETAINED_STREAM);
    await startNode(t, nats, { node: "a" });
    await manager.streams.update(RETAINED_STREAM, { max_bytes: 5_000 });
    await startNode(t, nats, { node: "b" });
    expect((await manager.streams.info(RETAINED_STREAM)).config).toMatchObject({
      max_bytes: 2 * 64 * 1024 * 1024,
      max_msgs_per_subject: 16,
      discard: "old",
    });
  },
);

withNats("JetStream without room for the streams: the router does not start, and says so", async (t) => {
  const { dir } = createProject(t, {});
  const port = await freePort();
  writeFileSync(joinPath(dir, "nats.conf"), `jetstream { store_dir: "${dir}/data", max_file_store: 10MB }`);
  const nats = await startNats(t, ["--config", joinPath(dir, "nats.conf")], { port });
  expect(String(await failureOf(startNode(t, nats, { node: "a" })))).toMatch(
    /the stream "wampact_wampact_\w+_com-example.*" of 134217728 bytes on 1 server\(s\) cannot be made: insufficient storage.*; give JetStream more space, or natsStore\(\) lower limits$/,
  );
});

withNats("streams that are gone or purged: the routers show what there is, and go on keeping", async (t) => {
  const nats = await startNats(t);
  const nodes = await startNodes(t, nats);
  const [first, second] = (await Promise.all(nodes.map((node) => node.join()))) as [Peer, Peer, Peer];
  await keep(first, "old");
  for (const number of [1, 2]) await keep(first, number, HISTORY);
  const manager = await manage(t, nats);
  const names = (await manager.streams.names().next()).filter((name) => name.startsWith("wampact_"));
  expect(names).toHaveLength(2);
  for (const name of names) await manager.streams.delete(name);
  await keep(first, "new", HISTORY);
  expect(await historyOf(first)).toEqual(["new"]);
  expect(await historyOf(second)).toEqual(["new"]);
  await keep(first, "again");
  expect(await retained(second)).toBe("again");
  await manager.streams.purge(RETAINED_STREAM);
  for (const { router } of nodes) await expect.poll(() => router.storeStats(REALM).retainedEvents).toBe(0);
  expect(faultsOf(nodes)).toEqual([]);
});

withNats(
  "NATS is away: nothing hangs, publications and histories are refused, and all goes on when it is back without its data",
  async (t) => {
    const nats = await startNats(t);
    const node = await startNode(t, nats, { node: "a" });
    const [peer, subscriber] = await Promise.all([node.join(), node.join()]);
    const inbox = new Inbox<unknown>();
    await subscriber.subscribe(HISTORY, ({ args }) => inbox.push(args[0]));
    await keep(peer, "kept");
    await nats.kill();
    expect(await failureOf(keep(peer, "refused", HISTORY))).toMatchObject({ uri: UNAVAILABLE });
    await peer.publish(HISTORY, ["told"]);
    expect(await inbox.next()).toBe("told");
    const [id] = (await peer.call("wamp.subscription.match", ["com.app.history"])).args[0] as [number];
    expect(await failureOf(peer.call("wamp.subscription.get_events", [id]))).toMatchObject({ uri: UNAVAILABLE });
    expect(await retained(peer)).toBe("kept"); // as far as it is known here
    nats.forget();
    await nats.start();
    await expect.poll(() => keep(peer, "after", HISTORY).then(() => true, isUnavailable)).toBe(true);
    expect(await historyOf(peer)).toEqual(["after"]);
    await expect.poll(() => node.router.storeStats(REALM).retainedEvents).toBe(0);
  },
);

withNats("a router whose store has other bounds, or is another one, does not join", async (t) => {
  const nats = await startNats(t);
  await startNode(t, nats, { node: "a" });
  for (const store of [natsStore({ maxRetainedBytes: 1_000_000 }), memoryStore()])
    expect(String(await failureOf(startNode(t, nats, { node: "b", store })))).toMatch(
      /the router "b" has store of the realm "com.example" at (".+"|undefined), and "a" at ".+": give it the same value on all routers/,
    );
  const manager = await manage(t, nats);
  expect((await manager.streams.info(RETAINED_STREAM)).config.max_bytes).toBe(2 * 64 * 1024 * 1024); // it has changed nothing
});

test("natsStore needs a cluster on NATS, and says which options it has", () => {
  expect(() => createRouter({ realms: [{ name: REALM, store: natsStore() }] })).toThrow(
    'store of realm "com.example": natsStore() keeps events in the NATS of a cluster: give the router cluster: natsCluster({ servers }), or the realm another store',
  );
  expect(() => natsStore({ maxRetainedBytes: 0 })).toThrow(
    /natsStore\.maxRetainedBytes: expected a positive number, got 0/,
  );
  expect(() => natsStore({ servers: "x" } as object)).toThrow(/natsStore\.servers: unknown option/);
});

function faultsOf(nodes: readonly Node[]): readonly string[] {
  return nodes.flatMap(({ faults }) => faults);
}
