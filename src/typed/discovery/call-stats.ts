import { isThenable } from "../../wire/thenable.js";

/** Calls of which the durations are remembered, for the 99th percentile. */
const REMEMBERED = 1_000;

/** What has become of the calls of one procedure. */
export interface CallStats {
  readonly calls: number;
  /** Of these, how many were answered with an error, declared ones included. */
  readonly errors: number;
  /** Mean duration of all calls, in milliseconds; 0 before the first. */
  readonly meanMs: number;
  /** So long the slowest hundredth of the last 1,000 calls took at least, in milliseconds; 0 before the first. */
  readonly p99Ms: number;
}

/** Counts the calls of one procedure and how long they take. */
export class CallRecorder {
  readonly #durations = new Float64Array(REMEMBERED);
  #calls = 0;
  #errors = 0;
  #totalMs = 0;

  get stats(): CallStats {
    const durations = this.#durations.slice(0, Math.min(this.#calls, REMEMBERED)).sort();
    return {
      calls: this.#calls,
      errors: this.#errors,
      meanMs: this.#calls === 0 ? 0 : this.#totalMs / this.#calls,
      p99Ms: durations[Math.ceil(durations.length * 0.99) - 1] ?? 0,
    };
  }

  /** Runs what answers a call, and records when it is done. What it throws or rejects with is thrown on. */
  record(answer: () => unknown): unknown {
    const startMs = performance.now();
    let answered: unknown;
    try {
      answered = answer();
    } catch (error) {
      this.#add(startMs, true);
      throw error;
    }
    if (!isThenable(answered)) {
      this.#add(startMs, false);
      return answered;
    }
    return Promise.resolve(answered).then(
      (value) => {
        this.#add(startMs, false);
        return value;
      },
      (error: unknown) => {
        this.#add(startMs, true);
        throw error;
      },
    );
  }

  #add(startMs: number, failed: boolean): void {
    const durationMs = performance.now() - startMs;
    this.#durations[this.#calls % REMEMBERED] = durationMs;
    this.#calls++;
    this.#totalMs += durationMs;
    if (failed) this.#errors++;
  }
}
