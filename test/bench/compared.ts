import { alternate, type Rounds } from "./rounds.js";
import { calls, fanout, type Load } from "./scenarios.js";
import { type RouterSettings, type Server, startServer } from "./servers.js";

/** Two processes of the same program differ by more than what is looked for: each figure is of so many. */
const LAUNCHES = 6;

/** CPU per message in microseconds of two routers that are set up differently. Both stand at once, are measured in turn, and are started anew several times. */
export async function compareSettings(
  settings: readonly [RouterSettings, RouterSettings],
  unit: "call" | "event",
  { rounds, ...times }: Omit<Rounds, "starts">,
): Promise<readonly [readonly number[], readonly number[]]> {
  const figures: [number[], number[]] = [[], []];
  for (let launch = 0; launch < LAUNCHES; launch++) {
    const order = launch % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const); // whoever comes first has no advantage
    const each = await compareOnce([settings[order[0]], settings[order[1]]], unit, {
      ...times,
      rounds: Math.ceil(rounds / LAUNCHES),
    });
    for (const [index, side] of order.entries()) figures[side].push(...(each[index] ?? []));
  }
  return figures;
}

async function compareOnce(
  settings: readonly [RouterSettings, RouterSettings],
  unit: "call" | "event",
  rounds: Omit<Rounds, "starts">,
): Promise<readonly [readonly number[], readonly number[]]> {
  const sides = await Promise.all(settings.map((each) => sideOf(each, unit)));
  try {
    return await alternate(sides, rounds);
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
  const server = await startServer("router", settings);
  const scenario =
    unit === "call"
      ? calls({ inFlight: 64, connections: 4, bytes: 16, serializer: "json" })
      : fanout({ subscribers: 10, outstanding: 4, bytes: 100 });
  return { server, load: await scenario.onRouter(server.url) };
}
