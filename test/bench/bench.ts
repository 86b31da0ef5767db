/**
 * `npm run bench`: what the router and the client cost, beside baselines measured in the same run. Servers and clients under measurement
 * are processes of their own; rounds alternate, figures are medians.
 */

import { Command, InvalidArgumentError, Option } from "commander";
import { abuse, drawn } from "./abuse.js";
import { CLIENT_SCENARIOS, measureClients } from "./clients.js";
import { compareSettings } from "./compared.js";
import { median } from "./cpu.js";
import { DISTURBANCES } from "./disturbances.js";
import { GROWTH, measureGrowth } from "./growth.js";
import { BareClient } from "./load.js";
import { behindMany, LOOKUPS, measureLookup } from "./lookups.js";
import { bytesPerConnection, bytesPerSubscription } from "./memory.js";
import { overload, slowSubscriber } from "./overload.js";
import { measurePause } from "./pauses.js";
import { PAYLOADS, type PayloadKind } from "./payloads.js";
import { measurePermissions } from "./permissions.js";
import { machine, Report } from "./report.js";
import { type CallLoad, calls, type Load, MANY_CALLS, ONE_CALL, SCENARIOS, type Scenario } from "./scenarios.js";
import {
  type External,
  externalServer,
  PINNED,
  pinLoad,
  profiles,
  readExternal,
  type Server,
  startServer,
} from "./servers.js";
import { threadRoundTrip } from "./threads.js";
import { measureValidation } from "./validation.js";

const SERIALIZERS: readonly CallLoad["serializer"][] = ["json", "msgpack", "cbor"];

interface Flags {
  readonly quick: boolean;
  readonly only?: string;
  readonly serializer?: CallLoad["serializer"];
  readonly payload?: number;
  readonly of?: PayloadKind;
  readonly connections?: number;
  readonly inFlight?: number;
  readonly url?: string;
  readonly pid?: number;
  readonly realm: string;
  readonly against: readonly External[];
  readonly profile?: string;
  readonly minutes: number;
  readonly write: boolean;
}

const command = new Command("npm run bench --")
  .description("What the router and the client cost, beside baselines measured in the same run.")
  .option("--quick", "the short half of the scenarios in short rounds, within a minute", false)
  .option("--only <text>", "scenarios of the router, or of clients, whose name holds the text")
  .addOption(
    new Option("--serializer <id>", "with the next four: one scenario of calls, as large as you say").choices(
      SERIALIZERS,
    ),
  )
  .option("--payload <bytes>", "default 16", positive)
  .addOption(new Option("--of <kind>", "what the payload is; default text").choices(PAYLOADS))
  .option("--connections <count>", "default 1", positive)
  .option("--in-flight <count>", "default 64", positive)
  .option("--url <url>", "another WAMP router in place of ours")
  .option("--pid <pid>", "its process, for its CPU", positive)
  .option("--realm <name>", "the realm all join, open to anonymous clients", BareClient.realm)
  .option(
    "--against <name=url,pid>",
    "another router beside ours, in the same rounds; may be given several times",
    append,
    [],
  )
  .option("--profile <directory>", "where each measured server leaves its CPU profile")
  .option("--minutes <count>", "how long `--only abuse` takes", positive, 30)
  .option("--write", "writes docs/benchmarks.md and its charts", false)
  .parse();
const flags = command.opts<Flags>();
if ((flags.url === undefined) !== (flags.pid === undefined)) command.error("error: --url and --pid: give both or none");
BareClient.realm = flags.realm;
profiles.directory = flags.profile;
const rounds = flags.quick ? 3 : 5;
const roundMs = flags.quick ? 200 : 800;
const warmUpMs = flags.quick ? 400 : 800; // until the compiler has done most of its work
const own = ownScenario();
const others = flags.against;
const measured: External | undefined =
  flags.url === undefined ? undefined : { name: "--url", url: flags.url, pid: flags.pid as number };
const report = new Report();
const measuredCalls = new Map<string, readonly Figures[]>(); // scenario → what its rounds gave
const pinned = PINNED ? "servers and clients pinned to one CPU each by taskset, the load to the others" : "not pinned";

