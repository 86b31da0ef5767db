import type { Router, RouterConfig } from "wampact/router";
import { createRouter } from "wampact/router";
import {
  Conflict,
  type Engine,
  type EngineListener,
  type NodeHello,
  type NodeId,
  type PeerHello,
  type Pipe,
  Unreachable,
} from "../../dist/src/cluster/engine.js";
import type { Frame } from "../../dist/src/cluster/frames/frame.js";
import { readFrames } from "../../dist/src/cluster/frames/read.js";
import { Member } from "../../dist/src/cluster/member.js";
import type { JoinableCluster } from "../../dist/src/router/realm-link.js";

const WINDOW = 16 * 1024 * 1024;
const EMPTY: Pipe = { unsentBytes: 0, window: WINDOW, onceDrained: (callback) => callback() };

/** Joins the routers of one process, in real time: nothing is lost, and nodes go only as a test says. */
export class Hub {
  readonly #nodes = new Map<NodeId, { readonly hello: PeerHello; readonly told: EngineListener }>();
  readonly #directory = new Map<string, { readonly value: string | undefined; readonly revision: number }>();
  readonly members = new Map<NodeId, Member>();
  /** Frames on their way are held, by receiver. */
  readonly held = new Map<NodeId, (() => void)[]>();
  readonly #isolated = new Set<NodeId>();
  #revision = 0;
  #incarnation = 0;
  /** Calls of `send`. */
  sent = 0;
  readonly #frames = new Map<string, number>(); // sender and type → how many
  readonly #full = new Map<NodeId, (() => void)[]>(); // nodes whose pipes are full → who waits for that to end

