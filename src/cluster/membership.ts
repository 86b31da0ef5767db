import type { NodeId } from "./engine.js";
import { type NodeRecord, type RecordedHello, readRecord } from "./node-record.js";

/** The time after which the record of a departed node is deleted, in milliseconds. A node without a configured name never returns. */
const PURGE_MS = 24 * 3_600_000;

/** The parts of the engine that `Membership` uses. */
export interface MembershipHost {
  readonly me: NodeId;
  /** As `NodeRecord.process`. */
  readonly process: number;
  now(): number;
  /**
   * Writes a record by compare-and-set, or deletes it. Resolves with whether the outcome is known; the directory shows it. Never
   * rejects.
   */
  write(node: NodeId, record: NodeRecord | undefined, revision: number): Promise<boolean>;
  /** Resolves after a delay, for another attempt. */
  pause(): Promise<void>;
  /** A node has joined, or is down. */
  up(node: NodeId, record: NodeRecord): void;
  down(node: NodeId, record: NodeRecord | undefined): void;
  /**
   * Removes what an incarnation has left in the directory, and reports the rest. Resolves with whether that is done. Never rejects.
   */
  reap(node: NodeId, incarnation: number): Promise<boolean>;
  /** The entries of an expelled incarnation were removed. */
  reaped(node: NodeId, incarnation: number, by: NodeId | undefined): void;
  /** This node's record differs from the one it wrote: it was expelled. */
  expelled(): void;
  /** The directory has a value that is no record of a node. */
  unreadable(node: NodeId, value: string): void;
}

interface Known {
  readonly record: NodeRecord;
  readonly revision: number;
}

/**
 * The live nodes, by the directory. A record passes from live to expelled to gone. The node that expels another by compare-and-set
 * also reaps it. If that node is lost too, the live node that joined first does.
 */
export class Membership {
  readonly #host: MembershipHost;
  readonly #known = new Map<NodeId, Known>();
  readonly #live = new Map<NodeId, NodeRecord>(); // other nodes
  readonly #reaping = new Set<string>(); // node and incarnation
  readonly #goneSince = new Map<NodeId, number>(); // nodes that have left nothing → when that was seen
  readonly #unreadable = new Map<NodeId, number>(); // nodes whose value is no record → its revision
  readonly #unreaped = new Map<NodeId, number>(); // other nodes that were expelled → their incarnation
  #own: NodeRecord | undefined; // the record that this node wrote, while it is in force
  #former = 0; // the last incarnation that was in force
  #canWrite = true;
  #isOver = false;
  #waiting: (() => void)[] = []; // for the next change

  constructor(host: MembershipHost) {
    this.#host = host;
  }

  /** The live nodes without this one. */
  get peers(): ReadonlyMap<NodeId, NodeRecord> {
    return this.#live;
  }

  /** The incarnation that the directory has for this node, or 0. */
  get incarnation(): number {
    return this.#known.get(this.#host.me)?.record.incarnation ?? 0;
  }

  /** Whether this node is a member. */
  get isIn(): boolean {
    const record = this.#known.get(this.#host.me)?.record;
    const isOwn = record?.process === this.#host.process && record.incarnation === this.#own?.incarnation;
    return isOwn && record.state === "live";
  }

  /** Returns whether an incarnation is live: `false` if it is down, `undefined` if the directory does not have it yet. */
  isLive(node: NodeId, incarnation: number): boolean | undefined {
    const known = this.#known.get(node)?.record;
    if (!known || known.incarnation < incarnation) return undefined;
    return known.incarnation === incarnation && known.state === "live";
  }

