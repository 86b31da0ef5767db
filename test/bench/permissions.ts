/** What permissions cost: calls and events in a realm with rules for its roles, to one whose clients may do everything. */
import type { PermissionRule } from "wampact/router";
import { alternate, type Rounds } from "./rounds.js";
import { calls, fanout, type Load } from "./scenarios.js";
import { type RouterSettings, type Server, startServer } from "./servers.js";

/** Fifty branches, the one of the load among them, with a wildcard and a denial. */
const RULES: readonly PermissionRule[] = [
  ...Array.from({ length: 50 }, (_, number) => ({
    uri: `com.branch${number}.`,
    match: "prefix" as const,
    allow: ["call", "register"] as const,
  })),
  { uri: "com.bench.", match: "prefix", allow: ["call", "register", "publish", "subscribe"] },
  { uri: "com.bench.secret.", match: "prefix", deny: ["call", "subscribe"] },
  { uri: "com..secret", match: "wildcard", deny: ["call", "publish"] },
  { uri: "com.users.{authid}.", match: "prefix", allow: ["publish"] },
];

const SIDES: readonly RouterSettings[] = [
  { realm: { roles: { anonymous: { permissions: RULES } } } },
  { authrole: "trusted" }, // which no rules hold for
];

/** CPU of the router per message in microseconds, with rules and without. Both stand at once and are measured in turn. */
export async function measurePermissions(
  unit: "call" | "event",
  rounds: Rounds,
): Promise<{ readonly ruled: readonly number[]; readonly free: readonly number[] }> {
  const sides = await Promise.all(SIDES.map((settings) => sideOf(settings, unit)));
  try {
    const [ruled, free] = await alternate(sides, rounds);
    return { ruled, free };
  } finally {
    for (const { load, server } of sides) {
      load.close();
      server.stop();
    }
  }
}

async function sideOf(
  settings: RouterSettings,
  unit: "call" | "event",
): Promise<{ readonly server: Server; readonly load: Load }> {
  const server = await startServer("router", { listen: { pingIntervalMs: 600_000 }, ...settings });
  const scenario =
    unit === "call"
      ? calls({ inFlight: 64, connections: 4, bytes: 16, serializer: "json" })
      : fanout({ subscribers: 10, outstanding: 4, bytes: 100 });
  return { server, load: await scenario.onRouter(server.url) };
}
