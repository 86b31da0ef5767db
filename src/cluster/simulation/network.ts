import type { Carrier, CarrierListener } from "../carrier.js";
import { Conflict, type NodeId, Unconfirmed, Unreachable } from "../engine.js";
import { type Change, SimulatedDirectory } from "./directory.js";
import type { SimulatedProcess } from "./process.js";
import type { Time } from "./timeline.js";

/** The time after which a write without an answer is unconfirmed, in milliseconds. */
const CONFIRM_MS = 1_000;

/** The quality of the network. Each value may change at any time. */
export interface NetworkQuality {
  /** The delay of a message to the server or from it, in milliseconds. */
  readonly delayMs: { readonly least: number; readonly most: number };
  /** The share of messages between nodes that are lost, from 0 to 1. */
  lossRate: number;
  /** The share of the directory's answers that are lost, and of its requests. */
  lostAnswerRate: number;
  lostRequestRate: number;
}

/** The counters of a network. */
export interface NetworkCounts {
  lostMessages: number;
  lostAnswers: number;
  lostRequests: number;
  conflicts: number;
}

/** One process in the network, and its connection to the server. */
interface Member {
  readonly node: NodeId;
  readonly process: SimulatedProcess;
  told: CarrierListener | undefined;
  isCut: boolean;
  /** Added to each message to it, in milliseconds. */
  extraDelayMs: number;
  /** The arrival of the last message on each way: no message overtakes another. */
  readonly arrivals: Map<string, number>;
  /** The last revision that was sent to it. */
  watched: number;
  stopWatch: (() => void) | undefined;
}

/** The parts of a network. */
export interface NetworkParts {
  readonly time: Time;
  /** Returns numbers in [0, 1). */
  readonly random: () => number;
  readonly quality: NetworkQuality;
  /** Receives a trace of all events. */
  readonly trace?: (what: string) => void;
}

