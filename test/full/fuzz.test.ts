import { expect, test } from "vitest";
import { type FuzzOutcome, fuzz, hostileMessages } from "./fuzz/fuzzer.js";
import { PLANTS, type Plant, type PlantName } from "./fuzz/plants.js";

const SEED = Number(process.env.FUZZ_SEED ?? 13);
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 1_000_000);
const CONNECTIONS = Number(process.env.FUZZ_CONNECTIONS ?? 20_000);
/** Far more than it takes: about two minutes on two cores. */
const WITHIN_MS = 360_000;
const MOST_RESIDENT_BYTES = 2 ** 30;

test(`a router keeps its order under ${MESSAGES} messages and ${CONNECTIONS} connections, most of them hostile`, async () => {
  const outcome = await fuzz({ seed: SEED, messages: MESSAGES, connections: CONNECTIONS, withinMs: WITHIN_MS });
  print(outcome);
  expect(outcome.found).toEqual([]);
  const { HELLO = 0 } = outcome.read;
  expect(hostileMessages(outcome)).toBeGreaterThanOrEqual(MESSAGES);
  expect(hostileMessages(outcome) - HELLO).toBeGreaterThan(0.9 * MESSAGES);
  expect(outcome.counts.connections).toBeGreaterThanOrEqual(CONNECTIONS);
  expect(outcome.bystanders.calls).toBeGreaterThan(100);
  expect(outcome.residentBytes).toBeLessThan(MOST_RESIDENT_BYTES);
}, 420_000);

test.for(Object.entries(PLANTS) as [PlantName, Plant][])("the fuzzer finds a planted fault: %s", async ([
  plant,
  { found },
]) => {
  const outcome = await fuzz({ seed: SEED, messages: MESSAGES, connections: CONNECTIONS, withinMs: 120_000, plant });
  const { counts, ms } = outcome;
  console.log(
    `${plant}: found after ${counts.connections} connections, ${hostileMessages(outcome)} messages, ${Math.round(ms)} ms`,
  );
  expect(outcome.planted, "the planted fault was reached").toBe(true);
  expect(outcome.found.join("\n")).toMatch(found);
});

/** The seed repeats the attacks; what meets what in the router also depends on time. */
function print({ found, trail, read, counts, bystanders, residentBytes, ms }: FuzzOutcome): void {
  console.log(`seed ${SEED}; FUZZ_SEED=${SEED} repeats it; ${Math.round(ms / 1_000)} s`);
  if (found.length > 0) console.log(`the last attacks, with their seeds: ${trail.join(", ")}`);
  console.log(`read by the router: ${JSON.stringify(read)}`);
  console.log(`attackers: ${JSON.stringify(counts, undefined, 1)}`);
  console.log(`bystanders: ${JSON.stringify(bystanders)}; router: ${Math.round(residentBytes / 2 ** 20)} MiB`);
}
