/** Whether a call and an event cost the same in a router that holds much, and how long others wait when much happens at once. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import { registerMany, subscribeMany } from "./memory.js";
import { calls, fanout, type Load } from "./scenarios.js";
import { type Server, startServer } from "./servers.js";

/** What a router is filled with. */
export type Filling = "sessions" | "subscriptions" | "registrations";

export interface Growth {
  readonly filling: Filling;
  readonly few: number;
  readonly many: number;
  readonly unit: "call" | "event";
}

export const GROWTH: readonly Growth[] = [
  { filling: "sessions", few: 10, many: 10_000, unit: "call" },
  { filling: "sessions", few: 10, many: 10_000, unit: "event" },
  { filling: "subscriptions", few: 10, many: 100_000, unit: "event" },
  { filling: "registrations", few: 10, many: 100_000, unit: "call" },
];

const serializer = json();

/** CPU of the router per message in microseconds, with few and with many. Both stand at once and are measured in turn. */
export async function measureGrowth(
  { filling, few, many, unit }: Growth,
  { rounds, roundMs }: { readonly rounds: number; readonly roundMs: number },
): Promise<{ readonly few: readonly number[]; readonly many: readonly number[] }> {
  const sides = [await filled(filling, few, unit), await filled(filling, many, unit)];
  const figures: [number[], number[]] = [[], []];
  try {
    for (const { load } of sides) await load.run(roundMs);
    for (let count = 0; count < rounds; count++) {
      for (const [index, { server, load }] of sides.entries()) {
        const before = await server.cpu();
        const messages = await load.run(roundMs);
        figures[index as 0 | 1].push(((await server.cpu()) - before) / messages);
      }
    }
  } finally {
    for (const side of sides) side.stop();
  }
  return { few: figures[0], many: figures[1] };
}

async function filled(
  filling: Filling,
  count: number,
  unit: "call" | "event",
): Promise<{ server: Server; load: Load; stop(): void }> {
  const server = await startServer("router", { pingIntervalMs: 600_000 });
  const clients = await fill(server.url, filling, count);
  const scenario =
    unit === "call"
      ? calls({ inFlight: 64, connections: 4, bytes: 16, serializer: "json" })
      : fanout({ subscribers: 10, outstanding: 4, bytes: 100 });
  const load = await scenario.onRouter(server.url);
  const stop = () => {
    load.close();
    for (const client of clients) client.close();
    server.stop();
  };
  return { server, load, stop };
}

async function fill(url: string, filling: Filling, count: number): Promise<BareClient[]> {
  if (filling === "sessions") return BareClient.joinMany(url, serializer, count);
  const client = await BareClient.join(url, serializer);
  await (filling === "subscriptions" ? subscribeMany : registerMany)(client, 0, count);
  return [client];
}

/** The longest that somebody's call took, in milliseconds, while many sessions joined, and when all of them were cut at once. */
export async function longestPause(sessions: number): Promise<{ readonly joining: number; readonly dying: number }> {
  const server = await startServer("router", { pingIntervalMs: 600_000 });
  const load = await calls({ inFlight: 1, connections: 1, bytes: 16, serializer: "json" }).onRouter(server.url);
  try {
    await load.run(500);
    const watch = async (work: () => Promise<void>): Promise<number> => {
      const watched = load.run(2_000);
      await work();
      await watched;
      return load.latencies?.().at(-1) ?? Number.NaN;
    };
    const crowd = await crowdProcess(server.url, sessions);
    const joining = await crowd.joined(load);
    const dying = await watch(async () => crowd.kill());
    return { joining, dying };
  } finally {
    load.close();
    server.stop();
  }
}

/** The crowd is a process of its own, so that what it takes is not taken for the router's. */
async function crowdProcess(url: string, sessions: number) {
  const crowd = fork(new URL("crowd.ts", import.meta.url), [url, String(sessions)], { execArgv: ["--import", "tsx"] });
  return {
    async joined(load: Load): Promise<number> {
      let done = false;
      let longest = 0;
      const ready = once(crowd, "message").then(() => {
        done = true;
      });
      while (!done) {
        await load.run(200);
        longest = Math.max(longest, load.latencies?.().at(-1) ?? 0);
      }
      await ready;
      return longest;
    },
    kill: () => void crowd.kill("SIGKILL"),
  };
}
