import { createHash, type Hash } from "node:crypto";
import { nodeOfKey, readRecord } from "../../../src/cluster/node-record.js";
import { type NetworkCounts, SimulatedNetwork } from "../../../src/cluster/simulation/network.js";
import { Timeline } from "../../../src/cluster/simulation/timeline.js";
import type { RealmStats } from "../../../src/router/realm-stats.js";
import { createRandom } from "../../support/mutate.js";
import { type ClientNode, SimulatedClient } from "./client.js";
import { FrameCounts } from "./frame-counts.js";
import { SimulatedNode } from "./node.js";
import type { Fault, Plan, Step } from "./plan.js";
import { Probe, type TablesSeen } from "./probe.js";
import { type MetaNews, Watcher } from "./watcher.js";
import { Witness } from "./witness.js";

const START_MS = Date.UTC(2026, 0, 1);
/** After the last act: so long until all that was to happen has happened. */
const HEAL_MS = 22_000;
const PROBE_MS = 6_000;
const LEAVE_MS = 12_000;

/** The life of one incarnation of a node, by the directory. */
export interface LifeSeen {
  readonly node: string;
  readonly incarnation: number;
  readonly fromMs: number;
  untilMs: number | undefined;
  /** It was expelled, and has not left. */
  wasExpelled: boolean;
}

/** A span in which a node could not reach the others, or stood still. */
export interface TroubleSeen {
  readonly nodes: readonly string[];
  readonly kind: Fault["do"];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The outcome of a plan. */
export interface Outcome {
  readonly plan: Plan;
  readonly witness: Witness;
  readonly lives: readonly LifeSeen[];
  readonly troubles: readonly TroubleSeen[];
  readonly network: NetworkCounts;
  /** When all faults were over and all had calmed down. */
  readonly healedMs: number;
  /** Each node's tables of the realm at that time. */
  readonly tables: readonly TablesSeen[];
  /** The meta events up to that time. */
  readonly news: readonly MetaNews[];
  /** The contents of nodes after all clients have left. */
  readonly rest: readonly { readonly node: string; readonly stats: RealmStats }[];
  /** Keys of the directory that are left then, but for nodes. */
  readonly restKeys: readonly string[];
  readonly frames: FrameCounts;
  readonly trace: readonly string[];
  /** The digest of the trace. */
  readonly digest: string;
}

/** Carries out a plan. The same plan has the same outcome, byte for byte. */
export function run(plan: Plan, options: { readonly keepTrace?: boolean } = {}): Promise<Outcome> {
  return new Run(plan, options.keepTrace === true).run();
}

class Run {
  readonly #plan: Plan;
  readonly #keepTrace: boolean;
  readonly #timeline = new Timeline({ startMs: START_MS });
  readonly #random: () => number;
  readonly #network: SimulatedNetwork;
  readonly #witness = new Witness();
  readonly #lives: LifeSeen[] = [];
  readonly #troubles: TroubleSeen[] = [];
  readonly #frames = new FrameCounts();
  readonly #trace: string[] = [];
  readonly #hash: Hash = createHash("sha256");
  #nodes: SimulatedNode[] = [];
  readonly #clients: readonly SimulatedClient[];

