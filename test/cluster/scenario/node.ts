import { CarriedEngine } from "../../../src/cluster/carried-engine.js";
import { Member } from "../../../src/cluster/member.js";
import type { SimulatedNetwork } from "../../../src/cluster/simulation/network.js";
import { SimulatedProcess } from "../../../src/cluster/simulation/process.js";
import type { Timeline } from "../../../src/cluster/simulation/timeline.js";
import { ACTIONS } from "../../../src/router/access/permissions.js";
import { Roles } from "../../../src/router/access/roles.js";
import { Faults } from "../../../src/router/faults.js";
import { CallFlow } from "../../../src/router/flow/call-flow.js";
import { Realm } from "../../../src/router/realm.js";
import { accessOf, realmLimits, roleSources } from "../../../src/router/realm-access.js";
import type { RouterSession } from "../../../src/router/session.js";
import { GuardedStore } from "../../../src/router/store/guarded.js";
import { memoryStore } from "../../../src/router/store/memory.js";
import { RealmWatch } from "../../../src/router/watch.js";
import { SentWork } from "../../../src/transport/sent-work.js";
import type { ClientNode } from "./client.js";
import type { SimulatedConnection } from "./connection.js";
import type { FrameCounts } from "./frame-counts.js";

export const REALM = "com.realm";

/** The environment of a node. */
export interface NodeParts {
  readonly timeline: Timeline;
  readonly network: SimulatedNetwork;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly wrong: (what: string) => void;
  /** Sees the frames that nodes send each other. */
  readonly frames: FrameCounts;
}

/** A router of a simulated cluster, without what speaks to the outside world: its realm, and its place in the cluster. */
export class SimulatedNode implements ClientNode {
  readonly name: string;
  readonly timeline: Timeline;
  readonly process: SimulatedProcess;
  readonly realm: Realm<RouterSession>;
  readonly flow: CallFlow;
  readonly random: () => number;
  readonly wrong: (what: string) => void;
  readonly connections = new Set<SimulatedConnection>();
  readonly engine: CarriedEngine;
  readonly member: Member;
  #hasJoined = false;
  #isLeaving = false;

  constructor(name: string, { timeline, network, random, wrong, frames }: NodeParts) {
    this.name = name;
    this.timeline = timeline;
    this.random = random;
    this.wrong = (what) => wrong(`${name}: ${what}`);
    this.process = new SimulatedProcess(timeline);
    const { clock, defer } = this.process;
    this.flow = new CallFlow(new SentWork(), clock.after);
    const report = (error: unknown) => this.wrong(error instanceof Error ? String(error.stack) : String(error));
    this.engine = new CarriedEngine(frames.on(network.carrier(name, this.process)), { clock, random, report });
    const identity = { node: name, version: "1" };
    this.member = new Member(this.engine, identity, {
      clock,
      random,
      defer,
      flow: this.flow,
      realms: [REALM],
      account: () => {},
      newSecret: () => String(random()),
      settings: "",
      report,
      changed: () => {},
      shut: () => {},
    });
    this.realm = this.#createRealm();
    this.process.handle(() => void this.#join());
  }

  /** Whether it takes clients now. */
  get isServing(): boolean {
    return this.#hasJoined && !this.#isLeaving && !this.process.isDead;
  }

  kill(): void {
    this.process.kill();
    for (const connection of this.connections) connection.routerDied();
    this.connections.clear();
  }

  /** Ends its sessions in order, and leaves the cluster. */
  shutDown(): void {
    this.#isLeaving = true;
    this.process.handle(() => {
      for (const connection of this.connections) connection.goodbye("wamp.close.system_shutdown");
      void this.member.leave();
    });
  }

  /** Leaves the cluster. */
  leave(): void {
    this.#isLeaving = true;
    this.process.handle(() => void this.member.leave());
  }

  async #join(): Promise<void> {
    try {
      await this.member.join();
      this.#hasJoined = true;
    } catch (error) {
      if (!this.#isLeaving) this.wrong(`it could not join: ${error}`);
    }
  }

  #createRealm(): Realm<RouterSession> {
    const config = {
      name: REALM,
      roles: { anonymous: { permissions: [{ uri: "", match: "prefix" as const, allow: ACTIONS }] } },
    };
    const { clock, defer } = this.process;
    const faults = new Faults((event) => {
      if (event.type === "fault") this.wrong(String((event.error as Error)?.stack ?? event.error));
    });
    const roles = new Roles(roleSources(config));
    const watch = new RealmWatch(REALM, undefined);
    const report = (error: unknown) => this.wrong(String(error));
    const store = new GuardedStore(memoryStore(), { realm: REALM, clock, report });
    return new Realm(REALM, {
      surroundings: { clock, random: this.random, strictUris: false, limits: realmLimits(config), defer },
      access: accessOf(config, roles),
      roles,
      policies: undefined,
      observe: () => {},
      faults,
      watch,
      broker: { store, history: [], retainMs: 0, enforcement: undefined, watch },
      dealer: { enforcement: undefined, flow: this.flow, policies: undefined, watch },
      strictRequestIds: false,
      link: (realm) => this.member.link(realm),
    });
  }
}
