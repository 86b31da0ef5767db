/**
 * `npm run bench:cluster`: what it costs that two routers are one realm over NATS, beside a router alone and a bare `ws` server in the same
 * rounds; and how soon what a router held is free when it is killed or stands still. Needs nats-server, and Linux for the CPU of processes.
 * `-- --only calls`, or `latency`, `events`, `outage`, `failover`, measures that part alone.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connect, type Peer } from "wampact/peer";
import { type ClusterRouter, startClusterRouter } from "../support/cluster-process.js";
import { NATS_SERVER, type NatsServer, NO_NATS, startNats } from "../support/nats.js";
import type { Finish } from "../support/peers.js";
import { cpuMicroseconds, median } from "./cpu.js";
import { startHop, startHopWithin } from "./hop.js";
import { BareClient } from "./load.js";
import { machine } from "./report.js";
import { calls, fanout, type Load, type Scenario } from "./scenarios.js";
import { pin, startServer } from "./servers.js";

const ROUNDS = 5;
const ROUND_MS = 800;
/** Bare round trips over NATS of one round. */
const HOPS = 1_000;
const REALM = "com.example"; // of the routers under test
const MONITOR = 8_229;

if (!NATS_SERVER) {
  console.log(`not measured: ${NO_NATS}`);
  process.exit();
}
BareClient.realm = REALM;
/** The measured loads, in this order. */
const PARTS = {
  calls: async (pair: Pair) => {
    await remoteCalls(smallCalls({ inFlight: 256, connections: 64 }), pair, 2);
    await remoteCalls(smallCalls({ inFlight: 64, connections: 16 }), pair, 3);
  },
  latency,
  events,
  outage,
  failover: (_: Pair, nats: NatsServer) => failOver(nats),
};
const { only } = parseArgs({ options: { only: { type: "string" } } }).values;
const parts = (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((part) => only === undefined || part === only);
if (parts.length === 0) throw new TypeError(`--only: expected one of ${Object.keys(PARTS).join(", ")}, got ${only}`);
const finishers: Parameters<Finish["onTestFinished"]>[0][] = [];
const owner: Finish = { onTestFinished: (finish) => void finishers.push(finish) };
console.log(
  `${machine()}\nMedians of ${ROUNDS} alternating rounds of ${ROUND_MS} ms. E: CPU of a bare ws server for one echo.\n`,
);
try {
  const nats = await startNats(owner, ["-js", "-m", `${MONITOR}`]);
  const pair = await startPair(nats);
  for (const part of parts) await PARTS[part](pair, nats);
} finally {
  for (const finish of finishers.reverse()) await (finish as () => unknown)(); // none looks at a test
}
process.exit();

type Pair = readonly [ClusterRouter, ClusterRouter];

function smallCalls(size: { readonly inFlight: number; readonly connections: number }): Scenario {
  return calls({ ...size, bytes: 16, serializer: "json" });
}

async function startPair({ url: servers }: NatsServer, names = ["r1", "r2"]): Promise<Pair> {
  const routers = await Promise.all(names.map((node) => startClusterRouter(owner, { servers, node })));
  for (const { pid } of routers) pin(pid);
  return routers as unknown as Pair;
}

/** One measurement of a series: a load, and the processes whose CPU time it costs. */
interface Side {
  readonly name: string;
  readonly load: Load;
  readonly cpu: () => Promise<number>;
}

/** Microseconds for each message of each side. */
async function inTurn(sides: readonly Side[]): Promise<readonly number[]> {
  const figures = sides.map((): number[] => []);
  for (const { load } of sides) await load.run(2 * ROUND_MS);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, { load, cpu }] of sides.entries()) {
      const before = await cpu();
      const messages = await load.run(ROUND_MS);
      figures[index]?.push(((await cpu()) - before) / messages);
    }
  return figures.map(median);
}

async function cpuOf(routers: readonly ClusterRouter[]): Promise<number> {
  return routers.reduce((sum, { pid }) => sum + (cpuMicroseconds(pid) ?? Number.NaN), 0);
}

async function remoteCalls(scenario: Scenario, pair: Pair, goal: number): Promise<void> {
  const [echo, alone] = await Promise.all([startServer("echo"), startServer("router")]);
  const sides: Side[] = [
    { name: "echo", load: await scenario.onBaseline(echo.url), cpu: echo.cpu },
    { name: "local", load: await scenario.onRouter(alone.url), cpu: alone.cpu },
    { name: "remote", load: await scenario.onRouter(pair[0].url, pair[1].url), cpu: () => cpuOf(pair) },
  ];
  const [unit = 1, local = 0, remote = 0] = await inTurn(sides);
  for (const { load } of sides) load.close();
  for (const server of [echo, alone]) server.stop();
  const inUnits = (microseconds: number) => `${(microseconds / unit).toFixed(2)} E (${microseconds.toFixed(1)} µs)`;
  console.log(
    `${scenario.name}: one router ${inUnits(local)}, both routers of a remote call ${inUnits(remote)}; goal ${goal} E; E is ${unit.toFixed(1)} µs`,
  );
}

/**
 * How much later an answer comes from another router, beside a bare round trip over NATS: between two processes that are placed as the
 * routers are and have pauses as they have, which is what the goal says; and within one process without pauses, which no two routers can
 * be as fast as.
 */
