import { timerMs } from "./timer.js";
import type { Reading } from "./transport.js";

/** A connection whose other end is asked for a sign of life. */
export interface LivenessTarget {
  /** While it is paused nothing is read, for reasons of our own, and silence says nothing. */
  readonly reading?: Reading;
  /** Bytes that wait to leave this process. Fewer than before are a sign of life. */
  readonly unsentBytes: number;
  /** Bytes received so far, where the connection counts them. More than before are a sign of life. */
  readonly receivedBytes?: number | undefined;
  /** Whether the other end owes an answer. Silence is then noticed sooner, while nothing is unsent. Default false. */
  readonly awaitsAnswer?: boolean;
  /**
   * Whether the other end answers pings. One that does not is judged only while bytes wait to leave: it is dead when none of them has left
   * for two intervals. Default true.
   */
  readonly answersPings?: boolean;
  ping(): void;
  /** Told when the other end owes an answer and shows no sign of life, and when it does again. */
  frozen?(isFrozen: boolean): void;
  /** Cuts the connection, with the reason for our own side. */
  cut(reason: string, cause: "dead"): void;
}

/** The longest time between two looks at a connection, in milliseconds. */
const TICK_MS = 500;
/** While an answer is awaited: how long the other end may be silent until it is pinged, and from then on, in milliseconds. */
const AWAITING_PING_MS = 1_000;
const AWAITING_CUT_MS = 2_500;
/** The part of the latter after which it counts as frozen: 2 s. */
const FROZEN_PART = 4 / 5;

/** An interval between pings, in ticks: time that this process was blocked for counts as one of them. */
export interface LivenessPace {
  readonly tickMs: number;
  readonly intervalTicks: number;
  readonly awaitingPingTicks: number;
  readonly frozenTicks: number;
  readonly awaitingCutTicks: number;
}

/** The pace at which a dead connection is noticed within two intervals, and within 5 s while an answer is awaited. */
export function paceOf(intervalMs: number): LivenessPace {
  const tickMs = Math.max(1, Math.min(TICK_MS, intervalMs / 20));
  const intervalTicks = Math.max(2, Math.floor(intervalMs / tickMs));
  const awaitingCutTicks = Math.min(intervalTicks - 1, Math.ceil(AWAITING_CUT_MS / tickMs));
  return {
    tickMs,
    intervalTicks,
    awaitingPingTicks: Number.isFinite(intervalMs)
      ? Math.min(intervalTicks, Math.ceil(AWAITING_PING_MS / tickMs))
      : Number.POSITIVE_INFINITY,
    frozenTicks: Math.ceil(awaitingCutTicks * FROZEN_PART),
    awaitingCutTicks,
  };
}

/**
 * Whether the other end of one connection is alive. A byte that comes and a byte that leaves are signs of life. After an interval of
 * silence it is pinged; when the ping is followed by another one, the connection is cut. An other end that owes an answer is pinged and
 * cut sooner, and counts as frozen before it is cut.
 */
export class Liveness {
  /** Something came since the last look. Set by whoever reads. */
  heard = true;
  readonly #target: LivenessTarget;
  #received = 0;
  #unsent = 0;
  #silent = 0; // ticks since the last sign of life
  #sincePing = 0; // ticks since the ping that was not answered yet, from 1; 0 where there is none
  #owing = 0; // ticks in a row that found an answer owed, and no sign of life
  #frozen = false;

  constructor(target: LivenessTarget) {
    this.#target = target;
  }

