import { Fifo } from "../../transport/fifo.js";

/** Hashes computed at once: Node's pool has four threads, which files and names need, too. */
const MOST_AT_ONCE = 2;
/** Logins that wait for their turn. */
const MOST_WAITING = 256;

/** Does the costly work of logins, a little at a time, so that a flood of them starves nothing else. */
export class WorkQueue {
  readonly #waiting = new Fifo<() => void>();
  #waits = 0;
  #running = 0;

  /** Whether another login would wait for too long. */
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
        next(); // takes this place over
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