console.log(`${machine()}\nMedians of ${rounds} alternating rounds of ${roundMs} ms; ${pinned}.`);
await routers();
if (!own && !measured) {
  latencies();
  await threads();
  await clients();
  validation();
  await pauses();
  await lookups();
  await unanswered();
  await permissions();
  await watching();
  if (!flags.quick) await growth();
  if (!flags.quick) await memory();
  await underLoad();
  await underAbuse();
}
if (others.length === 0)
  console.log("\nOther routers (G2, G4, G5, G6, G10 in part): not measured; give one by --against NAME=URL,PID.");
if (flags.write) {
  report.write(new URL("../../docs", import.meta.url).pathname, [
    `Medians of ${rounds} alternating rounds of ${roundMs} ms; ${pinned}. The load generator sends frames made beforehand over bare sockets.`,
    "CPU is that of the measured process, all its threads. Read the ratios: absolute times belong to one machine on one day.",
    "Baselines: for calls, a bare `ws` server that echoes the CALL; for events, a bare `ws` server that frames a message once and writes it to every socket; for clients, the client that is named.",
  ]);
}
process.exit(process.exitCode ?? 0);

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}

function append(text: string, before: readonly External[]): readonly External[] {
  const external = readExternal(text);
  if (!external) throw new InvalidArgumentError("Expected such as crossbar=ws://127.0.0.1:8080/ws,4242.");
  return [...before, external];
}

function chosen<T extends { readonly name: string; readonly long?: boolean }>(scenarios: readonly T[]): readonly T[] {
  const { only } = flags;
  if (only !== undefined) return scenarios.filter(({ name }) => name.includes(only));
  return scenarios.filter(({ long }) => !(flags.quick && long));
}

function ownScenario(): Scenario | undefined {
  const { serializer = "json", payload, of, connections, inFlight } = flags;
  if ([flags.serializer, payload, of, connections, inFlight].every((flag) => flag === undefined)) return undefined;
  return calls({
    serializer,
    bytes: payload ?? 16,
    payload: of ?? "text",
    connections: connections ?? 1,
    inFlight: inFlight ?? 64,
  });
}

async function routers(): Promise<void> {
  report.section("The router, to a baseline on bare ws", "µs of CPU per message");
  for (const scenario of own ? [own] : chosen(SCENARIOS)) {
    const figures = await measure(scenario);
    measuredCalls.set(scenario.name, figures);
    const [figure, baseline, ...rest] = figures.map(({ cpu }) => median(cpu)) as [number, number, ...number[]];
    const against = Object.fromEntries(others.map(({ name }, index) => [name, rest[index] as number]));
    report.add({ name: scenario.name, figure, baseline, goal: scenario.goal, against });
  }
}

/** G7: how long one waits for an answer, from the rounds above. */
function latencies(): void {
  const [single, crowd] = [measuredCalls.get(ONE_CALL.name), measuredCalls.get(MANY_CALLS.name)];
  if (!single || !crowd) return;
  report.section("Latency of a call", "ms");
  const [one, echo] = single as [Figures, Figures];
  report.add({
    name: "1 in flight, p50, to the echo's",
    figure: median(one.p50),
    baseline: median(echo.p50),
    goal: { id: "G7", ratio: 2.3 },
  });
  const [many] = crowd as [Figures];
  report.add({
    name: "256 in flight on 64 connections, p99, to its p50",
    figure: median(many.p99),
    baseline: median(many.p50),
    goal: { id: "G7", ratio: 3 },
  });
}

async function clients(): Promise<void> {
  report.section("A client, to another client; small calls in JSON, 64 in flight", "µs of CPU per call");
  const scenarios = chosen(CLIENT_SCENARIOS);
  for (const role of ["caller", "callee"] as const) {
    const ofRole = scenarios.filter((scenario) => scenario.role === role);
    const kinds = new Set(ofRole.flatMap(({ client, baseline }) => [client, baseline]));
    const figures = await measureClients(role, [...kinds], { rounds, roundMs, fresh: !flags.quick });
    for (const { name, client, baseline, goal } of ofRole) {
      report.add({ name, figure: figures.get(client) as number, baseline: figures.get(baseline) as number, goal });
    }
  }
}

function validation(): void {
  if (chosen([{ name: "validation" }]).length === 0) return;
  report.section("Checking payloads", "µs");
  const { bytes, parse, check, reject } = measureValidation();
  report.add({
    name: `a payload of ${bytes} B, to its JSON.parse`,
    figure: check,
    baseline: parse,
    goal: { id: "G9", ratio: 0.7 },
  });
  report.add({ name: "a refusal, before the error is encoded", figure: reject, goal: { id: "G9", ratio: 2 } });
}

