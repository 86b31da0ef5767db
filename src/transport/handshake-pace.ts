/** The burst size, as a time: the handshakes of one second may be answered at once. */
const BURST_MS = 1_000;
/** The maximum delay of a handshake, in milliseconds, because clients time out. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Limits the rate of handshakes, so that reconnecting clients do not slow down connected ones. Handshakes are answered in order,
 * after a bounded delay.
 */
export class HandshakePace {
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #waiting = new Map<() => void, NodeJS.Timeout>();
  #dueMs = Number.NEGATIVE_INFINITY; // when the next handshake may be answered

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#intervalMs = 1_000 / perSecond;
    this.#now = now;
  }

  /** The number of delayed handshakes. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `answer` when the handshake may be answered, at once if the rate is low. `answer` must not throw. */
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

  /** Answers all delayed handshakes now. */
  flush(): void {
    for (const [answer, timer] of this.#waiting) {
      clearTimeout(timer);
      this.#waiting.delete(answer);
      answer();
    }
  }
}
