/** What sessions and subscriptions hold in memory, beside a bare WebSocket. */
import { setTimeout as sleep } from "node:timers/promises";
import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import { type Server, startServer } from "./servers.js";

const serializer = json();

/** Resident bytes that one idle connection adds. */
export async function bytesPerConnection(kind: "router" | "echo", connections: number): Promise<number> {
  const server = await startServer(kind);
  const clients: BareClient[] = [];
  const open = kind === "router" ? BareClient.join : BareClient.open;
  try {
    for (let index = 0; index < 2_000; index++) clients.push(await open(server.url, serializer)); // what grows only once
    const before = await settled(server);
    for (let index = 0; index < connections; index++) clients.push(await open(server.url, serializer));
    return ((await settled(server)).rss - before.rss) / connections;
  } finally {
    for (const client of clients) client.close();
    server.stop();
  }
}

/** Bytes of heap that one subscription adds. One session holds them all, so a thousand more must be within its limit. */
export async function bytesPerSubscription(subscriptions: number): Promise<number> {
  const server = await startServer("router");
  const client = await BareClient.join(server.url, serializer);
  try {
    await subscribeMany(client, 0, 1_000);
    const before = await settled(server);
    await subscribeMany(client, 1_000, subscriptions);
    return ((await settled(server)).heap - before.heap) / subscriptions;
  } finally {
    client.close();
    server.stop();
  }
}

/** Exact, prefix and wildcard in turn. */
export async function subscribeMany(client: BareClient, from: number, count: number): Promise<void> {
  await client.askAll(count, (index) => {
    const number = from + index;
    return [32, number + 1, { match: POLICIES[number % 3] }, uriFor(number)];
  });
}

export async function registerMany(client: BareClient, from: number, count: number): Promise<void> {
  await client.askAll(count, (index) => {
    const number = from + index;
    return [64, number + 2, { match: POLICIES[number % 3] }, uriFor(number)];
  });
}

const POLICIES = ["exact", "prefix", "wildcard"] as const;

function uriFor(number: number): string {
  return number % 3 === 2 ? `com.other${number}..end` : `com.other${number}.thing.of.app`;
}

/** After a moment and a collection. */
async function settled(server: Server): Promise<{ readonly rss: number; readonly heap: number }> {
  await sleep(300);
  return server.memory();
}
