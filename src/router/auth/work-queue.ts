import { Fifo } from "../../transport/fifo.js";

/** The maximum number of concurrent hashes. Node's thread pool has four threads, which files and DNS also need. */
const MOST_AT_ONCE = 2;
/** The maximum number of waiting logins. */
const MOST_WAITING = 256;

/** Limits the concurrent work of logins, so that a flood of them does not starve other work. */
export class WorkQueue {
  readonly #waiting = new Fifo<() => void>();
  #waits = 0;
  #running = 0;

  /** Whether another login would wait too long. */
  get full(): boolean {
    return this.#waits >= MOST_WAITING;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MOST_AT_ONCE) await this.#turn();
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.take();
      if (next)
        next(); // takes over this slot
      else this.#running--;
    }
  }

  #turn(): Promise<void> {
    this.#waits++;
    return new Promise((resolve) =>
      this.#waiting.add(() => {
        this.#waits--;
        resolve();
      }),
    );
  }
}
