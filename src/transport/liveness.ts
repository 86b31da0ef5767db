import { timerMs } from "./timer.js";
import type { Reading } from "./transport.js";

/** A connection whose peer is asked for a sign of life. */
export interface LivenessTarget {
  /** Where it is paused, nothing is read for reasons of our own, and silence says nothing. */
  readonly reading?: Reading;
  ping(): void;
  /** Cuts the connection, with the reason for our own side. */
  cut(reason: string): void;
}

/** Whether the peer of one connection is alive: anything that comes is a sign of life, and silence from one ping to the next is none. */
export class Liveness {
  /** Something came since the last ping. Set by whoever reads. */
  heard = true;
  readonly #target: LivenessTarget;

  constructor(target: LivenessTarget) {
    this.#target = target;
  }

  /** Pings, or cuts the connection when nothing has come since the last ping. Called once each interval. */
  check(): void {
    const target = this.#target;
    if (target.reading?.paused) return target.reading.resume(); // judged next time; it is paused again where it has to be
    if (!this.heard) return target.cut("the peer is dead: it answers no ping");
    this.heard = false;
    target.ping();
  }
}

/** Checks many connections with one timer, which does not keep the process alive. */
export class LivenessTimer {
  readonly #watched = new Set<Liveness>();
  readonly #timer: NodeJS.Timeout;

  constructor(intervalMs: number) {
    this.#timer = setInterval(() => {
      for (const liveness of this.#watched) liveness.check();
    }, timerMs(intervalMs));
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
}
