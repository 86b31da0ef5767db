/** The memory that a router uses for each kind of object that clients create. */
import { setTimeout as sleep } from "node:timers/promises";
import { json } from "../../src/wire/serializers/json.js";
import type { Goal } from "./goals.js";
import { BareClient } from "./load.js";
import { type Server, startServer } from "./servers.js";

const serializer = json();

/** Something that clients make a router keep. */
export interface Kept {
  readonly name: string;
  readonly count: number;
  readonly heapGoal?: Goal;
  readonly long: true;
  /** Makes it keep so many, and later so many more. */
  fill(url: string): Promise<Filling>;
}

interface Filling {
  /** From so many to so many. */
  add(from: number, to: number): Promise<void>;
  close(): void;
}

const SESSION: Kept = {
  name: "memory of an idle session",
  count: 6_000,
  long: true,
  fill: (url) => fillSessions(url, BareClient.join),
};

export const KEPT: readonly Kept[] = [
  SESSION,
  {
    name: "memory of a subscription",
    count: 40_000,
    heapGoal: { id: "G10", ratio: 450 },
    long: true,
    fill: (url) => fillOne(url, subscribeMany),
  },
  { name: "memory of a registration", count: 40_000, long: true, fill: (url) => fillOne(url, registerMany) },
  { name: "memory of a pending call", count: 20_000, long: true, fill: fillCalls },
];

/** How much there is before it is measured what more of it takes: a part of what is measured. */
const BEFORE = 1 / 4;

/** Bytes that each one more adds, on the heap where the router is ours and of the whole process. It stops the server. */
export async function memoryOf(
  { count, fill }: Kept,
  server: Server,
): Promise<{ readonly heap: number; readonly resident: number }> {
  const filling = await fill(server.url);
  try {
    const first = Math.floor(count * BEFORE);
    await filling.add(0, first);
    const before = await settled(server);
    await filling.add(first, first + count);
    const after = await settled(server);
    return { heap: (after.heap - before.heap) / count, resident: (after.rss - before.rss) / count };
  } finally {
    filling.close();
    server.stop();
  }
}

/** Resident bytes that one idle connection to a bare `ws` server adds. */
export async function bytesPerConnection(): Promise<number> {
  const fill = (url: string) => fillSessions(url, BareClient.open);
  return (await memoryOf({ ...SESSION, fill }, await startServer("echo"))).resident;
}

async function fillSessions(url: string, open: typeof BareClient.join): Promise<Filling> {
  const clients: BareClient[] = [];
  return {
    async add(from, to) {
      for (let count = from; count < to; count++) clients.push(await open(url, serializer));
    },
    close: () => closeAll(clients),
  };
}

async function fillOne(url: string, fill: typeof subscribeMany): Promise<Filling> {
  const client = await BareClient.join(url, serializer);
  return { add: (from, to) => fill(client, from, to - from, ["exact"]), close: () => client.close() };
}

/** Calls of one caller that its callee has and does not answer. */
async function fillCalls(url: string): Promise<Filling> {
  const callee = await BareClient.join(url, serializer);
  await callee.ask([64, 1, {}, "com.bench.silent"]);
  const caller = await BareClient.join(url, serializer);
  const call = caller.template([48, {}, "com.bench.silent", ["x"]]);
  return {
    async add(from, to) {
      for (let at = from; at < to; at += CALLS_AT_ONCE) {
        const count = Math.min(CALLS_AT_ONCE, to - at);
        const invoked = allInvoked({ caller, callee }, count);
        call.send(
          caller.socket,
          Array.from({ length: count }, (_, index) => call.id(at + index + 1)),
        );
        await invoked;
      }
    },
    close: () => closeAll([callee, caller]),
  };
}

/** Fewer than a bounded queue to one callee holds. */
const CALLS_AT_ONCE = 50;
/** How long a router may take for them. */
const PATIENCE_MS = 5_000;

/** Rejects where a call is refused, or does not come. */
function allInvoked(
  { caller, callee }: { readonly caller: BareClient; readonly callee: BareClient },
  count: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let come = 0;
    const late = setTimeout(() => reject(new Error(`${count - come} of ${count} calls do not come`)), PATIENCE_MS);
    caller.onPayloads((answer) => reject(new Error(`a call is refused: ${answer.toString("utf8", 0, 300)}`)));
    callee.onFrames((more) => {
      come += more;
      if (come < count) return;
      clearTimeout(late);
      resolve();
    });
  });
}

type Policy = "exact" | "prefix" | "wildcard";

/** Exact, prefix and wildcard in turn. */
const ALL: readonly Policy[] = ["exact", "prefix", "wildcard"];

export async function subscribeMany(client: BareClient, from: number, count: number, policies = ALL): Promise<void> {
  await client.askAll(count, (index) => [32, from + index + 1, ...target(from + index, policies)]);
}

export async function registerMany(client: BareClient, from: number, count: number, policies = ALL): Promise<void> {
  await client.askAll(count, (index) => [64, from + index + 2, ...target(from + index, policies)]);
}

/** Options and URI. */
function target(number: number, policies: readonly Policy[]): readonly [object, string] {
  const match = policies[number % policies.length] as Policy;
  return [{ match }, match === "wildcard" ? `com.other${number}..end` : `com.other${number}.thing.of.app`];
}
function closeAll(clients: readonly BareClient[]): void {
  for (const client of clients) client.close();
}

/** After two moments and collections: the first lets go of what the second collects. */
async function settled(server: Server): Promise<{ readonly rss: number; readonly heap: number }> {
  await sleep(500);
  await server.memory();
  await sleep(500);
  return server.memory();
}
