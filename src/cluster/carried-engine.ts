import type { Clock } from "../session/clock.js";
import { Beats, decodeBeat, encodeBeat } from "./beats.js";
import type { Carrier } from "./carrier.js";
import {
  Conflict,
  type DownCause,
  type Engine,
  type EngineListener,
  type EngineStats,
  type NodeHello,
  type NodeId,
  type Pipe,
  Unconfirmed,
  Unreachable,
  unreadable,
} from "./engine.js";
import { Membership } from "./membership.js";
import { checkFits, keyOfNode, type NodeRecord, nodeOfKey } from "./node-record.js";
import { decodeParcel, encodeParcel, KINDS, type Parcel } from "./parcel.js";
import { ReliablePipe } from "./reliable-pipe.js";

/** The time that a leaving node waits for the others to acknowledge what it has sent, in milliseconds. */
const FAREWELL_MS = 2_000;

/** The delay before another attempt to reach the directory, in milliseconds. */
const RETRY_MS = 250;

/** The time that the directory may take to confirm that a node is expelled, in milliseconds. NATS elects a leader within it. */
const EXPEL_MS = 10_000;

/** The additional size of a node's record when the node is expelled, in bytes. */
const EXPELLED_BYTES = 256;

/** The parts of an engine besides its carrier. */
export interface CarriedEngineParts {
  readonly clock: Clock;
  /** Returns numbers in [0, 1). */
  readonly random: () => number;
  /** Receives errors that the node throws, and the reason why it cannot join again. */
  readonly report: (error: unknown) => void;
  /** The time that a node may show no sign of life before the others expel it, in milliseconds. Default 6,000. */
  readonly leaseMs?: number;
}

/** The pipe to one incarnation of a peer. */
interface Link {
  readonly incarnation: number;
  readonly pipe: ReliablePipe;
}

/** A change of the directory that the node has not received yet. */
type Change = Parameters<EngineListener["changed"]>;

const NO_PIPE: Pipe = { unsentBytes: 0, window: 0, onceDrained: (callback) => callback() };

/**
 * An engine on a carrier that gives few guarantees. Its pipes resend messages that are not acknowledged. Its nodes count each
 * other's beats and expel silent nodes. Its directory lists the live nodes. While this node is not a member, changes of the
 * directory are held. They are delivered after the peers that have written them.
 */
export class CarriedEngine implements Engine {
  readonly #carrier: Carrier;
  readonly #parts: CarriedEngineParts;
  readonly #links = new Map<NodeId, Link>();
  readonly #process: number;
  #me: NodeHello | undefined;
  #told: EngineListener | undefined;
  #membership: Membership | undefined;
  #beats: Beats | undefined;
  #incarnation = 0; // 0 while it is not a member
  #wasIn = false;
  #isIsolated = false; // as last reported to the node
  #held: Change[] | undefined = [];
  #revision = 0;
  #sent = 0; // by pipes that are closed
  #resent = 0; // by pipes that are closed
  readonly #expelling = new Set<NodeId>();

  constructor(carrier: Carrier, parts: CarriedEngineParts) {
    this.#carrier = carrier;
    this.#parts = parts;
    this.#process = Math.floor(parts.random() * 2 ** 32);
  }

