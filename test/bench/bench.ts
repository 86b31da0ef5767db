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
  `Medians of ${starts} of all processes, repeated until they agree within 5 %. Each start has ${rounds.rounds} alternating rounds of ${rounds.roundMs} ms, after a warm-up of ${rounds.warmUpMs} ms.`,
  PINNED
    ? "taskset pins servers and clients to one CPU, and the load generator to the others. In rows with `on one CPU`, all share one."
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
if (others.length === 0) console.log("\nOther routers: none measured. --against adds one.");
if (flags.write) {
  report.write(fileURLToPath(new URL("../../docs", import.meta.url)), [
    ...method,
    "The load generator is a separate process. It frames and masks its messages with random keys before it sends them. It reads all answers into one buffer and discards them. Its own cost therefore does not affect the cost of the server.",
    "The CPU time is that of all threads of the measured process. Compare the ratios: absolute times are those of one machine on one day.",
    "Baselines: for calls, a bare `ws` server with native masking that echoes the CALL (E); for events, a server that frames a message once and writes it to every socket (F); for clients, the named client.",
    "Records are rows of six fields: an integer, two fractions, a short text, a boolean and an object of two integers. A size is that of the encoded argument.",
    ...started.map(({ how }) => `Measured for comparison: ${how}.`),
    ...(others.length > 0 ? [] : ["No other router was measured for comparison. `--against` adds one."]),
  ]);
}
for (const peer of started) peer.stop();
process.exit(process.exitCode ?? 0);

/** Returns the routers that are named and running, and those that can be started. */
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
