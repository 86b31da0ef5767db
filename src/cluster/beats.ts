import type { Clock } from "../session/clock.js";
import type { NodeId } from "./engine.js";

/** Beats of a node in the time after which a silent one is expelled. */
const BEATS = 6;
/** Own beats that came back without one of the other node, after which it is suspect, and after which it is expelled. */
const SUSPECT_AFTER = 3;
const EXPEL_AFTER = BEATS;
/** The same for a node that has nobody at its inbox. */
const EXPEL_UNREACHABLE_AFTER = 2;
/** Own beats that did not come back, after which this node counts as cut off. */
const CUT_OFF_AFTER = BEATS;

/** A beat of a node. */
export interface Beat {
  readonly incarnation: number;
  /** Differs for each process, however it is named. */
  readonly process: number;
}

/** What beats are given, and tell. */
export interface BeatsHost {
  readonly clock: Clock;
  readonly me: NodeId;
  readonly process: number;
  /** How long a node may be silent before it is expelled, in milliseconds. */
  readonly leaseMs: number;
  /** Those that should beat. */
  peers(): Iterable<NodeId>;
  /** Sends a beat to all nodes, this one included. */
  beat(): void;
  /** Finds out whether anybody is at the inbox of a node; `unreachable` is called where not. */
  probe(node: NodeId): void;
  /** Whether a node has not acknowledged for a while what was sent to it. */
  isStuck(node: NodeId): boolean;
  /** A node is silent, or is heard again. */
  suspected(node: NodeId, isSuspect: boolean): void;
  /** A node is silent for too long. Told again with each beat. */
  silent(node: NodeId): void;
  /** This node hears nothing any more, itself included, or hears again. */
  cutOff(isCutOff: boolean): void;
}

/** How silent a node is. */
interface Silence {
  /** Own beats that came back since its last one. */
  missed: number;
  /** Of those, how many found nobody at its inbox. */
  unreachable: number;
  isUnreachable: boolean; // since the last own beat
  /** Own beats that came back while it acknowledged nothing. */
  stuck: number;
  isSuspect: boolean;
}

/**
 * Which nodes are silent. Time is counted in own beats that came back, so that a node which was paused or is cut off suspects nobody: it
 * hears itself no more than the others.
 */
export class Beats {
  readonly #host: BeatsHost;
  readonly #silences = new Map<NodeId, Silence>();
  #stopTimer: (() => void) | undefined;
  #unreturned = 0; // own beats since the last that came back
  #countedMs = 0; // when the last was that counted
  #isCutOff = false;
  #hasDouble = false; // another process beats under this name
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

  /** Resolves with whether another process beats under this name, after as many beats as it takes to know that. */
  async hasDouble(): Promise<boolean> {
    this.#hasDouble = false;
    await new Promise<void>((tell) => this.#onceReturned.push({ left: SUSPECT_AFTER, tell }));
    return this.#hasDouble;
  }

  /** A beat has come; `isExpected` says that the node is in with this incarnation. */
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

  /** Nobody is at the inbox of a node. */
  unreachable(node: NodeId): void {
    const silence = this.#silences.get(node);
    if (silence) silence.isUnreachable = true;
  }

  /** A node has joined, or is gone: it begins anew. */
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

  /** This node has reached the directory, whether its beats have come back or not. */
  reached(): void {
    this.#unreturned = 0;
    if (!this.#isCutOff) return;
    this.#isCutOff = false;
    this.#silences.clear(); // nobody could be heard
    this.#host.cutOff(false);
  }

  #cameBack(): void {
    this.reached();
    const { clock, leaseMs } = this.#host;
    const sinceMs = clock.now() - this.#countedMs;
    if (sinceMs >= 0 && sinceMs < leaseMs / BEATS / 2) return; // many were held back, and those of the others come behind them
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

/** Returns `undefined` for bytes that are no beat. */
export function decodeBeat(bytes: Uint8Array): Beat | undefined {
  if (bytes.length !== 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { incarnation: view.getUint32(0), process: view.getUint32(4) };
}
