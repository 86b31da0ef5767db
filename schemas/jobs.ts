import { error, procedure, topic } from "wampact";
import * as z from "zod";

/** As many jobs wait as may wait. */
export const queueFull = error("com.jobs.error.queue_full", z.object({ limit: z.int() }));

/** Runs a job when its turn comes, and tells how far it is. Cancelling the call takes the job out, running or not. */
export const run = procedure("com.jobs.run", {
  input: z.object({
    name: z.string().min(1),
    steps: z.int().min(1).max(1_000).describe("How much there is to do."),
  }),
  progress: z.discriminatedUnion("state", [
    z.object({ state: z.literal("waiting"), ahead: z.int().describe("Jobs that go first.") }),
    z.object({ state: z.literal("running"), done: z.int(), steps: z.int() }),
  ]),
  output: z.object({ name: z.string(), steps: z.int() }),
  errors: { queueFull },
});

/** Adds up numbers that the caller sends one after the other, and tells the sum so far. */
export const sum = procedure("com.jobs.sum", {
  chunks: z.number(),
  progress: z.object({ sum: z.number() }),
  output: z.number(),
});

/** What waits and runs at the moment; asking twice does no harm. */
export const queue = procedure("com.jobs.queue", {
  output: z.array(z.object({ name: z.string(), state: z.enum(["waiting", "running"]) })),
  idempotent: true,
});

/** A job has ended, one way or the other. */
export const ended = topic("com.jobs.ended", {
  event: z.object({ name: z.string(), outcome: z.enum(["done", "canceled"]) }),
});
