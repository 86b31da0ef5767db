/** Whatever is read within a budget. */
export interface BudgetedReader {
  readonly stopped: boolean;
  stop(): void;
  start(): void;
}

/** Messages and kilobytes, taken together, after which requests wait for the next turn of the event loop. */
const TURN = 4_096;
/** Up to here it does not matter where a turn ends, and asking costs more than it is worth. */
const WATCHED = 256;
/** How many connections that wait are read again in one turn. */
const CONNECTIONS = 4;
/** So many calls ended in a turn say that more answers are there to be read first. */
const MANY_ANSWERS = 256;

/**
 * Keeps turns short under a flood. Once a turn has read much, connections that bring requests wait, and are read again a few at a
 * time, in order. Answers come first: who brings them is read on, and nobody else again while they come in numbers. Since each ends a
 * call, that is soon over; without it many callers would be read for each time that the callee of all of them is, and calls pile up.
 */
export class ReadBudget {
  #spent = 0;
  #endedCalls = 0;
  #scheduled = false;
  readonly #waiting: BudgetedReader[] = [];

  spend(reader: BudgetedReader, cost: number, endedCall: boolean): void {
    this.#spent += cost;
    if (this.#spent > WATCHED && !this.#scheduled) this.#schedule();
    if (endedCall) {
      this.#endedCalls++;
      return;
    }
    if (this.#spent < TURN || reader.stopped) return;
    reader.stop();
    this.#waiting.push(reader);
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => {
      const again = this.#endedCalls < MANY_ANSWERS ? this.#waiting.splice(0, CONNECTIONS) : [];
      this.#scheduled = false;
      this.#spent = 0;
      this.#endedCalls = 0;
      for (const reader of again) reader.start();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
