import type { Clock } from "../../session/clock.js";
import { Fifo } from "../../transport/fifo.js";

/** The maximum number of answers checked at the same time, so that a burst of guesses is slowed by its own failures. */
const MOST_AT_ONCE = 4;
/** The number of failures without delay, for typing errors. */
const FREE_FAILURES = 5;
/** The delay between two answers after the first further failure, in milliseconds. It doubles with each further failure. */
const FIRST_GAP_MS = 100;
const LONGEST_GAP_MS = 1_000;
/** The time after which one failure is forgotten, in milliseconds, and the maximum number of failures to remember. */
const FORGET_MS = 10_000;
const MOST_FAILURES = 60;
/** The maximum time in the future of the last check, in milliseconds. Later times come from a clock that was set back. */
const MOST_AHEAD_MS = 60_000;

/** The logins with one `authid` or from one address. They are delayed only after failures. */
export class LoginLane {
  readonly #clock: Clock;
  readonly #waiting = new Fifo<{ go: (() => void) | undefined }>();
  #running = 0;
  #failures = 0;
  #failedAt = 0;
  #judgedAt = 0; // when the last delayed answer was or will be checked

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is no pending login and no remembered failure. */
  get idle(): boolean {
    return this.#running === 0 && this.#remembered() === 0;
  }

  /** Whether there is no pending login. */
  get empty(): boolean {
    return this.#running === 0;
  }

  /** Resolves with true when an answer may be checked; `leave` must follow. Resolves with false if that takes too long. */
  async enter(limitMs: number): Promise<boolean> {
    const until = this.#clock.now() + limitMs;
    if (this.#running < MOST_AT_ONCE) this.#running++;
    else if (!(await this.#turn(limitMs))) return false;
    const now = this.#clock.now();
    const waitMs = this.#waitFrom(now);
    if (waitMs > until - now) {
      this.leave(false);
      return false;
    }
    this.#judgedAt = now + waitMs; // only for checked answers; a flood would postpone it forever
    if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve));
    return true;
  }

  leave(failed: boolean): void {
    if (failed) {
      this.#failures = Math.min(this.#remembered() + 1, MOST_FAILURES);
      this.#failedAt = this.#clock.now();
    }
    for (let next = this.#waiting.take(); next; next = this.#waiting.take()) {
      if (next.go) return next.go(); // takes over this slot
    }
    this.#running--;
  }

  #turn(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const entry = {
        go: (() => {
          stopTimer();
          resolve(true);
        }) as (() => void) | undefined,
      };
      const stopTimer = this.#clock.after(limitMs, () => {
        entry.go = undefined;
        resolve(false);
      });
      this.#waiting.add(entry);
    });
  }

  /** Returns the delay of an answer that arrives now, in milliseconds. */
  #waitFrom(now: number): number {
    const beyond = this.#remembered() - FREE_FAILURES;
    if (beyond < 0) return 0;
    const gap = Math.min(FIRST_GAP_MS * 2 ** beyond, LONGEST_GAP_MS);
    const waitMs = Math.max(0, this.#judgedAt + gap - now);
    return waitMs > MOST_AHEAD_MS ? gap : waitMs;
  }

  #remembered(): number {
    const sinceMs = Math.max(0, this.#clock.now() - this.#failedAt); // the clock may have been set back
    return Math.max(0, this.#failures - Math.floor(sinceMs / FORGET_MS));
  }
}
