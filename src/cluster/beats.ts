import type { Clock } from "../session/clock.js";
import type { NodeId } from "./engine.js";

/** The number of beats that a node sends in the time after which a silent node is expelled. */
const BEATS = 6;
/** A node is suspect after this many of this node's own beats have come back without a beat of that node. */
const SUSPECT_AFTER = 3;
const EXPEL_AFTER = BEATS;
/** The same for a node whose inbox nobody reads: it is expelled after this many. */
const EXPEL_UNREACHABLE_AFTER = 2;
/** This node counts as cut off after this many of its own beats have not come back. */
const CUT_OFF_AFTER = BEATS;

/** A heartbeat of a node. */
export interface Beat {
  readonly incarnation: number;
  /** Differs for each process, even if two use the same name. */
  readonly process: number;
}

/** The parts of the engine that `Beats` uses. */
export interface BeatsHost {
  readonly clock: Clock;
  readonly me: NodeId;
  readonly process: number;
  /** The time that a node may be silent before it is expelled, in milliseconds. */
  readonly leaseMs: number;
  /** Returns the nodes that should send beats. */
  peers(): Iterable<NodeId>;
  /** Sends a beat to all nodes, this one included. */
  beat(): void;
  /** Finds out whether anybody reads the inbox of a node. If nobody does, `unreachable` is called. */
  probe(node: NodeId): void;
  /** Returns whether a node has acknowledged nothing for a while although messages are waiting. */
  isStuck(node: NodeId): boolean;
  /** A node is silent, or is heard again. */
  suspected(node: NodeId, isSuspect: boolean): void;
  /** A node has been silent for too long. Called again with each beat. */
  silent(node: NodeId): void;
  /** This node receives no beats, not even its own; or it receives them again. */
  cutOff(isCutOff: boolean): void;
}

/** The silence of one node. */
interface Silence {
  /** The number of own beats that came back since the node's last beat. */
  missed: number;
  /** Of those, the number that found nobody at the node's inbox. */
  unreachable: number;
  isUnreachable: boolean; // since the last own beat
  /** The number of own beats that came back while the node acknowledged nothing. */
  stuck: number;
  isSuspect: boolean;
}

/**
 * Detects silent nodes. Time is counted in own beats that came back. A node that was paused or is cut off therefore suspects
 * nobody, because it does not hear itself either.
 */
export class Beats {
  readonly #host: BeatsHost;
  readonly #silences = new Map<NodeId, Silence>();
  #stopTimer: (() => void) | undefined;
  #unreturned = 0; // own beats since the last one that came back
  #countedMs = 0; // when the last counted beat came
  #isCutOff = false;
  #hasDouble = false; // another process sends beats under this name
  #onceReturned: { left: number; readonly tell: () => void }[] = [];

  constructor(host: BeatsHost) {
    this.#host = host;
  }

  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  isSuspect(node: NodeId): boolean {
    return this.#silences.get(node)?.isSuspect === true;
  }

  start(): void {
    this.#beat();
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    for (const { tell } of this.#onceReturned.splice(0)) tell();
  }

  /** Resolves with whether another process sends beats under this name, after enough beats to be sure. */
  async hasDouble(): Promise<boolean> {
    this.#hasDouble = false;
    await new Promise<void>((tell) => this.#onceReturned.push({ left: SUSPECT_AFTER, tell }));
    return this.#hasDouble;
  }

  /** A beat has arrived. `isExpected` says that the node is a member with this incarnation. */
  heard(node: NodeId, { process }: Beat, isExpected: boolean): void {
    if (node === this.#host.me) {
      if (process === this.#host.process) this.#cameBack();
      else this.#hasDouble = true;
      return;
    }
    const silence = this.#silences.get(node);
    if (!silence || !isExpected) return;
    silence.missed = 0;
    silence.unreachable = 0;
    this.#judge(node, silence);
  }

  /** Nobody reads the inbox of a node. */
  unreachable(node: NodeId): void {
    const silence = this.#silences.get(node);
    if (silence) silence.isUnreachable = true;
  }

  /** A node has joined or left: its counters start again. */
  forget(node: NodeId): void {
    this.#silences.delete(node);
  }

  #beat(): void {
    this.#stopTimer = this.#host.clock.after(this.#host.leaseMs / BEATS, () => this.#beat());
    this.#unreturned++;
    this.#host.beat();
    if (this.#unreturned <= CUT_OFF_AFTER || this.#isCutOff) return;
    this.#isCutOff = true;
    this.#host.cutOff(true);
  }

  /** This node has reached the directory, whether or not its beats have come back. */
  reached(): void {
    this.#unreturned = 0;
    if (!this.#isCutOff) return;
    this.#isCutOff = false;
    this.#silences.clear(); // no node could be heard
    this.#host.cutOff(false);
  }

  #cameBack(): void {
    this.reached();
    const { clock, leaseMs } = this.#host;
    const sinceMs = clock.now() - this.#countedMs;
    if (sinceMs >= 0 && sinceMs < leaseMs / BEATS / 2) return; // many beats were held back; those of the others come after them
    this.#countedMs = clock.now();
    for (const node of this.#host.peers()) this.#count(node);
    for (const waiting of this.#onceReturned) waiting.left--;
    for (const { tell } of this.#onceReturned.filter(({ left }) => left <= 0)) tell();
    this.#onceReturned = this.#onceReturned.filter(({ left }) => left > 0);
  }

  #count(node: NodeId): void {
    const silence = this.#silences.get(node) ?? {
      missed: 0,
      unreachable: 0,
      isUnreachable: false,
      stuck: 0,
      isSuspect: false,
    };
    this.#silences.set(node, silence);
    if (silence.missed > 0) {
      silence.unreachable = silence.isUnreachable ? silence.unreachable + 1 : 0;
      silence.isUnreachable = false;
      this.#host.probe(node);
    }
    silence.missed++;
    silence.stuck = this.#host.isStuck(node) ? silence.stuck + 1 : 0;
    this.#judge(node, silence);
    const { missed, stuck, unreachable } = silence;
    if (missed > EXPEL_AFTER || stuck > EXPEL_AFTER || unreachable >= EXPEL_UNREACHABLE_AFTER) this.#host.silent(node);
  }

  #judge(node: NodeId, silence: Silence): void {
    const isSuspect = silence.missed > SUSPECT_AFTER || silence.stuck > SUSPECT_AFTER;
    if (isSuspect === silence.isSuspect) return;
    silence.isSuspect = isSuspect;
    this.#host.suspected(node, isSuspect);
  }
}

/** Wire: `u32 incarnation, u32 process`. */
export function encodeBeat({ incarnation, process }: Beat): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, incarnation);
  view.setUint32(4, process);
  return bytes;
}

/** Decodes a beat. Returns `undefined` for other bytes. */
export function decodeBeat(bytes: Uint8Array): Beat | undefined {
  if (bytes.length !== 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { incarnation: view.getUint32(0), process: view.getUint32(4) };
}