/** A server that all nodes are connected to, with a directory, like NATS. It loses messages, answers and connections. */
export class SimulatedNetwork {
  readonly directory: SimulatedDirectory = new SimulatedDirectory();
  readonly quality: NetworkQuality;
  readonly counts: NetworkCounts = { lostMessages: 0, lostAnswers: 0, lostRequests: 0, conflicts: 0 };
  readonly #parts: NetworkParts;
  readonly #members = new Map<NodeId, Member>();
  readonly #cutPairs = new Set<string>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.quality = parts.quality;
  }

  /** Returns the connection of a process. It replaces that of an earlier process of the same name. */
  carrier(node: NodeId, process: SimulatedProcess): Carrier {
    const member: Member = {
      node,
      process,
      told: undefined,
      isCut: false,
      extraDelayMs: 0,
      arrivals: new Map(),
      watched: 0,
      stopWatch: undefined,
    };
    return {
      open: (_, told) => this.#open(member, told),
      post: (to, bytes) => this.#post(member, to, bytes),
      broadcast: (bytes) => this.#broadcast(member, bytes),
      probe: (of) => this.#probe(member, of),
      write: (key, value, revision) => this.#write(member, { key, value, revision }),
      close: async () => this.#close(member),
    };
  }

  /** Disconnects a node or connects it again. The directory then sends it the changes that it missed. */
  cut(node: NodeId, isCut: boolean): void {
    const member = this.#members.get(node);
    if (!member || member.isCut === isCut) return;
    member.isCut = isCut;
    member.stopWatch?.();
    member.stopWatch = undefined;
    if (!isCut) this.#watch(member);
  }

  /** Starts or stops losing the messages from one node to another. */
  cutPair(from: NodeId, to: NodeId, isCut: boolean): void {
    if (isCut) this.#cutPairs.add(`${from} ${to}`);
    else this.#cutPairs.delete(`${from} ${to}`);
  }

  /** Delays all messages to a node. */
  slow(node: NodeId, extraDelayMs: number): void {
    const member = this.#members.get(node);
    if (member) member.extraDelayMs = extraDelayMs;
  }

  async #open(member: Member, told: CarrierListener): Promise<void> {
    member.told = told;
    this.#members.get(member.node)?.stopWatch?.(); // of a process that is dead
    this.#members.set(member.node, member);
    await new Promise<void>((resolve) => {
      this.#pass("directory", member, () => {
        this.#watch(member);
        this.#arrive(member, "watch", resolve);
      });
    });
  }

  #close(member: Member): void {
    member.told = undefined;
    member.stopWatch?.();
    if (this.#members.get(member.node) === member) this.#members.delete(member.node);
  }

  #watch(member: Member): void {
    const send = (change: Change) => {
      member.watched = change.revision;
      this.#arrive(member, "watch", () => member.told?.changed(change.key, change.value, change.revision));
    };
    for (const change of this.directory.changesAfter(member.watched)) send(change);
    member.stopWatch = this.directory.watch(send);
  }

  #post(member: Member, to: NodeId, bytes: Uint8Array): void {
    if (this.#isLost(member, to)) return;
    this.#pass("server", member, () => this.#deliver(member.node, to, bytes));
  }

  #deliver(from: NodeId, to: NodeId, bytes: Uint8Array): void {
    const receiver = this.#members.get(to);
    if (!receiver || receiver.isCut) return;
    this.#arrive(receiver, "message", () => receiver.told?.received(from, bytes));
  }

  #isLost(member: Member, to: NodeId): boolean {
    if (member.isCut || this.#cutPairs.has(`${member.node} ${to}`)) return true;
    if (!this.#chance(this.quality.lossRate)) return false;
    this.counts.lostMessages++;
    this.#trace(`a message from ${member.node} to ${to} is lost`);
    return true;
  }

  #broadcast(member: Member, bytes: Uint8Array): void {
    if (member.isCut) return;
    this.#pass("server", member, () => {
      for (const receiver of this.#members.values())
        if (!receiver.isCut && !this.#cutPairs.has(`${member.node} ${receiver.node}`))
          this.#arrive(receiver, "message", () => receiver.told?.heard(member.node, bytes));
    });
  }

  #probe(member: Member, of: NodeId): void {
    if (member.isCut) return;
    this.#pass("server", member, () => {
      const found = this.#members.get(of);
      if (!found || found.process.isDead) this.#arrive(member, "message", () => member.told?.unreachable(of));
    });
  }

  #write(member: Member, { key, value, revision }: Change): Promise<number> {
    if (member.isCut) return Promise.reject(new Unreachable(key));
    return new Promise((resolve, reject) => {
      const { clock } = member.process;
      const stopTimer = clock.after(CONFIRM_MS, () => reject(new Unconfirmed(key)));
      const answer = (tell: () => void) => {
        if (member.isCut || this.#chance(this.quality.lostAnswerRate)) {
          this.counts.lostAnswers++;
          return this.#trace(`the answer to a write of ${key} by ${member.node} is lost`);
        }
        this.#arrive(member, "answer", () => {
          stopTimer();
          tell();
        });
      };
      if (this.#chance(this.quality.lostRequestRate)) {
        this.counts.lostRequests++;
        return this.#trace(`a write of ${key} by ${member.node} is lost`);
      }
      this.#pass("directory", member, () => {
        try {
          const made = this.directory.write(key, value, revision);
          this.#trace(`${member.node} writes ${key} as ${made}: ${value}`);
          answer(() => resolve(made));
        } catch (error) {
          if (error instanceof Conflict) this.counts.conflicts++;
          this.#trace(`${member.node} may not write ${key}: ${error}`);
          answer(() => reject(error));
        }
      });
    });
  }

  /** Delivers something from the server to a node. Nothing overtakes an earlier delivery on the same way. */
  #arrive(member: Member, way: string, run: () => void): void {
    this.#pass(way, member, () => member.process.handle(run), member.extraDelayMs);
  }

  #pass(way: string, { arrivals }: Member, run: () => void, extraDelayMs = 0): void {
    const { time, random, quality } = this.#parts;
    const { least, most } = quality.delayMs;
    const delayMs = least + random() * (most - least) + extraDelayMs;
    const atMs = Math.max(arrivals.get(way) ?? 0, time.nowMs + delayMs);
    arrivals.set(way, atMs);
    time.at(atMs, run);
  }

  #chance(rate: number): boolean {
    return rate > 0 && this.#parts.random() < rate;
  }

  #trace(what: string): void {
    this.#parts.trace?.(what);
  }
}
