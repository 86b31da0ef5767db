import type { Peer } from "wampact";
import type { RealmConfig } from "wampact/router";
import { createFleetClient } from "../../schemas/generated/fleet.gen.js";

/** The realm stores the newest 1,000 readings of the whole fleet. The contract retains the last one of each sensor. */
export const fleetRealm: RealmConfig = {
  name: "com.fleet",
  history: [{ topic: "com.fleet..", match: "wildcard", limit: 1_000 }],
};

/** The last reading of each sensor. A new dashboard starts with the retained readings. */
export interface Dashboard extends AsyncDisposable {
  /** Returns lines such as `truck_7 speed: 82 km/h`, sorted. */
  lines(): readonly string[];
}

export async function openDashboard(peer: Peer, vehicle?: string): Promise<Dashboard> {
  const latest = new Map<string, string>();
  const subscription = await createFleetClient(peer).reading.subscribe(
    vehicle === undefined ? {} : { vehicle },
    ({ params, data, retained }) => {
      const name = `${params.vehicle} ${params.sensor}`;
      latest.set(name, `${name}: ${data.value} ${data.unit}${retained ? " (retained)" : ""}`);
    },
    { getRetained: true },
  );
  return {
    lines: () => [...latest.values()].sort(),
    [Symbol.asyncDispose]: () => subscription.unsubscribe(),
  };
}
