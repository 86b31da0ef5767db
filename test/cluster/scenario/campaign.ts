import { expect } from "vitest";
import { brokenInvariants } from "./invariants.js";
import { type Plan, planOf } from "./plan.js";
import { type Outcome, run } from "./run.js";
import { report, shrink } from "./shrink.js";

/** Occurrences that many scenarios must have, so that the campaign is meaningful. */
export const HAPPENINGS = {
  /** The others have expelled a node. */
  expulsion: ({ lives }: Outcome) => lives.some(({ wasExpelled }) => wasExpelled),
  /** Two have written the same key of the directory. */
  conflict: ({ network }: Outcome) => network.conflicts > 0,
  /** A write of the directory was carried out, and nobody has said so. */
  "lost acknowledgement": ({ network }: Outcome) => network.lostAnswers > 0,
  /** A call came to a node whose callee was gone. */
  GONE: ({ frames }: Outcome) => frames.counts.has("RETURNED"),
  /** A callee with much to read has slowed its callers down. */
  CHOKE: ({ frames }: Outcome) => frames.counts.has("CHOKE"),
  /** A node that was expelled without being dead has come back, with its sessions. */
  return: ({ lives, troubles }: Outcome) => {
    const wasKilled = (node: string) => troubles.some(({ kind, nodes }) => kind === "kill" && nodes.includes(node));
    return lives.some(({ node, incarnation }) => incarnation > 1 && !wasKilled(node));
  },
} as const;
export type Happening = keyof typeof HAPPENINGS;

/** The plan of a seed: 3 to 5 nodes, for most. */
export function usualPlan(seed: number): Plan {
  return planOf(seed, { nodes: 3 + (seed % 3), clients: 8, acts: 200, actMs: 25_000 });
}

/** A plan for many nodes, of which each has a client or two at most. */
export function widePlan(seed: number, nodes: number): Plan {
  return planOf(seed, { nodes, clients: 24, acts: 250, actMs: 15_000 });
}

/**
 * Carries out the plans of seeds, and counts in how many something has happened. The first that breaks an invariant fails the test with its seed
 * and the shortest history that does.
 */
export async function campaign(seeds: Iterable<number>, planFor = usualPlan): Promise<ReadonlyMap<Happening, number>> {
  const counts = new Map<Happening, number>();
  for (const seed of seeds) {
    const plan = planFor(seed);
    const outcome = await run(plan);
    const broken = brokenInvariants(outcome);
    if (broken.length > 0) expect.unreachable(report({ plan, broken }, await shrink(plan)));
    for (const [what, hasHappened] of Object.entries(HAPPENINGS) as [Happening, (outcome: Outcome) => boolean][])
      if (hasHappened(outcome)) counts.set(what, (counts.get(what) ?? 0) + 1);
    await new Promise((resolve) => setImmediate(resolve)); // simulated time gives the event loop no turn
  }
  return counts;
}

/** Yields `count` seeds from `first`. */
export function* seeds(first: number, count: number): Iterable<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

/** The first of some seeds whose plan breaks an invariant, and which. */
export async function firstBroken(
  some: Iterable<number>,
): Promise<{ readonly seed: number; readonly broken: readonly string[] } | undefined> {
  for (const seed of some) {
    const broken = brokenInvariants(await run(usualPlan(seed)));
    if (broken.length > 0) return { seed, broken };
  }
  return undefined;
}
