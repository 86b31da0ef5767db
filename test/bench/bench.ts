/**
 * `npm run bench`: what the router and the client cost, beside baselines measured in the same run. Servers and clients under measurement
 * are processes of their own; sides take turns, figures are medians.
 */
import { fileURLToPath } from "node:url";
import { flags, inPlace, own, rounds } from "./flags.js";
import { type Started, startPeer } from "./peers.js";
import { machine, Report } from "./report.js";
import { callsAndEvents } from "./sections/calls.js";
import { clients, startup, validation, wholeCalls } from "./sections/clients.js";
import { growth, memory, permissions, watching } from "./sections/held.js";
import { lookups, pauses, unanswered, underAbuse, underLoad } from "./sections/strain.js";
import { type External, PINNED } from "./servers.js";

const [least, most] = rounds.starts;
const starts = least === most ? `${most} start` : `${least} to ${most} starts`;
const method = [
  `Medians of ${starts} of all processes, until they agree within 5 %, and ${rounds.rounds} rounds in turn of ${rounds.roundMs} ms each, after ${rounds.warmUpMs} ms to get warm.`,
  PINNED
    ? "Servers and clients are pinned to one CPU by taskset, the load to the others; where it says so, all share one."
    : "Nothing is pinned to a CPU.",
];
console.log(`${machine()}\n${method.join("\n")}`);
const started: Started[] = [];
const others: readonly External[] = await otherRouters();
const report = new Report();
await callsAndEvents(report, others);
if (!own && !inPlace) {
  await clients(report);
  await wholeCalls(report);
  await startup(report);
  validation(report);
  await pauses(report);
  await lookups(report);
  await unanswered(report);
  await permissions(report);
  await watching(report);
  await growth(report);
  await memory(report, others);
  await underLoad(report);
  await underAbuse();
}
report.end();
if (others.length === 0) console.log("\nOther routers: none measured; name some by --against.");
if (flags.write) {
  report.write(fileURLToPath(new URL("../../docs", import.meta.url)), [
    ...method,
    "The load generator is a process of its own. It frames its messages and masks them, with random keys, before it sends them, reads all answers into one buffer and keeps nothing of them: what it takes does not change what a server takes.",
    "CPU is that of the measured process, all its threads. Read the ratios: absolute times belong to one machine on one day.",
    "Baselines: for calls, a bare `ws` server with its native masking that echoes the CALL (E); for events, one that frames a message once and writes it to every socket (F); for clients, the client that is named.",
    "Records are rows of six fields: an integer, two fractions, a short text, a boolean and an object of two integers. Sizes are those of the argument as it is encoded.",
    ...started.map(({ how }) => `Measured beside us: ${how}.`),
    ...(others.length > 0 ? [] : ["No other router was measured beside ours; `--against` does that."]),
  ]);
}
for (const peer of started) peer.stop();
process.exit(process.exitCode ?? 0);

/** Those that are named and run, and those that can be started. */
async function otherRouters(): Promise<readonly External[]> {
  const all: External[] = [];
  for (const each of flags.against) {
    const peer = typeof each === "string" ? await startPeer(each, flags.peers) : each;
    if (typeof peer === "string") {
      console.log(peer);
      continue;
    }
    all.push(peer);
    if (!("how" in peer)) continue;
    started.push(peer as Started);
    console.log((peer as Started).how);
  }
  return all;
}