async function growth(): Promise<void> {
  report.section("Growth: much in the router, to little", "µs of CPU per message");
  for (const each of GROWTH.map((one) => ({
    ...one,
    name: `growth, ${one.unit}, ${one.many.toLocaleString("en")} ${one.filling} to ${one.few}`,
  }))) {
    if (chosen([each]).length === 0) continue;
    const { few, many } = await measureGrowth(each, { rounds, roundMs });
    report.add({ name: each.name, figure: median(many), baseline: median(few), goal: { id: "flat", ratio: 1.3 } });
  }
}

/** G15: nobody waits long for what is done for somebody else. */
async function pauses(): Promise<void> {
  report.section("Pauses: the longest delay of a bystander that calls every millisecond", "ms");
  for (const disturbance of DISTURBANCES) {
    const name = `pause, ${disturbance.name}`;
    if (chosen([{ name, long: disturbance.long }]).length === 0) continue;
    const { longest, p99, peak, how } = await measurePause(disturbance);
    const note = [`p99 ${p99.toFixed(2)}`, `router ${Math.round(peak)} MB at most`, how].filter(Boolean).join(", ");
    report.add({ name, figure: longest, goal: { id: "G15", ratio: 50 }, note });
  }
}

/** What one client's registrations make the calls of others cost. */
async function lookups(): Promise<void> {
  report.section("Calls of a URI that matches none", "µs of CPU per call");
  for (const each of chosen(LOOKUPS.map((one) => ({ ...one, name: `pause, ${one.name}`, long: true })))) {
    const { filled, empty } = await measureLookup(each, { rounds, roundMs });
    const note = `in an empty realm ${median(empty).toFixed(2)}`;
    report.add({ name: each.name, figure: median(filled), goal: { id: "G15", ratio: each.goalUs }, note });
  }
}

/** A caller that waits for many answers may go on with other calls. */
async function unanswered(): Promise<void> {
  report.section("A call right behind many that are not answered, to one behind many that are", "ms");
  const scenarios = [5_000, 20_000].map((calls) => ({
    calls,
    name: `pause, a call behind ${calls.toLocaleString("en")} unanswered ones`,
    long: true,
  }));
  for (const { name, calls } of chosen(scenarios)) {
    const figures: Awaited<ReturnType<typeof behindMany>>[] = [];
    for (let round = 0; round < 3; round++) figures.push(await behindMany(calls));
    report.add({
      name,
      figure: median(figures.map((each) => each.unanswered)),
      baseline: median(figures.map((each) => each.answered)),
      goal: { id: "G15", ratio: 2 },
    });
  }
}

/** Rules for roles cost calls and events next to nothing. */
async function permissions(): Promise<void> {
  report.section("Permissions: with rules for roles, to without", "µs of CPU per message");
  for (const unit of ["call", "event"] as const) {
    const name = `permissions, ${unit}`;
    if (chosen([{ name, long: true }]).length === 0) continue;
    const { ruled, free } = await measurePermissions(unit, { rounds: 3 * rounds, roundMs });
    report.add({ name, figure: median(ruled), baseline: median(free), goal: { id: "roles", ratio: 1.03 } });
  }
}

/** A log and metrics cost calls and events next to nothing. */
async function watching(): Promise<void> {
  report.section("Watching: with a log and metrics, to without", "µs of CPU per message");
  for (const unit of ["call", "event"] as const) {
    const name = `watching, ${unit}`;
    if (chosen([{ name, long: true }]).length === 0) continue;
    const sides = [{ watched: true }, {}] as const;
    const [watched, alone] = await compareSettings(sides, unit, { rounds: 20 * rounds, roundMs: roundMs / 4 });
    report.add({ name, figure: median(watched), baseline: median(alone), goal: { id: "watch", ratio: 1.03 } });
  }
}

async function memory(): Promise<void> {
  if (chosen([{ name: "memory" }]).length === 0) return;
  report.section("Memory", "bytes");
  report.add({
    name: "memory of an idle session, to a bare ws connection",
    figure: await bytesPerConnection("router", 6_000),
    baseline: await bytesPerConnection("echo", 6_000),
    goal: { id: "G10", ratio: 1.35 },
  });
  report.add({
    name: "memory of a subscription, on the heap",
    figure: await bytesPerSubscription(90_000),
    goal: { id: "G10", ratio: 450 },
  });
}

