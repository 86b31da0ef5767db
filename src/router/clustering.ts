import { randomBytes } from "node:crypto";
import type { Clock } from "../session/clock.js";
import type { UnsentTotal } from "../transport/unsent.js";
import type { RealmConfig, RouterConfig } from "./config.js";
import type { Faults } from "./faults.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { Cluster, ClusterMember, JoinableCluster } from "./realm-link.js";

/** What a router gives to the cluster that it joins. */
export interface ClusteringParts {
  readonly clock: Clock;
  readonly flow: CallFlow;
  readonly faults: Faults;
  readonly unsent: UnsentTotal;
  /** As `ClusterHost.shut`. */
  readonly shut: (isShut: boolean) => void;
}

/** The place of a router in the cluster of its configuration; `undefined` where it is alone. */
export function memberOf(
  config: RouterConfig,
  { clock, flow, faults, unsent, shut }: ClusteringParts,
): ClusterMember | undefined {
  return joinable(config.cluster)?.member({
    clock,
    flow,
    random: Math.random,
    defer: faults.defer,
    account: (change) => unsent.account(change),
    newSecret: () => randomBytes(32).toString("hex"),
    realms: config.realms.map(({ name }) => name),
    settings: settingsOf(config.realms),
    report: (error) => void faults.tell(error),
    shut,
  });
}

/** The settings on which all routers of a cluster must agree that serve a realm, by realm. */
function settingsOf(realms: readonly RealmConfig[]): string {
  const settings = realms.map(({ name, strictUris = false, disclosure = "requested", history = [] }) => {
    const kept = history.map(({ topic, match = "exact", limit = 1_000 }) => [topic, match, limit] as const);
    const shown = typeof disclosure === "function" ? "function" : disclosure;
    return [name, { strictUris, disclosure: shown, history: kept.sort() }] as const;
  });
  return JSON.stringify(Object.fromEntries(settings));
}

/** A configuration is checked for the method, which applications do not see. */
function joinable(cluster: Cluster | undefined): JoinableCluster | undefined {
  return cluster as JoinableCluster | undefined;
}
