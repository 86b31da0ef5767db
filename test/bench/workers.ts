/**
 * `npm run bench:workers`: what it costs that the routers of one machine are one realm over a hub, beside one process alone in the same rounds;
 * and how many messages a second so many workers would take by that, each on a core of its own. Needs Linux for the CPU of processes.
 */
import { json } from "../../src/wire/serializers/json.js";
import { cert, key } from "../support/tls.js";
import { Bystander } from "./bystander.js";
import { median } from "./cpu.js";
import { BareClient } from "./load.js";
import { argumentOf, type PayloadKind } from "./payloads.js";
import { machine } from "./report.js";
import { fanout, type Load, pump } from "./scenarios.js";
import { startWorkers, type Workers } from "./worker-group.js";

const ROUNDS = 5;
const ROUND_MS = 800;
const CORES = [2, 4, 8];
const SERIALIZER = json();

interface CallSize {
  readonly name: string;
  readonly bytes: number;
  readonly payload: PayloadKind;
  /** The number of connections of each worker. */
  readonly connections: number;
  /** The number of calls in flight on each connection. */
  readonly inFlight: number;
  readonly tls?: boolean;
}

const CALLS: readonly CallSize[] = [
  { name: "small calls, 4 under way on each connection", bytes: 16, payload: "text", connections: 64, inFlight: 4 },
  { name: "small calls, 1 under way on each connection", bytes: 16, payload: "text", connections: 256, inFlight: 1 },
  { name: "small calls over TLS, 4 under way", bytes: 16, payload: "text", connections: 64, inFlight: 4, tls: true },
  { name: "calls of 64 KB of records", bytes: 65_536, payload: "records", connections: 4, inFlight: 4 },
];

const EVENTS = [
  { name: "events of 100 B to 1,000", subscribers: 1_000, outstanding: 1, bytes: 100 },
  { name: "events of 100 B to 1,000 over TLS", subscribers: 1_000, outstanding: 1, bytes: 100, tls: true },
  { name: "events of 100 B to 100, 16 outstanding", subscribers: 100, outstanding: 16, bytes: 100 },
];

console.log(
  `${machine()}\nMedians of ${ROUNDS} alternating rounds of ${ROUND_MS} ms; routers on one CPU, the load on another.\n`,
);
const tls = { cert, key };
for (const size of CALLS) await compareCalls(size);
for (const size of EVENTS) await compareEvents(size);
await latency();
await pauses();
process.exit();

/** CPU of each worker of a group for each message of a load, in microseconds, in alternating rounds. */
async function inTurn(
  sides: readonly { readonly group: Workers; readonly load: Load }[],
): Promise<readonly number[][]> {
  const figures = sides.map(({ group }) => group.urls.map((): number[] => []));
  for (const { load } of sides) await load.run(2 * ROUND_MS);
  for (let round = 0; round < ROUNDS; round++)
    for (const [side, { group, load }] of sides.entries()) {
      const before = group.cpu();
      const messages = await load.run(ROUND_MS);
      for (const [at, after] of group.cpu().entries())
        figures[side]?.[at]?.push((after - (before[at] ?? 0)) / messages);
    }
  return figures.map((workers) => workers.map(median));
}

/** One process, a call within a worker, and one from a worker to another; and by these, workers whose calls go to all alike. */
async function compareCalls(size: CallSize): Promise<void> {
  const settings = size.tls ? tls : undefined;
  const [alone, pair] = [await startWorkers(1, settings), await startWorkers(2, settings)];
  const [first = "", second = ""] = pair.urls;
  const sides = [
    { group: alone, load: await callsFrom(size, "alone", alone.urls[0] ?? "", alone.urls[0] ?? "") },
    { group: pair, load: await callsFrom(size, "within", first, first) },
    { group: pair, load: await callsFrom(size, "between", first, second) },
  ];
  const [[one = 0] = [], [within = 0] = [], [callee = 0, caller = 0] = []] = await inTurn(sides);
  for (const { load } of sides) load.close();
  for (const group of [alone, pair]) group.stop();
  const spread = CORES.map((cores) => one / ((one / cores + ((callee + caller) * (cores - 1)) / cores) / cores));
  const times = (figures: readonly number[]) => figures.map((each) => each.toFixed(1)).join(", ");
  const rates = spread.map((each) => `${((each * 1e3) / one).toFixed(0)}k`).join(", ");
  console.log(
    `${size.name}: one process ${one.toFixed(1)} µs a call; within a worker ${within.toFixed(1)} µs; to another ${caller.toFixed(1)} + ${callee.toFixed(1)} µs.\n  On ${CORES.join(", ")} cores: all within their workers ${times(CORES.map((cores) => (cores * one) / within))} times one process, all alike ${times(spread)} times: ${rates} calls/s`,
  );
}

