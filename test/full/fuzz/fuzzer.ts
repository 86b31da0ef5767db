import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import { type Arena, count } from "./arena.js";
import { ATTACKS } from "./attacks.js";
import { Bystanders, MESSAGES_PER_ROUND, type Served } from "./bystander.js";
import type { Report } from "./places.js";
import type { PlantName } from "./plants.js";
import { Random } from "./random.js";
import { ENDED, startTarget, type Target } from "./target.js";

/** The goals of a run, and the limit at which it gives up. */
export interface FuzzOptions {
  readonly seed: number;
  /** Messages that the router must have read. */
  readonly messages: number;
  /** Connections that must have been made. */
  readonly connections: number;
  /** A run that has not reached both by then has failed. In milliseconds. */
  readonly withinMs: number;
  /** A fault to be planted in the router; the run ends as soon as anything is found. Default none. */
  readonly plant?: PlantName;
}

/** The work and the findings of a run. */
export interface FuzzOutcome {
  /** Descriptions of each violation, empty if there is none. The end of the process comes first, because it causes others. */
  readonly found: readonly string[];
  /** Whether the planted fault was reached. */
  readonly planted: boolean;
  /** Messages read by the router, by type. */
  readonly read: Readonly<Record<string, number>>;
  /** The number of actions of the attackers, by name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly bystanders: Served;
  readonly residentBytes: number;
  /** The attacks that began last, each with its seed: what was found came from one of them, most likely. */
  readonly trail: readonly string[];
  readonly ms: number;
}

/** Connections that attack at once. */
const AT_ONCE = 32;
/** How long the router has to undo the last sessions, in milliseconds. */
const UNDONE_WITHIN_MS = 15_000;

/** Attacks a router in a process of its own, while bystanders work in the same realm. */
export async function fuzz(options: FuzzOptions): Promise<FuzzOutcome> {
  const started = performance.now();
  const found: string[] = [];
  const tell = (what: string) => void found.push(what);
  const target = await startTarget(options.plant, tell);
  const bystanders = await Bystanders.connect(target.ports, tell);
  const before = await target.report();
  bystanders.work();
  const arena = createArena(target, found);
  const last = await attack(arena, { ...options, target, bystanders, started });
  const trail = [...arena.trail];
  if (found.length === 0) await bystanders.stop();
  const after = found.length === 0 ? await undone(target, before, tell) : last;
  await end(arena, { target, bystanders, random: new Random(options.seed + 1) });
  return {
    found: found.sort((one, other) => Number(other.startsWith(ENDED)) - Number(one.startsWith(ENDED))),
    planted: target.planted,
    read: after.read,
    counts: Object.fromEntries([...arena.counts].sort()),
    bystanders: bystanders.served,
    residentBytes: after.residentBytes,
    trail,
    ms: performance.now() - started,
  };
}

function createArena({ ports }: Target, found: string[]): Arena {
  return {
    ports,
    sessions: [],
    counts: new Map(),
    trail: [],
    found: (what) => void found.push(what),
    get over() {
      return found.length > 0;
    },
  };
}

interface Battle extends FuzzOptions {
  readonly target: Target;
  readonly bystanders: Bystanders;
  readonly started: number;
}

/** Attacks until enough was done, or something was found; returns the last report. */
async function attack(arena: Arena, { target, bystanders, started, ...options }: Battle): Promise<Report> {
  let report = await target.report();
  let enough = false;
  const random = new Random(options.seed);
  const attacker = async () => {
    while (!enough && !arena.over) await one(arena, random.seed());
  };
  const attackers = Promise.all(Array.from({ length: AT_ONCE }, attacker));
  while (!arena.over && !enough) {
    await wait(250);
    report = await target.report().catch(() => report); // its end has been told
    const messages = hostileMessages({ read: report.read, bystanders: bystanders.served });
    const connections = arena.counts.get("connections") ?? 0;
    enough = messages >= options.messages && connections >= options.connections;
    if (enough || performance.now() - started < options.withinMs) continue;
    arena.found(`too slow: ${messages} messages and ${connections} connections within ${options.withinMs} ms`);
  }
  await attackers;
  return report;
}

/** The share of each attack in the connections. */
const SHARES = Object.fromEntries(Object.entries(ATTACKS).map(([name, { weight }]) => [name, weight]));

async function one(arena: Arena, seed: number): Promise<void> {
  const random = new Random(seed);
  const name = random.weighted(SHARES);
  arena.trail.push(`${name} ${seed}`);
  if (arena.trail.length > 2 * AT_ONCE) arena.trail.shift();
  count(arena, `attack: ${name}`);
  try {
    await ATTACKS[name]?.attack(arena, random);
  } catch (error) {
    arena.found(`the attack ${name} failed: ${inspect(error)}`);
  }
}

/** How many messages of attackers the router has read, those that were none included. */
export function hostileMessages({ read, bystanders }: Pick<FuzzOutcome, "read" | "bystanders">): number {
  return Object.values(read).reduce((sum, each) => sum + each, 0) - MESSAGES_PER_ROUND * bystanders.calls;
}

/** Once the attackers are gone, the router holds what it held before them. */
async function undone(target: Target, before: Report, found: (what: string) => void): Promise<Report> {
  const limit = performance.now() + UNDONE_WITHIN_MS;
  for (;;) {
    const report = await target.report();
    const left = differences(before, report);
    if (left.length === 0) return report;
    if (performance.now() > limit) {
      found(`all attackers are gone, and the router holds ${left.join(", ")}`);
      return report;
    }
    await wait(100);
  }
}

/** The differences between two reports: contents that appeared or disappeared. */
function differences(before: Report, after: Report): string[] {
  const inRealms = Object.entries(after.stats).flatMap(([realm, stats]) =>
    Object.entries(stats)
      .filter(([what, held]) => before.stats[realm]?.[what] !== held)
      .map(([what, held]) => `${held} ${what} in ${realm} (${before.stats[realm]?.[what]} before)`),
  );
  if (after.sockets <= before.sockets) return inRealms;
  return [...inRealms, `${after.sockets} sockets (${before.sockets} before)`];
}

/** Closes the router while it is under attack once more: its process must end by itself, with 0. */
async function end(
  arena: Arena,
  { target, bystanders, random }: { readonly target: Target; readonly bystanders: Bystanders; readonly random: Random },
): Promise<void> {
  await bystanders.close();
  const last = Array.from({ length: 2 * AT_ONCE }, () => one({ ...arena, over: true }, random.seed()));
  await wait(5);
  await target.close();
  await Promise.all(last);
}