  get stats(): EngineStats {
    let [sent, resent] = [this.#sent, this.#resent];
    for (const { pipe } of this.#links.values()) {
      sent += pipe.sent;
      resent += pipe.resent;
    }
    return { sent, resent, unreadable: this.#carrier.unreadable ?? 0, revision: this.#revision };
  }

  get #leaseMs(): number {
    return this.#parts.leaseMs ?? 6_000;
  }

  async join(me: NodeHello, told: EngineListener): Promise<number> {
    this.#me = me;
    this.#told = told;
    const membership = this.#createMembership(me);
    const beats = this.#createBeats(me, membership);
    [this.#membership, this.#beats] = [membership, beats];
    await this.#carrier.open(me.node, {
      received: (from, bytes) => this.#received(from, bytes),
      heard: (from, bytes) => this.#heard(from, bytes),
      changed: (key, value, revision) => this.#changed(key, value, revision),
      unreachable: (node) => beats.unreachable(node),
    });
    try {
      this.#checkSize(me);
      checkFits(me, membership.peers);
      await this.#carrier.prepare?.();
      beats.start();
      const incarnation = await membership.enter(me, () => beats.hasDouble());
      this.#begin(incarnation);
      return incarnation;
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  async leave(): Promise<void> {
    if (!this.#told) return;
    this.#told = undefined;
    await this.#emptied();
    await this.#membership?.leave();
    await this.#end();
  }

  send(peer: NodeId, frames: Uint8Array): void {
    this.#links.get(peer)?.pipe.send(frames);
  }

  pipe(peer: NodeId): Pipe {
    return this.#links.get(peer)?.pipe ?? NO_PIPE;
  }

  async write(key: string, value: string | undefined, revision: number): Promise<number> {
    while (this.#beats?.isCutOff === false) {
      try {
        return await this.#carrier.write(key, value, revision);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await this.#pause(RETRY_MS); // the directory may be reached again before this node counts as cut off
      }
    }
    throw new Unreachable(key);
  }

  async expel(peer: NodeId): Promise<boolean> {
    const membership = this.#membership;
    if (!membership?.peers.has(peer)) return false;
    if (this.#beats?.isCutOff !== false || this.#incarnation === 0) throw new Unreachable(keyOfNode(peer));
    const before = membership.peers.get(peer);
    const deadlineMs = this.#parts.clock.now() + EXPEL_MS;
    while (membership.peers.get(peer) === before && this.#told) {
      if (this.#parts.clock.now() > deadlineMs) throw new Unconfirmed(keyOfNode(peer));
      await this.#expel(peer);
      if (membership.peers.get(peer) === before) await this.#pause(RETRY_MS);
    }
    return true;
  }

  /** Throws if this node's record is too large for the directory. */
  #checkSize(me: NodeHello): void {
    const most = (this.#carrier.maxValueBytes ?? Infinity) - EXPELLED_BYTES;
    const bytes = Buffer.byteLength(JSON.stringify(me));
    if (bytes <= most) return;
    throw new TypeError(
      `the router "${me.node}" cannot join: its names and settings of ${me.realms.length} realms have ${bytes} bytes, and the directory accepts at most ${most}; raise max_payload of NATS, or distribute the realms over several clusters`,
    );
  }

  #createMembership(me: NodeHello): Membership {
    return new Membership({
      me: me.node,
      process: this.#process,
      now: () => this.#parts.clock.now(),
      write: (node, record, revision) => this.#writeRecord(node, record, revision),
      pause: () => this.#pause(RETRY_MS),
      up: (node, record) => {
        this.#beats?.forget(node);
        if (this.#incarnation > 0) this.#open(node, record);
      },
      down: (node, record) => {
        this.#beats?.forget(node);
        if (!record)
          this.#close(node, "apart"); // the directory was emptied
        else this.#close(node, record.state === "gone" && !record.by ? "left" : "expelled");
      },
      reaped: (node, incarnation, by) => this.#tell((told) => told.reaped({ node, incarnation }, by)),
      reap: (node, incarnation) => this.#reap(node, incarnation),
      expelled: () => this.#expelled(),
      unreadable: (node, value) => this.#parts.report(unreadable(keyOfNode(node), value)),
    });
  }

  #createBeats(me: NodeHello, membership: Membership): Beats {
    return new Beats({
      leaseMs: this.#leaseMs,
      clock: this.#parts.clock,
      me: me.node,
      process: this.#process,
      peers: () => membership.peers.keys(),
      beat: () => {
        this.#carrier.broadcast(encodeBeat({ incarnation: this.#incarnation, process: this.#process }));
        membership.purge();
      },
      probe: (node) => this.#carrier.probe(node),
      isStuck: (node) => this.#links.get(node)?.pipe.isStuck === true,
      suspected: (node, isSuspect) => {
        if (this.#links.has(node)) this.#tell((told) => told.peerSuspect(node, isSuspect));
      },
      silent: (node) => void this.#expel(node),
      cutOff: (isCutOff) => this.#cutOff(isCutOff),
    });
  }

  /** This node is a member from now on. */
  #begin(incarnation: number): void {
    this.#beats?.reached();
    this.#incarnation = incarnation;
    if (this.#wasIn) this.#tell((told) => told.reborn(incarnation));
    else if (this.#isIsolated) this.#tell((told) => told.returned()); // it was cut off while it joined
    this.#isIsolated = false;
    this.#wasIn = true;
    for (const [node, record] of this.#membership?.peers ?? []) this.#open(node, record);
    this.#release();
    this.#held = undefined;
  }

  /** The others have expelled this node, or the directory is empty: it joins again. */
  #expelled(): void {
    if (this.#incarnation === 0) return;
    this.#incarnation = 0;
    this.#held = [];
    this.#isolate();
    for (const node of [...this.#links.keys()]) this.#close(node, "apart");
    if (this.#told) void this.#rejoin();
  }

  async #rejoin(): Promise<void> {
    const [me, membership, beats] = [this.#me, this.#membership, this.#beats];
    if (!me || !membership || !beats) return;
    for (let reported = false; this.#told; reported = true) {
      try {
        return this.#begin(await membership.enter(me, () => beats.hasDouble()));
      } catch (error) {
        if (this.#told && !reported) this.#parts.report(error); // another router has its name, and may go away
        await this.#pause(this.#leaseMs);
      }
    }
  }

  #open(node: NodeId, record: NodeRecord): void {
    const { incarnation } = record;
    const pipe = new ReliablePipe({
      clock: this.#parts.clock,
      post: ({ kind, more, seq, ack }, body) => {
        const head = { kind, more, from: this.#incarnation, to: incarnation, seq, ack };
        this.#carrier.post(node, encodeParcel(head, body));
      },
      receive: (bytes) => this.#tell((told) => told.receive(node, bytes)),
    });
    this.#links.set(node, { incarnation, pipe });
    this.#tell((told) => told.peerUp({ ...record.hello, node, incarnation }));
    pipe.ask();
  }

  #close(node: NodeId, cause: DownCause): void {
    const link = this.#links.get(node);
    if (!link) return;
    this.#links.delete(node);
    this.#sent += link.pipe.sent;
    this.#resent += link.pipe.resent;
    link.pipe.close();
    this.#tell((told) => told.peerDown(node, cause));
  }

  /** As `CarrierListener.received`. */
  #received(from: NodeId, bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true; // a probe
    const parcel = decodeParcel(bytes);
    if (parcel) this.#take(from, parcel);
    return parcel !== undefined;
  }

  #take(from: NodeId, parcel: Parcel): void {
    const membership = this.#membership;
    if (!membership) return;
    if (parcel.kind === KINDS.expelled) {
      if (parcel.to === this.#incarnation && parcel.to > 0) membership.fenced();
      return;
    }
    const isLive = membership.isLive(from, parcel.from);
    if (isLive === false) this.#fence(from, parcel.from);
    else if (isLive && parcel.to === this.#incarnation) this.#links.get(from)?.pipe.take(parcel);
  }

  /** Informs a node that the others have expelled it. */
  #fence(node: NodeId, incarnation: number): void {
    const head = { kind: KINDS.expelled, more: false, from: this.#incarnation, to: incarnation, seq: 0, ack: 0 };
    this.#carrier.post(node, encodeParcel(head, new Uint8Array(0)));
  }

  /** As `CarrierListener.heard`. */
  #heard(from: NodeId, bytes: Uint8Array): boolean {
    const beat = decodeBeat(bytes);
    if (beat) this.#beats?.heard(from, beat, this.#membership?.isLive(from, beat.incarnation) === true);
    return beat !== undefined;
  }

  #changed(key: string, value: string | undefined, revision: number): void {
    this.#revision = revision;
    const node = nodeOfKey(key);
    if (node !== undefined) this.#membership?.changed(node, value, revision);
    else if (this.#held) this.#held.push([key, value, revision]);
    else this.#tell((told) => told.changed(key, value, revision));
  }

  /** Delivers the changes that were held. */
  #release(): void {
    for (const change of this.#held?.splice(0) ?? []) this.#tell((told) => told.changed(...change));
  }

  async #reap(node: NodeId, incarnation: number): Promise<boolean> {
    if (!this.#told) return false; // it leaves; another node does it
    this.#release(); // it must know the content of the directory
    try {
      await this.#told.reap({ node, incarnation });
      return true;
    } catch (error) {
      if (!(error instanceof Unreachable)) this.#parts.report(error);
      return false;
    }
  }

  async #expel(node: NodeId): Promise<void> {
    if (!this.#told || this.#expelling.has(node)) return;
    this.#expelling.add(node);
    await this.#membership?.expel(node); // if this fails, the next beat tries again
    this.#expelling.delete(node);
  }

  async #writeRecord(node: NodeId, record: NodeRecord | undefined, revision: number): Promise<boolean> {
    try {
      await this.#carrier.write(keyOfNode(node), record && JSON.stringify(record), revision);
      return true;
    } catch (error) {
      if (error instanceof Conflict) return true;
      if (!(error instanceof Unconfirmed || error instanceof Unreachable)) this.#parts.report(error);
      return false;
    }
  }

  #cutOff(isCutOff: boolean): void {
    this.#membership?.canWrite(!isCutOff);
    if (isCutOff) this.#isolate();
    else if (this.#isIsolated && this.#incarnation > 0) {
      this.#isIsolated = false;
      this.#tell((told) => told.returned());
    }
  }

  #isolate(): void {
    if (this.#isIsolated) return;
    this.#isIsolated = true;
    this.#tell((told) => told.isolated());
  }

  /** Resolves when the others have received everything, or after a limited time. */
  async #emptied(): Promise<void> {
    const pipes = [...this.#links.values()].map(({ pipe }) => pipe);
    const empty = pipes.map((pipe) => new Promise<void>((resolve) => pipe.onceEmpty(resolve)));
    await Promise.race([Promise.all(empty), this.#pause(FAREWELL_MS)]);
  }

  async #end(): Promise<void> {
    this.#beats?.stop();
    for (const { pipe } of this.#links.values()) pipe.close();
    this.#links.clear();
    this.#told = undefined;
    await this.#carrier.close();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ms, resolve));
  }

  #tell(tell: (told: EngineListener) => void): void {
    if (!this.#told) return;
    try {
      tell(this.#told);
    } catch (error) {
      this.#parts.report(error);
    }
  }
}
