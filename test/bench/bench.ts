/**
 * `npm run bench`: CPU of the server process per message, against a baseline in the same alternating run. `--quick` takes
 * short rounds, `--only TEXT` the scenarios whose name holds the text.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { cpuMicroseconds, median } from "./cpu.js";
import { type Load, SCENARIOS, type Scenario } from "./scenarios.js";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const rounds = flags.quick ? 3 : 5;
const roundMs = flags.quick ? 400 : 1_500;
const chosen = SCENARIOS.filter(({ name }) => flags.only === undefined || name.includes(flags.only));

console.log(`CPU of the server process in µs per message; medians of ${rounds} alternating rounds of ${roundMs} ms\n`);
console.log(`${"scenario".padEnd(64)} ${"router".padStart(8)} ${"baseline".padStart(9)} ${"ratio".padStart(6)}  goal`);
for (const scenario of chosen) {
  const { router, baseline } = await measure(scenario);
  const ratio = router / baseline;
  const { goal } = scenario;
  const verdict = goal ? `${goal.id} ≤ ${goal.ratio} ${ratio <= goal.ratio ? "met" : "missed"}` : "";
  const figures = [router.toFixed(2).padStart(8), baseline.toFixed(2).padStart(9), ratio.toFixed(2).padStart(6)];
  console.log(`${scenario.name.padEnd(64)} ${figures.join(" ")}  ${verdict}`);
}
console.log(
  "\nbaselines: raw ws echo of the CALL for calls, pre-framed raw ws fan-out for events; small load generators share the machine",
);

async function measure(scenario: Scenario): Promise<{ router: number; baseline: number }> {
  const figures = { router: [] as number[], baseline: [] as number[] };
  for (let count = 0; count < rounds; count++) {
    figures.router.push(await round("router", (url) => scenario.onRouter(url)));
    figures.baseline.push(await round(scenario.baseline, (url) => scenario.onBaseline(url)));
  }
  return { router: median(figures.router), baseline: median(figures.baseline) };
}

/** One round on a fresh server, after a warm-up. */
async function round(kind: string, load: (url: string) => Promise<Load>): Promise<number> {
  const server = fork(new URL("server.ts", import.meta.url), [kind], { execArgv: ["--import", "tsx"] });
  try {
    const [{ url }] = (await once(server, "message")) as [{ url: string }];
    const driven = await load(url);
    await driven.run(roundMs / 3);
    const before = await cpuOf(server);
    const messages = await driven.run(roundMs);
    const used = (await cpuOf(server)) - before;
    driven.close();
    return used / messages;
  } finally {
    server.kill();
  }
}

async function cpuOf(server: ChildProcess): Promise<number> {
  const measured = cpuMicroseconds(server.pid ?? 0);
  if (measured !== undefined) return measured;
  server.send("cpu");
  const [{ user, system }] = (await once(server, "message")) as [NodeJS.CpuUsage];
  return user + system;
}
