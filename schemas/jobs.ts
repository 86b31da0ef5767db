import { error, procedure, topic } from "wampact";
import * as z from "zod";

/** The queue is full. */
export const queueFull = error("com.jobs.error.queue_full", z.object({ limit: z.int() }));

/** Runs a job when it is its turn, and reports its progress. Canceling the call removes the job, even if it is running. */
export const run = procedure("com.jobs.run", {
  input: z.object({
    name: z.string().min(1),
    steps: z.int().min(1).max(1_000).describe("The number of steps of the job."),
  }),
  progress: z.discriminatedUnion("state", [
    z.object({ state: z.literal("waiting"), ahead: z.int().describe("The number of jobs before this one.") }),
    z.object({ state: z.literal("running"), done: z.int(), steps: z.int() }),
  ]),
  output: z.object({ name: z.string(), steps: z.int() }),
  errors: { queueFull },
});

/** Adds up numbers that the caller sends one after another, and reports the sum so far. */
export const sum = procedure("com.jobs.sum", {
  chunks: z.number(),
  progress: z.object({ sum: z.number() }),
  output: z.number(),
});

/** The waiting and running jobs. It is idempotent. */
export const queue = procedure("com.jobs.queue", {
  output: z.array(z.object({ name: z.string(), state: z.enum(["waiting", "running"]) })),
  idempotent: true,
});

/** A job has ended. */
export const ended = topic("com.jobs.ended", {
  event: z.object({ name: z.string(), outcome: z.enum(["done", "canceled"]) }),
});
