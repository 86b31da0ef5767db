import { expect, test } from "vitest";
import { createFakeClock, createTestRouter } from "wampact/testing";
import { serveQueue } from "../../examples/jobs/queue.js";
import { createJobsClient, type RunProgress } from "../../schemas/generated/jobs.gen.js";

/** A queue and a client of it, in a time that stands still. */
async function startQueue(limit?: number) {
  const clock = createFakeClock();
  const router = createTestRouter({ clock });
  await serveQueue(await router.connect(), { stepMs: 1_000, ...(limit !== undefined && { limit }) });
  const jobs = createJobsClient(await router.connect());
  return { clock, router, jobs };
}

async function collect(call: AsyncIterable<RunProgress>): Promise<readonly RunProgress[]> {
  const seen: RunProgress[] = [];
  for await (const progress of call) seen.push(progress);
  return seen;
}

test("jobs run one after the other, and tell how far they are", async () => {
  const { clock, router, jobs } = await startQueue();
  await using _ = router;
  const [one, two] = [jobs.run({ name: "one", steps: 2 }), jobs.run({ name: "two", steps: 1 })];
  const seen = Promise.all([collect(one), collect(two)]);
  await clock.advance(0);
  expect(await jobs.queue()).toEqual([
    { name: "one", state: "running" },
    { name: "two", state: "waiting" },
  ]);
  await clock.advance(2_000);
  expect(await one).toEqual({ name: "one", steps: 2 });
  await clock.advance(2_000);
  expect(await two).toEqual({ name: "two", steps: 1 });
  expect(await seen).toEqual([
    [
      { state: "running", done: 1, steps: 2 },
      { state: "running", done: 2, steps: 2 },
    ],
    [
      { state: "waiting", ahead: 1 },
      { state: "running", done: 1, steps: 1 },
    ],
  ]);
});

test("an aborted call takes its job out, and the next one's turn comes", async () => {
  const { clock, router, jobs } = await startQueue();
  await using _ = router;
  const ends: string[] = [];
  await jobs.ended.subscribe(({ data }) => void ends.push(`${data.name} ${data.outcome}`));
  const stop = new AbortController();
  const long = jobs.run({ name: "long", steps: 1_000 }, { signal: stop.signal }).safe();
  const short = jobs.run({ name: "short", steps: 1 });
  await clock.advance(3_000);
  stop.abort();
  expect(await long).toMatchObject({ error: { code: "canceled" } });
  await clock.advance(3_000);
  expect(await short).toEqual({ name: "short", steps: 1 });
  await expect.poll(() => ends).toEqual(["long canceled", "short done"]);
  expect(await jobs.queue()).toEqual([]);
  expect(clock.timers).toBe(0);
});

test("a full queue says how many may wait", async () => {
  const { clock, router, jobs } = await startQueue(1);
  await using _ = router;
  const calls = ["one", "two"].map((name) => jobs.run({ name, steps: 1 }));
  await clock.advance(0);
  expect(await jobs.run({ name: "three", steps: 1 }).safe()).toMatchObject({
    error: { code: "queueFull", data: { limit: 1 } },
  });
  await clock.advance(5_000);
  expect(await Promise.all(calls)).toHaveLength(2);
});

test("numbers are added up as they come", async () => {
  const { router, jobs } = await startQueue();
  await using _ = router;
  const call = jobs.sum([1, 2, 3]);
  const sums: number[] = [];
  for await (const { sum } of call) sums.push(sum);
  expect([sums, await call.result]).toEqual([[1, 3, 6], 6]);
});
