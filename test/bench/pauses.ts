/** How long a bystander waits in a router that has much to do for somebody else. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Disturbance } from "./acts.js";
import { Bystander } from "./bystander.js";
import { median } from "./cpu.js";
import { startServer } from "./servers.js";

export interface Pause {
  /** Milliseconds: the longest delay of a call, and the one that a hundredth exceeds. */
  readonly longest: number;
  readonly p99: number;
  /** Megabytes that the router's process held at most. */
  readonly peak: number;
  /** How the disturbance went, where it says. */
  readonly how: string | undefined;
}

/** How long the bystander calls before the disturbance, and how long after it: the router may still be at it. */
const BEFORE_MS = 100;
const AFTER_MS = 700;
/** How long a disturbance, or what it makes ready, may take. */
const PATIENCE_MS = 60_000;

/** Medians of two rounds on fresh routers, or of three where two disagree on whether the longest delay exceeds the limit. */
export async function measurePause(disturbance: Disturbance, limitMs: number): Promise<Pause> {
  const rounds = [await measureOnce(disturbance), await measureOnce(disturbance)];
  const exceeding = rounds.filter(({ longest }) => longest > limitMs).length;
  if (exceeding === 1) rounds.push(await measureOnce(disturbance));
  const middle = (figure: "longest" | "p99" | "peak") => median(rounds.map((round) => round[figure]));
  return { longest: middle("longest"), p99: middle("p99"), peak: middle("peak"), how: rounds.at(-1)?.how };
}

async function measureOnce({ name, settings = {} }: Disturbance): Promise<Pause> {
  const server = await startServer("router", settings);
  const bystander = await Bystander.join(server.url);
  const disturber = fork(new URL("disturber.ts", import.meta.url), [server.url, name], {
    execArgv: ["--import", "tsx"],
  });
  try {
    await said(disturber); // that it is ready
    await warmUp(bystander);
    bystander.start();
    await sleep(BEFORE_MS);
    disturber.send("go");
    const how = await said(disturber);
    await sleep(AFTER_MS);
    const delays = await bystander.stop();
    const p99 = delays[Math.floor(delays.length * 0.99)] as number;
    return { longest: delays.at(-1) as number, p99, peak: server.peak() / 1e6, how };
  } finally {
    bystander.close();
    disturber.kill();
    server.stop();
  }
}

/** The next message of the process, or `undefined` if it kills itself. Throws if the process fails or takes too long. */
async function said(disturber: ChildProcess): Promise<string | undefined> {
  const over = new AbortController();
  const late = setTimeout(() => over.abort(), PATIENCE_MS);
  try {
    const [answer] = await Promise.race([
      once(disturber, "message", over),
      once(disturber, "exit", over).then(([code, signal]) => {
        if (signal !== "SIGKILL") throw new Error(`a disturbance failed with code ${code}`);
        return [{}];
      }),
    ]);
    return (answer as { how?: string }).how;
  } finally {
    clearTimeout(late);
    over.abort();
  }
}

/** Until the compiler has done most of its work on the bystander's calls. */
async function warmUp(bystander: Bystander): Promise<void> {
  bystander.start();
  await sleep(500);
  await bystander.stop();
}