async function callsFrom(size: CallSize, procedure: string, calleeAt: string, callersAt: string): Promise<Load> {
  const argument = argumentOf(size.payload, size.bytes, SERIALIZER);
  const uri = `com.bench.${procedure}`;
  const callee = await BareClient.join(calleeAt, SERIALIZER);
  await callee.ask([64, 1, {}, uri]);
  const answer = callee.template([70, {}, [argument]]);
  callee.onRequests((ids) => answer.send(callee.socket, ids));
  const callers = await BareClient.joinMany(callersAt, SERIALIZER, size.connections);
  const { run } = pump(callers, [48, {}, uri, [argument]], size.inFlight);
  return {
    run,
    close() {
      for (const each of [callee, ...callers]) each.close();
    },
  };
}

/** Events of one publisher to subscribers on all workers. */
async function compareEvents({ name, ...size }: (typeof EVENTS)[number]): Promise<void> {
  const groups: Workers[] = [];
  for (const count of [1, ...CORES]) groups.push(await startWorkers(count, size.tls ? tls : undefined));
  const sides: { group: Workers; load: Load }[] = [];
  for (const group of groups) sides.push({ group, load: await fanout(size).onRouter(group.urls[0] ?? "", group.urls) });
  const [[one = 0] = [], ...others] = await inTurn(sides);
  for (const { load } of sides) load.close();
  for (const group of groups) group.stop();
  const busiest = others.map((workers) => Math.max(...workers));
  console.log(
    `${name}: one process ${one.toFixed(2)} µs a delivery.\n  On ${CORES.join(", ")} cores: ${busiest.map((each) => (one / each).toFixed(1)).join(", ")} times one process: ${busiest.map((each) => `${(1e3 / each).toFixed(0)}k`).join(", ")} deliveries/s`,
  );
}

/** How much later an answer comes from another worker. */
async function latency(): Promise<void> {
  const group = await startWorkers(2, undefined, "free");
  const times: number[][] = [[], []];
  const [first = "", second = ""] = group.urls;
  for (let round = 0; round < ROUNDS; round++)
    for (const [at, callersAt] of [first, second].entries()) {
      const callee = await BareClient.join(first, SERIALIZER);
      const uri = `com.bench.one${round}${at}`;
      await callee.ask([64, 1, {}, uri]);
      const answer = callee.template([70, {}, ["x"]]);
      callee.onRequests((ids) => answer.send(callee.socket, ids));
      const caller = await BareClient.join(callersAt, SERIALIZER);
      const { run, latencies } = pump([caller], [48, {}, uri, ["x"]], 1);
      for (let turn = 0; turn < 2; turn++) await run(ROUND_MS);
      times[at]?.push(median(latencies()));
      for (const each of [caller, callee]) each.close();
    }
  group.stop();
  const [within = 0, between = 0] = times.map(median);
  console.log(`call, 1 in flight, p50: within a worker ${within.toFixed(3)} ms, to another ${between.toFixed(3)} ms`);
}

/** The pauses of a client that only calls, while calls of 64 KB keep its own process or another worker busy. */
async function pauses(): Promise<void> {
  const heavy = { name: "", bytes: 65_536, payload: "records", connections: 16, inFlight: 4 } as const;
  for (const count of [1, 2]) {
    const group = await startWorkers(count, undefined, "free");
    const [busy = ""] = group.urls;
    const load = await callsFrom(heavy, "heavy", busy, busy);
    const bystander = await Bystander.join(group.urls[count - 1] ?? "");
    await load.run(ROUND_MS);
    bystander.start();
    await load.run(4 * ROUND_MS);
    const delays = await bystander.stop();
    const at = (part: number) =>
      (delays[Math.min(delays.length - 1, Math.floor(part * delays.length))] ?? 0).toFixed(1);
    console.log(
      `bystander beside 64 calls of 64 KB ${count === 1 ? "in the same process" : "at another worker"}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
    );
    bystander.close();
    load.close();
    group.stop();
  }
}