  /**
   * Writes this node's record once nothing of its former incarnation is left. If there is a record, `isForeign` is asked whether
   * another process sends beats under this name. Resolves with the incarnation.
   */
  async enter(hello: RecordedHello, isForeign: () => Promise<boolean>): Promise<number> {
    const { me } = this.#host;
    while (!this.#isOver) {
      const known = this.#known.get(me);
      const changed = this.#nextChange();
      if (known?.record.state === "live") {
        const isOwn = known.record.process === this.#host.process && this.incarnation === this.#former;
        if (!isOwn) {
          if (await isForeign()) throw new TypeError(takenRefusal(me));
          const by = { node: me, incarnation: this.incarnation };
          if (!(await this.#host.write(me, expelledBy(known.record, by), known.revision))) continue;
        } // otherwise the others know more than the directory shows here
        await changed;
      } else if (known?.record.state === "expelled") {
        this.#reapAll();
        await changed;
      } else {
        const incarnation = Math.max(this.incarnation, this.#former) + 1; // the directory may have been emptied
        const record: NodeRecord = { incarnation, state: "live", process: this.#host.process, hello };
        this.#own = record;
        const written = this.#host.write(me, record, known?.revision ?? this.#unreadable.get(me) ?? 0);
        // the directory shows it, whether or not the answer comes
        await Promise.race([this.#shown(known), written.then((isKnown) => (isKnown ? changed : this.#host.pause()))]);
        if (this.isIn) return record.incarnation;
      }
    }
    throw new TypeError(`the router "${me}" is closed`);
  }

  /** Removes this node from the directory, after everything that it held. */
  async leave(): Promise<void> {
    const known = this.#known.get(this.#host.me);
    const wasIn = this.isIn;
    this.#own = undefined;
    if (known && wasIn) await this.#host.write(this.#host.me, { ...known.record, state: "gone" }, known.revision);
    this.#isOver = true;
    for (const tell of this.#waiting.splice(0)) tell();
  }

  /**
   * Expels a live node. A node that is not a member does this too: the one that it waits for may be dead, and nobody else may be
   * left.
   */
  async expel(node: NodeId): Promise<void> {
    const known = this.#known.get(node);
    const by = this.#asActor();
    if (this.#isOver || !by || known?.record.state !== "live") return;
    await this.#host.write(node, expelledBy(known.record, by), known.revision);
  }

  /** Returns this node as records name it, or `undefined` if it has never joined: it waits for nobody. */
  #asActor(): NodeRecord["by"] {
    const incarnation = this.#own?.incarnation ?? this.incarnation;
    return incarnation > 0 ? { node: this.#host.me, incarnation } : undefined;
  }

  /** Another node says that this node is expelled. */
  fenced(): void {
    if (this.#own && this.isIn) this.#end(this.#own);
  }

  /** Deletes the records of nodes that left long ago. Only the live node that joined first does this. */
  purge(): void {
    if (!this.#canWrite || !this.isIn || this.#oldest() !== this.#host.me) return;
    const dueMs = this.#host.now() - PURGE_MS;
    for (const [node, sinceMs] of this.#goneSince) {
      if (sinceMs > dueMs) continue;
      this.#goneSince.set(node, this.#host.now()); // if this fails, it is tried again after the same time
      void this.#host.write(node, undefined, this.#known.get(node)?.revision ?? 0);
    }
  }

  /** The directory has become writable, or no longer is. */
  canWrite(can: boolean): void {
    this.#canWrite = can;
    if (can) this.#reapAll();
  }

  /** The directory shows a record of a node, or another value. */
  changed(node: NodeId, value: string | undefined, revision: number): void {
    const record = readRecord(value);
    this.#unreadable.delete(node);
    if (value !== undefined && !record) {
      this.#unreadable.set(node, revision);
      this.#host.unreadable(node, value);
    }
    if (record) this.#known.set(node, { record, revision });
    else this.#known.delete(node);
    if (record?.state === "gone") this.#goneSince.set(node, this.#host.now());
    else this.#goneSince.delete(node);
    if (node === this.#host.me) this.#ownChanged();
    else this.#peerChanged(node, record);
    this.#reapAll();
    for (const tell of this.#waiting.splice(0)) tell();
  }

  /** Resolves when the directory shows a record of this node that differs from `before`. */
  async #shown(before: Known | undefined): Promise<void> {
    while (!this.#isOver && this.#known.get(this.#host.me) === before) await this.#nextChange();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #ownChanged(): void {
    const own = this.#own;
    if (!own || this.isIn) return;
    const record = this.#known.get(this.#host.me)?.record;
    if (record && record.incarnation < own.incarnation) return; // its own write has not arrived yet
    this.#end(own);
  }

  #end(own: NodeRecord): void {
    this.#own = undefined;
    this.#former = own.incarnation;
    this.#host.expelled();
  }

  #peerChanged(node: NodeId, record: NodeRecord | undefined): void {
    const before = this.#live.get(node);
    const isLive = record?.state === "live";
    if (before && !(isLive && record.incarnation === before.incarnation)) {
      this.#live.delete(node);
      if (record && !(record.state === "gone" && !record.by)) this.#unreaped.set(node, before.incarnation);
      this.#host.down(node, record);
    }
    this.#tellReaped(node, record);
    if (!isLive || this.#live.has(node)) return;
    this.#live.set(node, record);
    this.#host.up(node, record);
  }

  #tellReaped(node: NodeId, record: NodeRecord | undefined): void {
    const incarnation = this.#unreaped.get(node);
    if (incarnation === undefined) return;
    if (record?.state === "expelled" && record.incarnation === incarnation) return;
    this.#unreaped.delete(node);
    const by = record?.incarnation === incarnation ? record.by?.node : undefined;
    this.#host.reaped(node, incarnation, by);
  }

  /** Reaps the nodes that are this node's task. */
  #reapAll(): void {
    if (!this.#canWrite || this.#isOver) return;
    for (const [node, { record }] of this.#known)
      if (record.state === "expelled" && this.#reaperOf(record) === this.#host.me) void this.#reap(node, record);
  }

  #reaperOf({ by }: NodeRecord): NodeId {
    return by && this.isLive(by.node, by.incarnation) ? by.node : this.#oldest();
  }

  /** Returns the live node that joined first. */
  #oldest(): NodeId {
    const living = [...this.#live.keys(), ...(this.isIn ? [this.#host.me] : [])];
    const since = (node: NodeId) => this.#known.get(node)?.revision ?? 0;
    return living.reduce((one, other) => (since(one) <= since(other) ? one : other), living[0] ?? this.#host.me);
  }

  async #reap(node: NodeId, { incarnation }: NodeRecord): Promise<void> {
    const which = `${incarnation} ${node}`;
    if (this.#reaping.has(which)) return;
    this.#reaping.add(which);
    while (await this.#isLeftToReap(node, incarnation)) await this.#host.pause();
    this.#reaping.delete(which);
  }

  /** Reaps a node. Resolves with whether another attempt is needed. */
  async #isLeftToReap(node: NodeId, incarnation: number): Promise<boolean> {
    const isMine = () => {
      const record = this.#known.get(node)?.record;
      const isExpelled = record?.incarnation === incarnation && record.state === "expelled";
      return isExpelled && this.#canWrite && !this.#isOver && this.#reaperOf(record) === this.#host.me;
    };
    if (!isMine()) return false;
    const isDone = await this.#host.reap(node, incarnation);
    const known = this.#known.get(node);
    if (!known || !isMine()) return false;
    const gone: NodeRecord = { ...known.record, state: "gone", by: this.#asActor() ?? known.record.by };
    return !isDone || !(await this.#host.write(node, gone, known.revision));
  }
}

function expelledBy(record: NodeRecord, by: NonNullable<NodeRecord["by"]>): NodeRecord {
  return { ...record, state: "expelled", by };
}

function takenRefusal(node: NodeId): string {
  return `another router of this cluster runs under the name "${node}"; give each router a name of its own`;
}
