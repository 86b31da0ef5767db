import { expect, test } from "vitest";
import { campaign, HAPPENINGS, seeds, usualPlan } from "./scenario/campaign.js";
import { brokenInvariants } from "./scenario/invariants.js";
import { run } from "./scenario/run.js";
import { report, shrink } from "./scenario/shrink.js";

const COUNT = 50;
/** In so many of them each kind of trouble has to occur. */
const LEAST = 20;

test(`the invariants of a cluster hold for ${COUNT} seeds, in ${LEAST} of which each kind of trouble occurs`, async () => {
  const counts = await campaign(seeds(1, COUNT));
  for (const what of Object.keys(HAPPENINGS) as (keyof typeof HAPPENINGS)[])
    expect(counts.get(what) ?? 0, what).toBeGreaterThanOrEqual(LEAST);
}, 900_000); // all of it is computing: on a busy machine each of its steps takes as many times longer

test("one seed gives one history, byte for byte", async () => {
  const [one, other] = [await run(usualPlan(7), { keepTrace: true }), await run(usualPlan(7), { keepTrace: true })];
  expect(one.trace.length).toBeGreaterThan(500);
  expect(one.trace.join("") === other.trace.join("")).toBe(true);
  expect(one.digest).toBe(other.digest);
  expect((await run(usualPlan(8))).digest).not.toBe(one.digest);
});

test("a plan that fails is cut down to the steps that make it fail, and told with its seed", async () => {
  const plan = usualPlan(3);
  const needed = plan.steps.findIndex((step) => "act" in step && step.act.do === "publish");
  const step = plan.steps[needed] as (typeof plan.steps)[number];
  // a scenario in which nothing may be published
  const fails = async (tried: typeof plan) => {
    const outcome = await run(tried, { keepTrace: true });
    const broken = tried.steps.includes(step) ? ["something was published"] : [];
    return { outcome, broken: [...brokenInvariants(outcome), ...broken] };
  };
  const smallest = await shrink(plan, { attempt: fails });
  expect(smallest.outcome.plan.steps).toEqual([step]);
  const words = report({ plan, broken: ["something was published"] }, smallest);
  expect(words).toContain("seed 3 fails:\n  something was published\n1 of its ");
  expect(words).toContain('"do":"publish"');
});
