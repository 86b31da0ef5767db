import type { Clock } from "../session/clock.js";
import { Roles } from "./access/roles.js";
import type { RealmConfig } from "./config.js";
import { enforce } from "./enforcement.js";
import type { Faults } from "./faults.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { HistoryConfig } from "./kept-events.js";
import type { RouterMeter } from "./meter.js";
import type { RouterObserver } from "./observer.js";
import { Policies } from "./policy.js";
import { Realm } from "./realm.js";
import { accessOf, realmLimits, roleSources } from "./realm-access.js";
import type { ClusterMember } from "./realm-link.js";
import type { RouterSession } from "./session.js";
import { GuardedStore } from "./store/guarded.js";
import { memoryStore } from "./store/memory.js";
import { RealmWatch } from "./watch.js";

/** The parts of a router that its realms share. */
export interface SharedParts {
  readonly clock: Clock;
  readonly flow: CallFlow;
  readonly meter: RouterMeter | undefined;
  readonly member: ClusterMember | undefined;
  readonly observe: RouterObserver;
  readonly faults: Faults;
}

/** Creates the event store of a realm. Throws the exceptions of the configured function. The router closes the store. */
export function createStore(config: RealmConfig, { clock, member, faults }: SharedParts): GuardedStore {
  const { name, store } = config;
  const report = (error: unknown) => void faults.tell(error);
  const place = { history: historyOf(config), member, report };
  const given = typeof store === "function" ? store(name, place) : (store ?? memoryStore());
  return new GuardedStore(given, { realm: name, clock, report });
}

/** Creates the realm of a configuration. Throws `TypeError` for contracts that cannot be enforced and for invalid roles. */
export function createRealm(config: RealmConfig, store: GuardedStore, parts: SharedParts): Realm<RouterSession> {
  const { name, enforce: contracts, strictUris = false, strictRequestIds = false, retainMs = 0 } = config;
  const { clock, flow, meter, member, observe, faults } = parts;
  const enforcement = contracts && enforce(contracts);
  const policies = config.policies && new Policies(config.policies);
  const watch = new RealmWatch(name, meter?.realm(name));
  const roles = new Roles(roleSources(config));
  return new Realm(name, {
    surroundings: { clock, random: Math.random, strictUris, limits: realmLimits(config), defer: faults.defer },
    access: accessOf(config, roles),
    roles,
    observe,
    faults,
    strictRequestIds,
    broker: { store, history: historyOf(config), retainMs, enforcement, watch },
    dealer: { enforcement, flow, policies: policies?.seeResults ? policies : undefined, watch },
    watch,
    policies,
    link: member && ((realm) => member.link(realm)),
  });
}

function historyOf({ history = [] }: RealmConfig): readonly HistoryConfig[] {
  return history.map(({ topic, match = "exact", limit = 1_000 }) => ({ topic, match, limit }));
}
