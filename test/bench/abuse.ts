/** Minutes of mixed abuse: several abusers at once, each in a process of its own, and a bystander that only wants to call. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Bystander } from "./bystander.js";
import { DISTURBANCES } from "./disturbances.js";
import { type Held, type Server, startServer } from "./servers.js";

/** How a stretch of time went for the bystander, and what the router held at its end. Times are in milliseconds, sizes in megabytes. */
export interface Stretch {
  readonly atSeconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly rss: number;
  readonly heap: number;
}

export interface Abuse {
  readonly stretches: readonly Stretch[];
  /** Descriptions of the faults; empty if there are none. */
  readonly faults: readonly string[];
}

/** Abusers at once. */
const LANES = 4;
const STRETCHES = 30;
/** How often the bystander calls. */
const EVERY_MS = 10;
/** How long one abuser may take. */
const PATIENCE_MS = 60_000;
/** How long the router has to let go of everything when the abusers are gone: half handshakes are cut after 10 s. */
const RECOVERY_MS = 30_000;
/** Bytes that a store may keep for its retained events, and as many for its history. */
const STORE_BYTES = 16 * 1024 * 1024;
/** How much more heap than before counts as none: what was compiled, and the objects of 32 MB of stored events. */
const HEAP_MB = 48;
/** How much more resident memory: the store's events, and what the allocator does not give back. */
const RSS_MB = 512;
/** The bystander's two. */
const SESSIONS = 2;

/** Runs the abuse, and tells of each stretch as it ends. */
export async function abuse(minutes: number, tell: (line: string) => void): Promise<Abuse> {
  const server = await startServer("router", {
    realm: { history: [{ topic: "com.bench.history" }] },
    store: { maxRetainedBytes: STORE_BYTES, maxHistoryBytes: STORE_BYTES },
  });
  const bystander = await Bystander.join(server.url, EVERY_MS);
  const abusers = new Abusers(server.url);
  const stretches: Stretch[] = [];
  const faults: string[] = [];
  try {
    bystander.start(); // until the compiler has done most of its work on calls
    await sleep(1_000);
    await bystander.stop();
    const before = { ...(await server.memory()), held: await server.held() };
    tell(
      `${"".padStart(8)} ${COLUMNS.map((name) => name.padStart(9)).join(" ")}  what the realm holds, what has happened`,
    );
    abusers.start();
    const startedAt = performance.now();
    for (let count = 0; count < STRETCHES; count++) {
      bystander.start();
      await sleep((minutes * 60_000) / STRETCHES);
      const delays = await bystander.stop();
      const held = await answerOf(server);
      const stretch = stretchOf(delays, held, (performance.now() - startedAt) / 1_000);
      stretches.push(stretch);
      tell(line(stretch, held));
      const lost = delays.filter((delay) => !Number.isFinite(delay)).length;
      if (lost > 0)
        faults.push(`${lost} calls of the bystander were not answered by second ${Math.round(stretch.atSeconds)}`);
    }
    await abusers.stop();
    faults.push(...(await leftovers(server, before)));
  } catch (error) {
    faults.push(`the router has died or does not answer: ${error instanceof Error ? error.message : error}`);
  } finally {
    await abusers.stop();
    bystander.close();
    server.stop();
  }
  for (const [name, { runs, failures }] of abusers.outcomes) {
    tell(`${String(runs).padStart(6)} × ${name}${failures.size > 0 ? `; failed: ${[...failures].join("; ")}` : ""}`);
  }
  return { stretches, faults };
}

/** Starts one abuser after another in a few lanes, in turn through all there are. */
class Abusers {
  readonly outcomes = new Map<string, { runs: number; failures: Set<string> }>();
  readonly #url: string;
  readonly #running = new Set<ChildProcess>();
  #lanes: Promise<void>[] = [];
  #next = 0;
  #stopped = false;

  constructor(url: string) {
    this.#url = url;
  }