async function latency(pair: Pair, { url: servers }: NatsServer): Promise<void> {
  const scenario = smallCalls({ inFlight: 1, connections: 1 });
  for (const { url } of pair) {
    const load = await smallCalls({ inFlight: 64, connections: 16 }).onRouter(pair[0].url, url);
    await load.run(2 * ROUND_MS); // the routers are warm where this part is measured alone, too
    load.close();
    await sleep(200); // its procedure is free again
  }
  const hops = await Promise.all([startHop(servers), startHopWithin(servers)]);
  const [locals, remotes, between, within]: readonly [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [times, { url }] of [
      [locals, pair[0]],
      [remotes, pair[1]],
    ] as const) {
      const load = await scenario.onRouter(pair[0].url, url);
      for (let run = 0; run < 2; run++) await load.run(ROUND_MS);
      times.push(median(load.latencies?.() ?? []));
      load.close();
      await sleep(200); // its procedure is free again
    }
    for (const [times, hop] of [
      [between, hops[0]],
      [within, hops[1]],
    ] as const) {
      await hop.run(HOPS); // as warm as the routers are
      times.push(median(await hop.run(HOPS)));
    }
  }
  for (const hop of hops) hop.stop();
  const [local, remote] = [median(locals), median(remotes)];
  const added = remote - local;
  const inHops = (times: readonly number[]) =>
    `${(added / median(times)).toFixed(1)} times a bare round trip over NATS`;
  console.log(
    `call, 1 in flight, p50: local ${local.toFixed(3)} ms, remote ${remote.toFixed(3)} ms; added ${added.toFixed(3)} ms, ${inHops(between)} between two processes (${median(between).toFixed(3)} ms; goal 2 times), ${inHops(within)} within one process (${median(within).toFixed(3)} ms)`,
  );
}

/** Events to a thousand on another router, and how many NATS messages that takes. */
async function events(pair: Pair): Promise<void> {
  const scenario = fanout({ subscribers: 1_000, outstanding: 1, bytes: 100 });
  const alone = await startServer("router");
  const remote = await scenario.onRouter(pair[0].url, pair[1].url);
  let deliveries = 0;
  let messages = 0;
  const counted: Load = {
    ...remote,
    async run(durationMs) {
      const before = await natsMessages();
      const delivered = await remote.run(durationMs);
      deliveries += delivered;
      messages += (await natsMessages()) - before;
      return delivered;
    },
  };
  const local = await scenario.onRouter(alone.url);
  const sides = [
    { name: "local", load: local, cpu: alone.cpu },
    { name: "remote", load: counted, cpu: () => cpuOf(pair) },
  ];
  const [here = 1, there = 0] = await inTurn(sides);
  for (const { load } of sides) load.close();
  alone.stop();
  const publications = deliveries / 1_000;
  console.log(
    `${scenario.name}: local ${here.toFixed(2)} µs a delivery, on another router ${there.toFixed(2)} µs (${(there / here).toFixed(2)}×; goal 1.1×); ${(messages / publications).toFixed(2)} NATS messages a publication, acknowledgements and beats included`,
  );
}

/** Messages that NATS has been sent so far. */
async function natsMessages(): Promise<number> {
  const { in_msgs } = (await (await fetch(`http://127.0.0.1:${MONITOR}/varz`)).json()) as { readonly in_msgs: number };
  return in_msgs;
}

/** The longest time without an answer while NATS is killed and started at once. */
async function outage(pair: Pair, nats: NatsServer): Promise<void> {
  const [callee, caller] = (await Promise.all(pair.map(({ url }) => connect({ url, realm: REALM })))) as [Peer, Peer];
  await callee.register("com.bench.outage", ({ args }) => args[0]);
  const silences: number[] = [];
  let lost = 0;
  for (let round = 0; round < 3; round++) {
    let last = performance.now();
    let longest = 0;
    const end = last + 3_000;
    const keepCalling = async () => {
      while (performance.now() < end) {
        await caller.call("com.bench.outage", [1]).catch(() => lost++);
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
      }
    };
    const all = Array.from({ length: 64 }, keepCalling);
    await sleep(1_000);
    await nats.kill();
    await nats.start();
    await Promise.all(all);
    silences.push(longest);
  }
  await Promise.all([callee.close(), caller.close()]);
  console.log(
    `NATS killed and started under 64 calls in flight: ${Math.max(...silences).toFixed(0)} ms without an answer at most (goal 1,000 ms), ${lost} calls lost`,
  );
}

/** How long it takes until a procedure of a router that is gone can be registered at another. */
async function failOver(nats: NatsServer): Promise<void> {
  for (const [what, goalMs, end] of [
    ["killed", 3_000, (router: ClusterRouter) => router.kill()],
    ["frozen", 6_000, (router: ClusterRouter) => router.freeze(true)],
  ] as const) {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const [gone, left] = await startPair(nats, [`${what}${round}a`, `${what}${round}b`]);
      const options = { realm: REALM, reconnect: false as const, onError: () => {} };
      const holder = await connect({ url: gone.url, ...options });
      const next = await connect({ url: left.url, ...options });
      const uri = `com.bench.${what}${round}`;
      await holder.register(uri, () => 1);
      await sleep(500);
      const begun = performance.now();
      await end(gone);
      while (
        !(await next
          .register(uri, () => 2)
          .then(
            () => true,
            () => false,
          ))
      )
        await sleep(20);
      times.push(performance.now() - begun);
      gone.freeze(false);
      await Promise.all([holder.close({ drainMs: 0 }), next.close({ drainMs: 0 })]);
      await Promise.all([gone.kill(), left.kill()]);
    }
    console.log(
      `router ${what}: its procedure is registered at another after ${times.map((ms) => ms.toFixed(0)).join(", ")} ms (goal ${goalMs} ms)`,
    );
  }
}
