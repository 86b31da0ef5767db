import { timerMs } from "./timer.js";
import type { Reading } from "./transport.js";

/** A connection that is checked for liveness. */
export interface LivenessTarget {
  /** While reading is paused by this side, silence means nothing. */
  readonly reading?: Reading;
  /** The number of bytes not sent yet. A decrease is a sign of life. */
  readonly unsentBytes: number;
  /** The number of bytes received, if the connection counts them. An increase is a sign of life. */
  readonly receivedBytes?: number | undefined;
  /** Whether the other side owes an answer. Silence is then detected sooner, unless bytes are unsent. Default: false. */
  readonly awaitsAnswer?: boolean;
  /**
   * Whether the other side answers pings. If not, it is checked only while bytes are unsent: it is dead if none of them are sent
   * for two intervals. Default: true.
   */
  readonly answersPings?: boolean;
  ping(): void;
  /** Called when the other side owes an answer and shows no sign of life, and when it shows one again. */
  frozen?(isFrozen: boolean): void;
  /** Cuts the connection. `reason` is for this side. */
  cut(reason: string, cause: "dead"): void;
}

/** The maximum time between two checks of a connection, in milliseconds. */
const TICK_MS = 500;
/** While an answer is awaited: the silence before a ping, and the silence after it, in milliseconds. */
const AWAITING_PING_MS = 1_000;
const AWAITING_CUT_MS = 2_500;
/** The fraction of `AWAITING_CUT_MS` after which the other side counts as frozen: 2 s. */
const FROZEN_PART = 4 / 5;

/** The timing of the checks, in ticks. If the process is blocked, the whole time counts as one tick. */
export interface LivenessPace {
  readonly tickMs: number;
  readonly intervalTicks: number;
  readonly awaitingPingTicks: number;
  readonly frozenTicks: number;
  readonly awaitingCutTicks: number;
}

/** Returns the timing that detects a dead connection within two intervals, and within 5 s while an answer is awaited. */
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
 * Detects whether the other side of one connection is alive. Received and sent bytes are signs of life. After an interval of
 * silence it is pinged. When the next ping is due and the first is unanswered, the connection is cut. A side that owes an answer
 * is pinged and cut sooner, and is reported as frozen before it is cut.
 */
export class Liveness {
  /** Whether data arrived since the last check. Set by the reader. */
  heard = true;
  readonly #target: LivenessTarget;
  #received = 0;
  #unsent = 0;
  #silent = 0; // ticks since the last sign of life
  #sincePing = 0; // ticks since the unanswered ping, from 1; 0 if there is none
  #owing = 0; // consecutive ticks with an answer owed and no sign of life
  #frozen = false;

  constructor(target: LivenessTarget) {
    this.#target = target;
  }

  /** Checks the connection, and pings or cuts it if due. Called once per tick. `judges` is false if it must not be cut. */
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
    this.#target.cut(`the peer is dead: it does not ${answersPings === false ? "read" : "answer pings"}`, "dead");
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

  /** Forgets a ping that may have been lost while this process was stopped. The next check sends another one. */
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
   * Cuts nobody, and pings often enough for another side that awaits an answer and receives nothing else. Reading resumes once
   * per interval and is paused again if necessary.
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

/** If the process was stopped for this fraction of an interval, no connection is cut for a whole interval. */
const STOPPED_PART = 1 / 4;
const LEAST_STOP_MS = 100;

/** Checks many connections with one timer, which does not keep the process alive. */
export class LivenessTimer {
  readonly #watched = new Set<Liveness>();
  readonly #pace: LivenessPace;
  readonly #stopMs: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;
  #graceTicks = 0; // ticks during which no connection is cut

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
