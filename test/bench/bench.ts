/**
 * `npm run bench`: CPU of the server process per message, against a baseline in the same alternating run. `--quick` takes
 * short rounds, `--only TEXT` the scenarios whose name holds the text.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { CLIENT_SCENARIOS, measureClients } from "./clients.js";
import { cpuMicroseconds, median } from "./cpu.js";
import { type Load, SCENARIOS, type Scenario } from "./scenarios.js";
import { measureValidation } from "./validation.js";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const rounds = flags.quick ? 3 : 5;
const roundMs = flags.quick ? 400 : 1_500;
const isChosen = ({ name }: { readonly name: string }) => flags.only === undefined || name.includes(flags.only);

console.log(`CPU in µs per message; medians of ${rounds} alternating rounds of ${roundMs} ms\n`);
heading("the router's process, to a baseline on bare ws", "router");
for (const scenario of SCENARIOS.filter(isChosen)) {
  const { router, baseline } = await measure(scenario);
  row(scenario, router, baseline);
}
console.log(
  "\nbaselines: raw ws echo of the CALL for calls, pre-framed raw ws fan-out for events; small load generators share the machine\n",
);
heading("a client's process, to another client; JSON, small calls, 64 in flight", "client");
for (const scenario of CLIENT_SCENARIOS.filter(isChosen)) {
  const { measured, baseline } = await measureClients(scenario, { rounds, roundMs });
  row(scenario, measured, baseline);
}
if (isChosen({ name: "validation" })) {
  const { bytes, parse, check, reject } = measureValidation();
  console.log();
  heading("validation in this process", "check");
  row({ name: `a payload of ${bytes} B, to its JSON.parse`, goal: { id: "G9", ratio: 0.7 } }, check, parse);
  row({ name: "a refusal before the error is encoded, to 2 µs", goal: { id: "G9", ratio: 1 } }, reject, 2);
}

function heading(title: string, measured: string): void {
  console.log(`${title.padEnd(72)} ${measured.padStart(8)} ${"baseline".padStart(9)} ${"ratio".padStart(6)}  goal`);
}

function row({ name, goal }: Pick<Scenario, "name" | "goal">, measured: number, baseline: number): void {
  const ratio = measured / baseline;
  const limit = goal && Number(goal.ratio.toFixed(2));
  const verdict = goal ? `${goal.id} ≤ ${limit} ${ratio <= goal.ratio ? "met" : "missed"}` : "";
  const figures = [measured.toFixed(2).padStart(8), baseline.toFixed(2).padStart(9), ratio.toFixed(2).padStart(6)];
  console.log(`${name.padEnd(72)} ${figures.join(" ")}  ${verdict}`);
}

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
