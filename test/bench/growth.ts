/** Whether a call and an event cost the same in a router that holds much. */
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
  const server = await startServer("router", { listen: { pingIntervalMs: 600_000 } });
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
