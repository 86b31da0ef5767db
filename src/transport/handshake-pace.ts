/** A second's worth of handshakes may come at once. */
const BURST_MS = 1_000;
/** The longest wait of a handshake: clients give up, too. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Lets handshakes be answered at a pace, so that clients which come back together do not hold up those that are there. In order: each waits
 * for its turn, but not for long.
 */
export class HandshakePace {
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #waiting = new Map<() => void, NodeJS.Timeout>();
  #dueMs = Number.NEGATIVE_INFINITY; // when the next one may be answered

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#intervalMs = 1_000 / perSecond;
    this.#now = now;
  }

  /** How many handshakes wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls back when a handshake may be answered: at once where few have come. `answer` must not throw. */
  admit(answer: () => void): void {
    const nowMs = this.#now();
    const dueMs = Math.max(this.#dueMs, nowMs - BURST_MS + this.#intervalMs);
    this.#dueMs = Math.min(dueMs + this.#intervalMs, nowMs + LONGEST_WAIT_MS);
    const waitMs = dueMs - nowMs;
    if (waitMs <= 0) return answer();
    const run = () => {
      this.#waiting.delete(answer);
      answer();
    };
    this.#waiting.set(answer, setTimeout(run, waitMs));
  }

  /** Lets all that wait be answered now. */
  flush(): void {
    for (const [answer, timer] of this.#waiting) {
      clearTimeout(timer);
      this.#waiting.delete(answer);
      answer();
    }
  }
}
