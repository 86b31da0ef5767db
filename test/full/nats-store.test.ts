/** Kept events of a cluster on three NATS servers. */
import { expect } from "vitest";
import type { Peer } from "wampact/peer";
import { HISTORY, historyOf, isUnavailable, keep, manage, startNodes } from "../support/kept-events.js";
import { startNatsCluster } from "../support/nats.js";
import { withNats } from "../support/with-nats.js";

withNats("three NATS servers: nothing that was acknowledged is lost when the one that leads is killed", async (t) => {
  const servers = await startNatsCluster(t);
  const urls = servers.map(({ url }) => url);
  const manager = await manage(t, { url: urls });
  const trial = { name: "trial", subjects: ["trial"], num_replicas: 3 };
  await expect
    .poll(() => manager.streams.add(trial).then(({ config }) => config.name, String), { timeout: 60_000 })
    .toBe("trial");
  const nodes = await startNodes(t, { url: urls }, { replicas: 3 });
  const [publisher, ...readers] = (await Promise.all(nodes.map((node) => node.join()))) as [Peer, Peer, Peer];
  const [history = ""] = (await manager.streams.names().next()).filter((name) => name.includes("_his_"));
  const acknowledged: number[] = [];
  let number = 0;
  const publish = async (count: number) => {
    for (const end = acknowledged.length + count; acknowledged.length < end; number++) {
      const value = number;
      if (await keep(publisher, value, HISTORY).then(() => true, isUnavailable)) acknowledged.push(value);
    }
  };
  await publish(20);
  const leader = (await manager.streams.info(history)).cluster?.leader;
  const publishing = publish(100);
  await servers[Number(leader?.slice(1)) - 1]?.kill();
  await publishing;
  const known = new Set(acknowledged);
  for (const reader of readers) {
    // While another server becomes the leader, histories are unavailable.
    const found = async () => (await historyOf(reader)).filter((value) => known.has(value as number));
    await expect.poll(found, { timeout: 60_000 }).toEqual(acknowledged);
  }
});