  /** Looks at the connection, and pings or cuts it where it is time. Called once each tick. `judges`: whether it may be cut. */
  check(pace: LivenessPace, judges: boolean): void {
    const target = this.#target;
    const alive = this.#showsLife();
    if (alive) this.#setFrozen(false);
    if (target.reading?.paused) return this.#keepAlive(target.reading, pace);
    if (alive) this.#forget();
    const answers = target.answersPings !== false;
    if (!answers && target.unsentBytes === 0) return this.#forget();
    this.#silent++;
    const owes = answers && target.awaitsAnswer === true;
    this.#owing = owes ? this.#owing + 1 : 0;
    if (this.#sincePing > 0) return this.#awaitPong(pace, owes, judges);
    if (this.#silent < pace.intervalTicks && this.#owing <= pace.awaitingPingTicks) return;
    this.#sincePing = 1;
    target.ping();
  }

  #awaitPong(pace: LivenessPace, owes: boolean, judges: boolean): void {
    const waited = this.#sincePing++;
    if (!judges) return;
    if (owes && waited >= pace.frozenTicks) this.#setFrozen(true);
    const hurries = owes && this.#target.unsentBytes === 0;
    const isDead = hurries
      ? waited >= pace.awaitingCutTicks
      : waited >= pace.intervalTicks - 1 && this.#silent >= 2 * pace.intervalTicks - 1; // though it was pinged early
    if (!isDead) return;
    const { answersPings } = this.#target;
    this.#target.cut(`the peer is dead: it ${answersPings === false ? "takes nothing" : "answers no ping"}`, "dead");
  }

  #setFrozen(isFrozen: boolean): void {
    if (this.#frozen === isFrozen) return;
    this.#frozen = isFrozen;
    this.#target.frozen?.(isFrozen);
  }

  #forget(): void {
    this.#silent = 0;
    this.#sincePing = 0;
    this.#owing = 0;
  }

  /** Forgets a ping that may have been lost while this process was stopped; the next look sends another one. */
  forgetPing(): void {
    this.#sincePing = 0;
  }

  #showsLife(): boolean {
    const { receivedBytes = this.#received, unsentBytes } = this.#target;
    const alive = this.heard || receivedBytes > this.#received || unsentBytes < this.#unsent;
    this.heard = false;
    this.#received = receivedBytes;
    this.#unsent = unsentBytes;
    return alive;
  }

  /**
   * Judges nobody, and pings often enough for an other end that awaits an answer: it hears nothing else of us. Reading goes on once an
   * interval; it is paused again where it has to be.
   */
  #keepAlive(reading: Reading, { awaitingPingTicks, intervalTicks }: LivenessPace): void {
    this.#sincePing = 0;
    this.#silent++;
    if (this.#silent % awaitingPingTicks === 0) this.#target.ping();
    if (this.#silent < intervalTicks) return;
    this.#silent = 0;
    reading.resume();
  }
}

/** A process that was stopped for this part of an interval judges nobody for a whole one. */
const STOPPED_PART = 1 / 4;
const LEAST_STOP_MS = 100;

/** Looks after many connections with one timer, which does not keep the process alive. */
export class LivenessTimer {
  readonly #watched = new Set<Liveness>();
  readonly #pace: LivenessPace;
  readonly #stopMs: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;
  #graceTicks = 0; // during which nobody is judged

  constructor(intervalMs: number, now: () => number = Date.now) {
    this.#pace = paceOf(intervalMs);
    this.#stopMs = Math.max(LEAST_STOP_MS, intervalMs * STOPPED_PART);
    this.#now = now;
    this.#lastMs = now();
    this.#timer = setInterval(() => this.#tick(), timerMs(this.#pace.tickMs));
    this.#timer.unref();
  }

  add(liveness: Liveness): void {
    this.#watched.add(liveness);
  }

  delete(liveness: Liveness): void {
    this.#watched.delete(liveness);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = this.#now();
    const stopped = nowMs - this.#lastMs > this.#pace.tickMs + this.#stopMs;
    this.#lastMs = nowMs;
    if (stopped) this.#graceTicks = this.#pace.intervalTicks;
    else if (this.#graceTicks > 0) this.#graceTicks--;
    for (const liveness of this.#watched) {
      if (stopped) liveness.forgetPing();
      liveness.check(this.#pace, this.#graceTicks === 0);
    }
  }
}