/** What a call costs beside what it would take to pass one message of it to another thread. */
async function threads(): Promise<void> {
  const all = measuredCalls.get(MANY_CALLS.name);
  if (!all) return;
  report.section("Threads", "µs of CPU");
  report.add({
    name: "a message of 100 B to another thread and back, to a whole call in the router",
    figure: await threadRoundTrip(roundMs * 2),
    baseline: median((all[0] as Figures).cpu),
  });
}

/** G14: twice the sustainable rate. */
async function underLoad(): Promise<void> {
  if (chosen([{ name: "overload" }]).length === 0) return;
  const seconds = flags.quick ? 3 : 30;
  report.section(`Overload, ${seconds} s`, "counts");
  const { sustained, offered, taken, calls: all, lost, before, most } = await overload(seconds * 1_000);
  report.add({
    name: `overload, calls per second that were answered, of ${Math.round(offered).toLocaleString("en")} offered, to what is sustained`,
    figure: taken,
    baseline: sustained,
  });
  report.add({
    name: `overload, calls without an answer, of ${all.toLocaleString("en")} sent`,
    figure: lost,
    goal: { id: "G14", ratio: 0 },
  });
  report.add({ name: "overload, resident MB at most, to before", figure: most, baseline: before });
  const slow = await slowSubscriber({ rounds, roundMs });
  report.add({
    name: "overload, µs per event with a subscriber that never reads, to without",
    figure: median(slow.with),
    baseline: median(slow.without),
    goal: { id: "G14", ratio: 1.1 },
  });
}

/** It takes long, and is measured only where it is asked for. */
async function underAbuse(): Promise<void> {
  if (flags.only !== "abuse") return;
  console.log(`\nMixed abuse, ${flags.minutes} min`);
  const { stretches, faults } = await abuse(flags.minutes, (line) => console.log(line));
  console.log(
    drawn(
      "resident MB",
      stretches.map(({ rss }) => rss),
    ),
  );
  console.log(
    drawn(
      "heap MB",
      stretches.map(({ heap }) => heap),
    ),
  );
  console.log(
    drawn(
      "longest delay, ms",
      stretches.map(({ longest }) => longest),
    ),
  );
  console.log(
    drawn(
      "p99 of delays, ms",
      stretches.map(({ p99 }) => p99),
    ),
  );
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

interface Figures {
  readonly cpu: number[];
  readonly p50: number[];
  readonly p99: number[];
}

/** A server that runs, and a load on it. */
interface Side {
  readonly server: Server;
  readonly load: Load;
}

/** The router's figures, the baseline's, then those of the others, from rounds in turn: on fresh servers each time, or with `--quick` on the same. */
async function measure(scenario: Scenario): Promise<readonly Figures[]> {
  const place = scenario.oneCpu ? "shared" : "own";
  const open = async (server: Promise<Server> | Server, load: (url: string) => Promise<Load>): Promise<Side> => {
    const started = await server;
    return { server: started, load: await load(started.url) };
  };
  const openers: readonly (() => Promise<Side | undefined>)[] = [
    () =>
      open(
        measured ? externalServer(measured, place) : startServer("router", { raw: scenario.raw ?? false }, place),
        scenario.onRouter,
      ),
    () => open(startServer(scenario.baseline, {}, place), scenario.onBaseline),
    ...others.map((other) => () => open(externalServer(other, place), scenario.onRouter).catch(() => undefined)), // it cannot do that
  ];
  pinLoad(place);
  const figures = openers.map((): Figures => ({ cpu: [], p50: [], p99: [] }));
  for (let fresh = 0; fresh < (flags.quick ? 1 : rounds); fresh++) {
    const sides = await Promise.all(openers.map((opener) => opener()));
    try {
      for (const side of sides) await side?.load.run(warmUpMs);
      for (let count = 0; count < (flags.quick ? rounds : 1); count++) {
        for (const [index, side] of sides.entries()) if (side) await round(side, figures[index] as Figures);
      }
    } finally {
      for (const side of sides) {
        side?.load.close();
        side?.server.stop();
      }
    }
  }
  return figures;
}

async function round({ server, load }: Side, figures: Figures): Promise<void> {
  const before = await server.cpu();
  const messages = await load.run(roundMs);
  figures.cpu.push(((await server.cpu()) - before) / messages);
  const sorted = load.latencies?.() ?? [];
  figures.p50.push(sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN);
  figures.p99.push(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN);
}
