import { isThenable } from "../../wire/thenable.js";

/** The number of call durations that are kept for the 99th percentile. */
const REMEMBERED = 1_000;

/** The statistics of the calls of one procedure. */
export interface CallStats {
  readonly calls: number;
  /** The number of calls that were answered with an error, including declared errors. */
  readonly errors: number;
  /** Mean duration of all calls, in milliseconds. 0 before the first call. */
  readonly meanMs: number;
  /** The 99th percentile of the durations of the last 1,000 calls, in milliseconds. 0 before the first call. */
  readonly p99Ms: number;
}

/** Counts the calls of one procedure and their durations. */
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

  /** Runs the answerer of a call, and records its end. Rethrows its exceptions and rejections. */
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
