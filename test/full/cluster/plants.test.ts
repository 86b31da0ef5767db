import { expect, test } from "vitest";
import { firstBroken, seeds } from "../../cluster/scenario/campaign.js";
import { PLANTS } from "../../cluster/scenario/plants.js";

/** The invariants hold for these seeds while nothing is planted: another test shows that. */
const SEEDS = 50;

test.for(Object.entries(PLANTS))("a planted fault is found by the invariants: %s", async ([, plant]) => {
  const takeOut = plant();
  try {
    const found = await firstBroken(seeds(1, SEEDS));
    expect(found).toBeDefined();
    if (process.env.CLUSTER_PLANTS) console.log(`seed ${found?.seed}: ${found?.broken.slice(0, 3).join("\n  ")}`);
  } finally {
    takeOut();
  }
});
