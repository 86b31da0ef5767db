import { expect, test } from "vitest";
import { campaign, seeds, widePlan } from "../cluster/scenario/campaign.js";

const SEED = Number(process.env.CLUSTER_SEED ?? 1);
const SEEDS = Number(process.env.CLUSTER_SEEDS ?? 1_000);

test(`the invariants of a cluster hold for ${SEEDS} seeds`, async () => {
  const counts = await campaign(seeds(SEED, SEEDS));
  console.log(
    `of ${SEEDS} seeds from ${SEED}: ${[...counts].map(([what, count]) => `${count} with ${what}`).join(", ")}`,
  );
  expect(counts.size).toBe(SEEDS < 10 ? counts.size : 6);
}, 1_800_000);

test.for([
  [16, 6],
  [40, 3],
  [100, 1],
] as const)("they hold on %i nodes", { timeout: 600_000 }, async ([nodes, count]) => {
  await campaign(seeds(SEED, count), (seed) => widePlan(seed, nodes));
});
