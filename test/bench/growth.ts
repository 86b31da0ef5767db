/** Whether a call and an event cost the same in a router that holds much. */

import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import { registerMany, subscribeMany } from "./memory.js";
import { alternate, type Rounds } from "./rounds.js";
import { calls, fanout, type Load } from "./scenarios.js";
import { type Server, startServer } from "./servers.js";

/** The contents that a router is filled with. */
export type Filling = "sessions" | "subscriptions" | "registrations";

export interface Growth {
  readonly name: string;
  readonly filling: Filling;
  readonly few: number;
  readonly many: number;
  readonly unit: "call" | "event";
  /** The most that a message may take, as a multiple of what it takes with few. */
  readonly goal: number;
  readonly long: true;
}

export const GROWTH: readonly Growth[] = [
  growth({ filling: "sessions", few: 10, many: 10_000, unit: "call", goal: 1.3 }),
  growth({ filling: "sessions", few: 10, many: 10_000, unit: "event", goal: 1.3 }),
  growth({ filling: "subscriptions", few: 10, many: 100_000, unit: "event", goal: 1.1 }),
  growth({ filling: "registrations", few: 10, many: 100_000, unit: "call", goal: 1.1 }),
];

function growth(size: Omit<Growth, "name" | "long">): Growth {
  const { unit, many, few, filling } = size;
  return { ...size, name: `growth, ${unit}, ${many.toLocaleString("en")} ${filling} to ${few}`, long: true };
}

const serializer = json();

/** CPU of the router per message in microseconds, with few and with many. Both stand at once and are measured in turn. */
export async function measureGrowth(
  { filling, few, many, unit }: Growth,
  rounds: Omit<Rounds, "starts">,
): Promise<{ readonly few: readonly number[]; readonly many: readonly number[] }> {
  const sides = [await filled(filling, few, unit), await filled(filling, many, unit)];
  try {
    const [ofFew, ofMany] = await alternate(sides, rounds);
    return { few: ofFew, many: ofMany };
  } finally {
    for (const side of sides) side.stop();
  }
}

async function filled(
  filling: Filling,
  count: number,
  unit: "call" | "event",
): Promise<{ server: Server; load: Load; stop(): void }> {
  const server = await startServer("router");
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