  start(): void {
    this.#lanes = Array.from({ length: LANES }, () => this.#lane());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const abuser of this.#running) abuser.kill("SIGKILL");
    await Promise.all(this.#lanes);
  }

  async #lane(): Promise<void> {
    while (!this.#stopped) {
      const { name } = DISTURBANCES[this.#next++ % DISTURBANCES.length] as (typeof DISTURBANCES)[number];
      const outcome = this.outcomes.get(name) ?? { runs: 0, failures: new Set() };
      this.outcomes.set(name, outcome);
      outcome.runs++;
      const failure = await this.#run(name);
      if (failure && !this.#stopped) outcome.failures.add(failure);
    }
  }

  /** Returns why it did not come to its end, if it did not. */
  async #run(name: string): Promise<string | undefined> {
    const abuser = fork(new URL("disturber.ts", import.meta.url), [this.#url, name], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    if (abuser.pid !== undefined) setPriority(abuser.pid, 19);
    this.#running.add(abuser);
    let words = "";
    abuser.stderr?.on("data", (chunk) => {
      words += chunk;
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      abuser.kill("SIGKILL");
    }, PATIENCE_MS);
    abuser.on("message", (message) => {
      if (message === "ready") abuser.send("go");
      else abuser.kill("SIGKILL"); // it is done, and whatever it holds is cut
    });
    const [code] = (await once(abuser, "exit")) as [number | null];
    clearTimeout(timer);
    this.#running.delete(abuser);
    if (late) return `not done within ${PATIENCE_MS} ms`;
    return code === null ? undefined : (/^Error: (.*)$/m.exec(words)?.[1] ?? `code ${code}`).slice(0, 200);
  }
}

/** The contents that the router still holds for clients that are gone. */
async function leftovers(
  server: Server,
  before: { readonly rss: number; readonly heap: number; readonly held: Held },
): Promise<readonly string[]> {
  const end = performance.now() + RECOVERY_MS;
  let held = await answerOf(server);
  const differences = () =>
    Object.entries(before.held.stats).filter(([key, value]) => held.stats[key as keyof Held["stats"]] !== value);
  while (differences().length > 0 && performance.now() < end) {
    await sleep(500);
    held = await answerOf(server);
  }
  await sleep(1_000);
  await server.memory();
  const after = await server.memory();
  const faults = differences().map(
    ([key, value]) => `${key}: ${value} before, ${held.stats[key as keyof Held["stats"]]} when all abusers were gone`,
  );
  const [heap, rss] = [(after.heap - before.heap) / 1e6, (after.rss - before.rss) / 1e6];
  if (held.stats.sessions !== SESSIONS) faults.push(`${held.stats.sessions} sessions are left`);
  if (heap > HEAP_MB) faults.push(`the heap holds ${heap.toFixed(0)} MB more than before`);
  if (rss > RSS_MB) faults.push(`the process holds ${rss.toFixed(0)} MB more than before`);
  return faults;
}

const COLUMNS = ["p50 ms", "p99 ms", "max ms", "rss MB", "heap MB", "sessions"];

function stretchOf(delays: readonly number[], { rss, heapUsed }: Held, atSeconds: number): Stretch {
  const at = (part: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? Number.NaN;
  return { atSeconds, p50: at(0.5), p99: at(0.99), longest: at(1), rss: rss / 1e6, heap: heapUsed / 1e6 };
}

function line({ atSeconds, p50, p99, longest, rss, heap }: Stretch, { stats, totals }: Held): string {
  const figures = [p50, p99, longest, rss, heap].map((figure) => figure.toFixed(1).padStart(9));
  const { subscriptions, registrations, pendingCalls } = stats;
  const { joined, left, cut, dropped, limited } = totals;
  const counts = { subscriptions, registrations, pendingCalls, joined, left, cut, dropped, limited };
  const words = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return `${`${Math.round(atSeconds)} s`.padStart(8)} ${figures.join(" ")} ${String(stats.sessions).padStart(9)}  ${words.join(", ")}`;
}

/** Throws where the router does not answer. */
async function answerOf(server: Server): Promise<Held> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${RECOVERY_MS} ms`)), RECOVERY_MS);
  });
  try {
    return await Promise.race([server.held(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** A figure of each stretch as a bar, with the least and the most of it. */
export function drawn(name: string, values: readonly number[]): string {
  const most = Math.max(...values.filter(Number.isFinite));
  const bars = values.map((value) => BLOCKS[Math.min(7, Math.floor((value / most) * 7.99))] ?? "█");
  return `${name.padEnd(22)} ${bars.join("")} from ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
}
