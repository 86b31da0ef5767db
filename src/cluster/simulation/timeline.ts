/** The clock of processes and networks. */
export interface Time {
  readonly nowMs: number;
  /** Runs a function at a future moment. Functions of the same moment run in order. Returns a function that cancels it. */
  at(atMs: number, run: () => void): () => void;
}

/** An event at a moment of simulated time. */
interface Happening {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined; // `undefined`: canceled
}

/**
 * Simulated time. Runs the events in order, each with all the promises that it settles, without real waiting. The event loop gets
 * no turn meanwhile, so that no system timer can interfere.
 */
export class Timeline implements Time {
  #nowMs: number;
  #order = 0;
  readonly #heap: Happening[] = [];

  constructor({ startMs }: { readonly startMs: number }) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs a function after a delay in milliseconds. Returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void {
    return this.at(this.#nowMs + Math.max(0, delayMs), run);
  }

  at(atMs: number, run: () => void): () => void {
    const happening: Happening = { atMs, order: this.#order++, run };
    this.#push(happening);
    return () => {
      happening.run = undefined;
    };
  }

  /** Runs everything within a span of milliseconds. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (!next.run) continue;
      this.#nowMs = next.atMs;
      next.run();
      await promisesSettled();
    }
    this.#nowMs = untilMs;
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(happening);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(happening, heap[parent] as Happening)) break;
      heap[at] = heap[parent] as Happening;
      at = parent;
    }
    heap[at] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Happening;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Happening, heap[child] as Happening)) child++;
      if (!isBefore(heap[child] as Happening, last)) break;
      heap[at] = heap[child] as Happening;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Resolves when no promise is left to continue: Node runs `nextTick` callbacks then. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
