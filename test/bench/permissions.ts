/** The cost of permissions: calls and events in a realm with rules for its roles, compared with one whose clients may do everything. */
import type { PermissionRule } from "wampact/router";
import { compareSettings } from "./compared.js";
import type { Rounds } from "./rounds.js";
import type { RouterSettings } from "./servers.js";

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

const SIDES: readonly [RouterSettings, RouterSettings] = [
  { realm: { roles: { anonymous: { permissions: RULES } } } },
  { authrole: "trusted" }, // which no rules hold for
];

/** CPU of the router per message in microseconds, with rules and without. */
export async function measurePermissions(
  unit: "call" | "event",
  rounds: Omit<Rounds, "starts">,
): Promise<{ readonly ruled: readonly number[]; readonly free: readonly number[] }> {
  const [ruled, free] = await compareSettings(SIDES, unit, rounds);
  return { ruled, free };
}