  /** The keys of the directory. */
  get keys(): readonly string[] {
    return [...this.#directory].flatMap(([key, { value }]) => (value === undefined ? [] : [key]));
  }

  /** Whether the routers that are made from now on call their own callees first. */
  prefersOwn = false;

  /** The `cluster` setting that makes a router a node. */
  cluster(node: NodeId): JoinableCluster {
    return {
      kind: "test",
      member: (host) => {
        const member = new Member(this.#engine(node), { node, version: "test", prefersOwn: this.prefersOwn }, host);
        this.members.set(node, member);
        return member;
      },
    };
  }

  /** A router that is a node, and has joined. */
  async router(node: NodeId, config: RouterConfig): Promise<Router> {
    const router = createRouter({ ...config, cluster: this.cluster(node) });
    await this.joined(node);
    return router;
  }

  /** Resolves when a node is in. */
  async joined(node: NodeId): Promise<void> {
    while (!this.#nodes.has(node)) await turn();
    for (let turns = 0; turns < 10; turns++) await turn();
  }

  /** Holds the messages to a node until `release`. */
  hold(node: NodeId): void {
    this.held.set(node, []);
  }

  release(node: NodeId): void {
    const held = this.held.get(node) ?? [];
    this.held.delete(node);
    for (const deliver of held) deliver();
  }

  /** How many frames of a type a node has sent. */
  framesFrom(node: NodeId, type: Frame["type"]): number {
    return this.#frames.get(`${node} ${type}`) ?? 0;
  }

  /** Reports the queue of a node as so full that senders should wait, until `drain`. */
  fill(node: NodeId): void {
    this.#full.set(node, []);
  }

  drain(node: NodeId): void {
    const waiting = this.#full.get(node) ?? [];
    this.#full.delete(node);
    for (const callback of waiting) callback();
  }

  /** A node cannot reach the directory, or can again. */
  isolate(node: NodeId, isIsolated: boolean): void {
    const told = this.#nodes.get(node)?.told;
    if (isIsolated) this.#isolated.add(node);
    else this.#isolated.delete(node);
    if (isIsolated) told?.isolated();
    else told?.returned();
  }

  suspect(node: NodeId, isSuspect: boolean): void {
    for (const [other, { told }] of this.#nodes) if (other !== node) told.peerSuspect(node, isSuspect);
  }

  /** The others have expelled a node, which comes back as another incarnation. */
  async expel(node: NodeId): Promise<void> {
    const gone = this.#nodes.get(node);
    if (!gone) return;
    await this.crash(node);
    for (const other of this.#nodes.keys()) gone.told.peerDown(other, "apart");
    const hello = { ...gone.hello, incarnation: ++this.#incarnation };
    gone.told.reborn(hello.incarnation);
    for (const other of this.#nodes.values()) {
      gone.told.peerUp(other.hello);
      other.told.peerUp(hello);
    }
    this.#nodes.set(node, { hello, told: gone.told });
    for (const [key, { value, revision }] of this.#inOrder()) gone.told.changed(key, value, revision);
  }

  /** A node is gone, as after kill -9: one of the others cleans up after it. */
  async crash(node: NodeId): Promise<void> {
    const gone = this.#nodes.get(node);
    if (!gone) return;
    this.#nodes.delete(node);
    for (const { told } of this.#nodes.values()) told.peerDown(node, "expelled");
    const [reaper] = this.#nodes.values();
    await reaper?.told.reap(gone.hello);
    for (const { told } of this.#nodes.values()) told.reaped(gone.hello, reaper?.hello.node);
  }

  #engine(node: NodeId): Engine {
    return {
      join: (me, told) => this.#join(node, me, told),
      leave: async () => {
        await turn();
        await turn();
        if (!this.#nodes.delete(node)) return;
        for (const { told } of this.#nodes.values()) told.peerDown(node, "left");
      },
      send: (peer, frames) => this.#send(node, peer, frames),
      pipe: (peer) => this.#pipe(peer),
      write: (...written) => this.#write(node, ...written),
      expel: async (peer) => {
        const isThere = this.#nodes.has(peer);
        await this.crash(peer);
        return isThere;
      },
      stats: { sent: 0, resent: 0, unreadable: 0, revision: this.#revision },
    };
  }

  async #join(node: NodeId, me: NodeHello, told: EngineListener): Promise<number> {
    await turn();
    const hello = { ...me, incarnation: ++this.#incarnation };
    for (const other of this.#nodes.values()) {
      told.peerUp(other.hello);
      other.told.peerUp(hello);
    }
    this.#nodes.set(node, { hello, told });
    for (const [key, { value, revision }] of this.#inOrder())
      if (value !== undefined) told.changed(key, value, revision);
    return hello.incarnation;
  }

  #inOrder() {
    return [...this.#directory].sort(([, one], [, other]) => one.revision - other.revision);
  }

  #pipe(peer: NodeId): Pipe {
    const waiting = this.#full.get(peer);
    if (!waiting) return EMPTY;
    return { unsentBytes: 2 * WINDOW, window: WINDOW, onceDrained: (callback) => void waiting.push(callback) };
  }

  #send(from: NodeId, to: NodeId, frames: Uint8Array): void {
    this.sent++;
    for (const { type } of readFrames(frames.slice(), fail)) {
      const key = `${from} ${type}`;
      this.#frames.set(key, (this.#frames.get(key) ?? 0) + 1);
    }
    const receiver = this.#nodes.get(to);
    const deliver = () => {
      if (receiver && this.#nodes.get(to) === receiver && this.#nodes.has(from)) receiver.told.receive(from, frames);
    };
    setImmediate(() => {
      const held = this.held.get(to);
      if (held) held.push(deliver);
      else deliver();
    });
  }

  async #write(node: NodeId, key: string, value: string | undefined, revision: number): Promise<number> {
    await turn();
    if (!this.#nodes.has(node) || this.#isolated.has(node)) throw new Unreachable(key);
    const entry = this.#directory.get(key);
    if ((entry?.value === undefined ? 0 : entry.revision) !== revision) throw new Conflict(key);
    const now = ++this.#revision;
    this.#directory.set(key, { value, revision: now });
    for (const { told } of this.#nodes.values()) setImmediate(() => told.changed(key, value, now));
    return now;
  }
}

function fail(error: unknown): never {
  throw error;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