  constructor(plan: Plan, keepTrace: boolean) {
    this.#plan = plan;
    this.#keepTrace = keepTrace;
    this.#random = createRandom(plan.seed ^ 0x5eed);
    this.#network = new SimulatedNetwork({
      time: this.#timeline,
      random: this.#random,
      quality: { delayMs: { least: 0.1, most: 3 }, lossRate: 0, lostAnswerRate: 0, lostRequestRate: 0 },
      trace: (what) => this.#tell(what),
    });
    this.#network.directory.watch(({ key, value }) => this.#lived(key, value));
    const host = {
      timeline: this.#timeline,
      witness: this.#witness,
      nodeFor: (number: number) => this.#nodeFor(number),
      trace: (what: string) => this.#tell(what),
    };
    this.#clients = Array.from({ length: plan.clients }, (_, number) => new SimulatedClient(number, host));
  }

  async run(): Promise<Outcome> {
    for (let number = 0; number < this.#plan.nodes; number++) this.#nodes.push(this.#start(number));
    await this.#timeline.pass(1_500);
    const watchers = this.#nodes.filter(({ isServing }) => isServing).map((node) => new Watcher(node));
    await this.#timeline.pass(100);
    for (const step of this.#plan.steps) this.#timeline.after(step.atMs, () => this.#do(step));
    await this.#timeline.pass(this.#plan.actMs + HEAL_MS);
    const healedMs = this.#timeline.nowMs;
    const tables = await this.#probe();
    const news = watchers.map(({ seen }) => seen);
    for (const leaving of [...this.#clients, ...watchers]) leaving.leave();
    await this.#timeline.pass(LEAVE_MS);
    const rest = this.#nodes
      .filter(({ process }) => !process.isDead)
      .map(({ name, realm }) => ({ node: name, stats: realm.stats }));
    const restKeys = [...this.#network.directory.values()].map(([key]) => key).filter((key) => key.startsWith("r."));
    for (const node of this.#nodes) node.leave();
    await this.#timeline.pass(4_000);
    return {
      plan: this.#plan,
      witness: this.#witness,
      lives: this.#lives,
      troubles: this.#troubles,
      network: this.#network.counts,
      healedMs,
      tables,
      news,
      rest,
      restKeys,
      frames: this.#frames,
      trace: this.#trace,
      digest: this.#hash.digest("hex"),
    };
  }

  #start(number: number): SimulatedNode {
    return new SimulatedNode(`n${number}`, {
      timeline: this.#timeline,
      network: this.#network,
      random: this.#random,
      wrong: (what) => this.#wrong(what),
      frames: this.#frames,
    });
  }

  #nodeFor(number: number): ClientNode | undefined {
    const count = this.#nodes.length;
    for (let more = 0; more < count; more++) {
      const node = this.#nodes[(number + more) % count] as SimulatedNode;
      if (node.isServing) return node;
    }
    return undefined;
  }

  #do(step: Step): void {
    if ("fault" in step) return this.#fault(step.fault);
    this.#tell(`c${step.client} is to ${JSON.stringify(step.act)}`);
    this.#clients[step.client]?.do(step.act);
  }

  /** Each ends by itself. */
  #fault(fault: Fault): void {
    this.#tell(`fault ${JSON.stringify(fault)}`);
    const { quality } = this.#network;
    const later = (run: () => void) => this.#timeline.after(fault.ms, run);
    if (fault.do === "wipe") return this.#network.directory.wipe();
    if (!("node" in fault)) {
      const rate = RATES[fault.do];
      quality[rate] = fault.rate;
      later(() => {
        quality[rate] = 0;
      });
      return;
    }
    const node = this.#nodes[fault.node];
    if (!node || node.process.isDead) return;
    const { name } = node;
    this.#troubles.push({
      nodes: fault.do === "cutPair" ? [name, `n${fault.to}`] : [name],
      kind: fault.do,
      fromMs: this.#timeline.nowMs,
      untilMs: this.#timeline.nowMs + fault.ms,
    });
    switch (fault.do) {
      case "freeze":
        node.process.freeze();
        return void later(() => node.process.thaw());
      case "cut":
        this.#network.cut(name, true);
        return void later(() => this.#network.cut(name, false));
      case "cutPair": {
        const to = `n${fault.to}`;
        this.#network.cutPair(name, to, true);
        return void later(() => this.#network.cutPair(name, to, false));
      }
      case "slow":
        this.#network.slow(name, fault.extraMs);
        return void later(() => this.#network.slow(name, 0));
      case "kill":
      case "shutDown":
        if (this.#nodes.filter(({ isServing }) => isServing).length < 2) return; // somebody must be left
        if (fault.do === "kill") node.kill();
        else node.shutDown();
        return void later(() => {
          if (this.#nodes[fault.node] !== node) return; // it was killed as well
          if (fault.do === "shutDown") node.kill();
          if (fault.isStartedAgain) this.#nodes[fault.node] = this.#start(fault.node);
        });
    }
  }

  async #probe(): Promise<readonly TablesSeen[]> {
    const probes = this.#nodes.filter(({ isServing }) => isServing).map((node) => new Probe(node));
    for (const probe of probes) probe.ask();
    await this.#timeline.pass(PROBE_MS);
    const seen = probes.map((probe) => probe.seen);
    for (const probe of probes) probe.leave();
    return seen;
  }

  #lived(key: string, value: string | undefined): void {
    const node = nodeOfKey(key);
    if (node === undefined) return;
    const record = readRecord(value);
    const { nowMs } = this.#timeline;
    const before = this.#lives.find((life) => life.node === node && life.untilMs === undefined);
    if (before && (record?.state !== "live" || record.incarnation !== before.incarnation)) {
      before.untilMs = nowMs;
      before.wasExpelled = record?.state !== "gone";
    }
    if (record?.state !== "live" || (before && before.untilMs === undefined)) return;
    this.#lives.push({ node, incarnation: record.incarnation, fromMs: nowMs, untilMs: undefined, wasExpelled: false });
  }

  #wrong(what: string): void {
    this.#witness.wrongs.push(what);
    this.#tell(`WRONG: ${what}`);
  }

  #tell(what: string): void {
    const line = `${((this.#timeline.nowMs - START_MS) / 1_000).toFixed(4)} ${what}\n`;
    this.#hash.update(line);
    if (this.#keepTrace) this.#trace.push(line);
  }
}

const RATES = { lose: "lossRate", loseAnswers: "lostAnswerRate", loseRequests: "lostRequestRate" } as const;
