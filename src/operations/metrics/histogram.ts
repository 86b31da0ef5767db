import type { Exposition, Labels } from "./exposition.js";

/** Counts durations by upper bounds, without allocations. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array; // one per bound, and one for values beyond
  #sum = 0;

  /** `bounds` are upper bounds in seconds, in ascending order. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a duration `weight` times. */
  add(seconds: number, weight: number = 1): void {
    let index = 0;
    while (index < this.#bounds.length && seconds > (this.#bounds[index] as number)) index++;
    (this.#counts[index] as number) += weight;
    this.#sum += seconds * weight;
  }

  /** Writes the samples of a histogram. */
  write(out: Exposition, name: string, labels: Labels): void {
    let total = 0;
    for (const [index, bound] of [...this.#bounds, Number.POSITIVE_INFINITY].entries()) {
      total += this.#counts[index] as number;
      out.sample(
        `${name}_bucket`,
        { ...labels, le: bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound) },
        total,
      );
    }
    out.sample(`${name}_sum`, labels, this.#sum);
    out.sample(`${name}_count`, labels, total);
  }
}
