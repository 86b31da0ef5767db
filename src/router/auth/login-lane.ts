import type { Clock } from "../../session/clock.js";
import { Fifo } from "../../transport/fifo.js";

/** Answers judged at once, so that a burst of guesses learns from its own failures. */
const MOST_AT_ONCE = 4;
/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 5;
/** The pause between two answers after the first failure beyond those; doubled for each further one. */
const FIRST_GAP_MS = 100;
const LONGEST_GAP_MS = 1_000;
/** How long it takes for one failure to be forgotten, and how many are remembered. */
const FORGET_MS = 10_000;
const MOST_FAILURES = 60;
/** Answers are judged at most this much later, since none waits longer. What lies further ahead is of a clock that was set back. */
const MOST_AHEAD_MS = 60_000;

/** The logins under one `authid`, or from one address: as fast as they come while they succeed, and slow once they fail. */
export class LoginLane {
  readonly #clock: Clock;
  readonly #waiting = new Fifo<{ go: (() => void) | undefined }>();
  #running = 0;
  #failures = 0;
  #failedAt = 0;
  #judgedAt = 0; // when the last slowed answer was, or will be

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it has nothing to remember. */
  get idle(): boolean {
    return this.#running === 0 && this.#remembered() === 0;
  }

  /** Whether nobody is in it. */
  get empty(): boolean {
    return this.#running === 0;
  }

  /** Resolves with true when an answer may be judged; `leave` must follow. With false when that takes too long. */
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
    this.#judgedAt = now + waitMs; // only of those that are judged: a flood would move it on and on
    if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve));
    return true;
  }

  leave(failed: boolean): void {
    if (failed) {
      this.#failures = Math.min(this.#remembered() + 1, MOST_FAILURES);
      this.#failedAt = this.#clock.now();
    }
    for (let next = this.#waiting.take(); next; next = this.#waiting.take()) {
      if (next.go) return next.go(); // takes this place over
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

  /** How long an answer that comes now has to wait. */
  #waitFrom(now: number): number {
    const beyond = this.#remembered() - FREE_FAILURES;
    if (beyond < 0) return 0;
    const gap = Math.min(FIRST_GAP_MS * 2 ** beyond, LONGEST_GAP_MS);
    const waitMs = Math.max(0, this.#judgedAt + gap - now);
    return waitMs > MOST_AHEAD_MS ? gap : waitMs;
  }

  #remembered(): number {
    const sinceMs = Math.max(0, this.#clock.now() - this.#failedAt); // the clock may be set back
    return Math.max(0, this.#failures - Math.floor(sinceMs / FORGET_MS));
  }
}
