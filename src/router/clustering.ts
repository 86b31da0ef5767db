import { randomBytes } from "node:crypto";
import type { Clock } from "../session/clock.js";
import type { UnsentTotal } from "../transport/unsent.js";
import type { RealmConfig, RouterConfig } from "./config.js";
import type { Faults } from "./faults.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { RouterObserver } from "./observer.js";
import type { Cluster, ClusterMember, JoinableCluster } from "./realm-link.js";

/** The parts of a router that its cluster needs. */
export interface ClusteringParts {
  readonly clock: Clock;
  readonly flow: CallFlow;
  readonly faults: Faults;
  readonly unsent: UnsentTotal;
  readonly observe: RouterObserver;
  /** See `ClusterHost.shut`. */
  readonly shut: (isShut: boolean) => void;
}

/** Joins a router to its configured cluster. Returns `undefined` without a cluster. */
export function memberOf(
  config: RouterConfig,
  { clock, flow, faults, unsent, observe, shut }: ClusteringParts,
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
    changed: (router, change) => observe({ type: "cluster", router, change }),
    shut,
  });
}

/** Returns the settings that must be equal on all routers that serve a realm, by realm, as JSON. */
function settingsOf(realms: readonly RealmConfig[]): string {
  const settings = realms.map(({ name, strictUris = false, disclosure = "requested", history = [], store }) => {
    const kept = history.map(({ topic, match = "exact", limit = 1_000 }) => [topic, match, limit] as const);
    const shown = typeof disclosure === "function" ? "function" : disclosure;
    const agreed = typeof store === "function" ? store.agreed : undefined;
    return [
      name,
      { strictUris, disclosure: shown, history: kept.sort(), ...(agreed !== undefined && { store: agreed }) },
    ] as const;
  });
  return JSON.stringify(Object.fromEntries(settings));
}

/** Casts a cluster to its internal interface, which the configuration check has verified. */
function joinable(cluster: Cluster | undefined): JoinableCluster | undefined {
  return cluster as JoinableCluster | undefined;
}
