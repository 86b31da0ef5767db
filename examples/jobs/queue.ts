import type { Peer, Service } from "wampact";
import { createJobsClient, serveJobs } from "../../schemas/generated/jobs.gen.js";

interface Job {
  readonly name: string;
}

export interface QueueOptions {
  /** The maximum number of waiting jobs. Default: 10. */
  readonly limit?: number;
  /** The duration of a step, in milliseconds. Default: 20. */
  readonly stepMs?: number;
}

/** Serves a queue that runs one job at a time, in order. */
export function serveQueue(peer: Peer, { limit = 10, stepMs = 20 }: QueueOptions = {}): Promise<Service> {
  const jobs: Job[] = []; // the first one is running
  const { ended } = createJobsClient(peer);

  return serveJobs(peer, {
    async run({ name, steps }, { errors, progress, signal }) {
      if (jobs.length > limit) throw errors.queueFull({ limit });
      const job: Job = { name };
      jobs.push(job);
      try {
        for (let told = 0; jobs[0] !== job; await pause(peer, { ms: stepMs, signal })) {
          const ahead = jobs.indexOf(job);
          if (ahead !== told) progress({ state: "waiting", ahead });
          told = ahead;
        }
        for (let done = 1; done <= steps; done++) {
          await pause(peer, { ms: stepMs, signal });
          progress({ state: "running", done, steps });
        }
        await ended.publish({ name, outcome: "done" });
        return { name, steps };
      } catch (error) {
        await ended.publish({ name, outcome: "canceled" });
        throw error;
      } finally {
        jobs.splice(jobs.indexOf(job), 1);
      }
    },

    async *sum({ chunks }) {
      let sum = 0;
      for await (const number of chunks) {
        sum += number;
        yield { sum };
      }
      return sum;
    },

    queue: () =>
      jobs.map(({ name }, index) => ({ name, state: index === 0 ? ("running" as const) : ("waiting" as const) })),
  });
}

/** Waits with the peer's clock, so that tests can use a fake one. Rejects when the caller cancels. */
function pause(peer: Peer, { ms, signal }: { readonly ms: number; readonly signal: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = peer.clock.after(ms, resolve);
    const cancel = (): void => {
      stop();
      reject(signal.reason);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}
