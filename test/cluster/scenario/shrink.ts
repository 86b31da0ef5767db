import { brokenInvariants } from "./invariants.js";
import { type Plan, type Step, withSteps } from "./plan.js";
import { type Outcome, run } from "./run.js";

/** A plan that fails, and from which nothing more can be left out, as far as was tried. */
export interface Smallest {
  readonly outcome: Outcome;
  readonly broken: readonly string[];
  readonly runs: number;
}

/** Carries a plan out, and tells what is broken then. */
type Attempt = (plan: Plan) => Promise<Omit<Smallest, "runs">>;

/** Leaves out steps of a plan that fails, while it still fails: halves first, single ones last. Tries so many plans at most. */
export async function shrink(
  plan: Plan,
  { mostRuns = 200, attempt = attemptWith }: { readonly mostRuns?: number; readonly attempt?: Attempt } = {},
): Promise<Smallest> {
  let smallest = await attempt(plan);
  let runs = 1;
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.outcome.plan.steps.length && runs < mostRuns; ) {
      const { steps } = smallest.outcome.plan;
      const fewer = await attempt(withSteps(plan, [...steps.slice(0, at), ...steps.slice(at + size)]));
      runs++;
      if (fewer.broken.length > 0) smallest = fewer;
      else at += size;
    }
  }
  return { ...smallest, runs };
}

const attemptWith: Attempt = async (plan) => {
  const outcome = await run(plan, { keepTrace: true });
  return { outcome, broken: brokenInvariants(outcome) };
};

/** A report for whoever debugs the failure: the broken rules, and the shortest history that breaks them. */
export function report(
  found: { readonly plan: Plan; readonly broken: readonly string[] },
  { outcome, broken }: Smallest,
): string {
  const { plan } = outcome;
  return [
    `seed ${found.plan.seed} fails:`,
    ...found.broken.slice(0, 10).map((what) => `  ${what}`),
    `${plan.steps.length} of its ${found.plan.steps.length} steps are enough, on ${plan.nodes} nodes:`,
    ...plan.steps.map((step) => `  ${wordsOf(step)}`),
    ...broken.slice(0, 10).map((what) => `  then: ${what}`),
    "its history:",
    ...outcome.trace.slice(-400).map((line) => `  ${line.trimEnd()}`),
  ].join("\n");
}

function wordsOf(step: Step): string {
  const at = `${(step.atMs / 1_000).toFixed(3)} s`;
  return "fault" in step
    ? `${at} fault ${JSON.stringify(step.fault)}`
    : `${at} c${step.client} ${JSON.stringify(step.act)}`;
}
