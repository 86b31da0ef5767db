/** A router that stood still while another one of its name has started. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { startClusterRouter } from "../../support/cluster-process.js";
import { startNats } from "../../support/nats.js";
import { withNats } from "../../support/with-nats.js";

withNats(
  "two routers of one name do not fight for it: the one that stood still stays out, and joins again once the other has gone",
  { timeout: 90_000 },
  async (t) => {
    const { url: servers } = await startNats(t);
    const start = (node: string) => startClusterRouter(t, { servers, node, leaseMs: 1_500 });
    const [witness, frozen] = await Promise.all([start("r1"), start("r2")]);
    const incarnations = async () => (await witness.status()).peers.map(({ node, incarnation }) => [node, incarnation]);
    frozen.freeze(true);
    await expect.poll(incarnations, { timeout: 10_000 }).toEqual([]);
    const other = await start("r2");
    frozen.freeze(false);
    await expect.poll(async () => (await frozen.status()).state, { timeout: 10_000 }).toBe("isolated");
    const { directoryRevision: before } = await witness.status();
    await sleep(4_000); // in which each of the two would expel the other
    expect((await witness.status()).directoryRevision).toBe(before);
    expect(await incarnations()).toEqual([["r2", 2]]);
    expect(await frozen.status()).toMatchObject({ state: "isolated" });
    expect(await other.status()).toMatchObject({ state: "joined", incarnation: 2 });
    await other.kill();
    await expect.poll(async () => (await frozen.status()).state, { timeout: 20_000 }).toBe("joined");
    expect(await incarnations()).toEqual([["r2", 3]]);
  },
);
