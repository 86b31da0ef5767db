import type { SentWork } from "../../transport/sent-work.js";

/** A reader that is subject to the budget. */
export interface BudgetedReader {
  readonly stopped: boolean;
  stop(): void;
  start(): void;
}

/** The cost of a message besides its bytes, expressed in bytes. */
const MESSAGE_BYTES = 1_024;
/** The cost of read messages after which requests wait for the next turn of the event loop. */
const TURN = 4_096 * 1_024;
/** The time after which requests, and also answers, wait for the next turn, in milliseconds. */
const TURN_MS = { requests: 10, answers: 25 };
/** The cost of read or sent messages after which the clock is checked, since checking it each time is expensive. */
const LOOK_AFTER = 64 * 1_024;
/** This cost between two checks ends a turn regardless of the clock. */
const LONG = 1_024 * 1_024;
/** The maximum number of waiting connections that are read again in one turn. */
const CONNECTIONS = 4;
/** This number of calls ended in a turn means that more answers should be read first. */
const MANY_ANSWERS = 256;

/**
 * Keeps turns short under load. After a turn has read much or taken long, connections with requests wait, and are read again in
 * order, a few at a time. Answers have priority: connections that bring answers are read, and no others while there are many
 * answers. Each answer ends a call, so that soon ends. Otherwise many callers would be read for each read of their common callee,
 * and calls would pile up.
 */
export class ReadBudget {
  /** The work of sending that read messages cause, as differences of its total. */
  readonly work: SentWork;
  #spent = 0;
  #unclocked = 0; // the cost since the last check of the clock
  #seenWork = 0;
  #startedAt = 0; // when this turn was first checked
  #over: "nobody" | "requests" | "all" = "nobody"; // who waits because this turn has taken long
  #endedCalls = 0;
  #scheduled = false;
  readonly #waiting: BudgetedReader[] = [];
  #answering: BudgetedReader[] = []; // waiting readers with answers

  constructor(work: SentWork) {
    this.work = work;
  }

  /** Counts a handled message. Its reader may have to wait. */
  spend(reader: BudgetedReader, bytes: number, endedCall: boolean): void {
    const { total } = this.work;
    const cost = MESSAGE_BYTES + bytes;
    this.#spent += cost;
    this.#unclocked += cost + ((total - this.#seenWork) | 0);
    this.#seenWork = total;
    if (this.#unclocked > LOOK_AFTER) this.#look();
    if (endedCall) this.#endedCalls++;
    if (!this.#isOver(endedCall) || reader.stopped) return;
    reader.stop();
    (endedCall ? this.#answering : this.#waiting).push(reader);
  }

  #isOver(forAnswers: boolean): boolean {
    if (forAnswers) return this.#over === "all";
    return this.#over !== "nobody" || this.#spent >= TURN;
  }

  #look(): void {
    const isLong = this.#unclocked > LONG;
    this.#unclocked = 0;
    if (!this.#scheduled) this.#schedule();
    const takenMs = performance.now() - this.#startedAt;
    if (takenMs > TURN_MS.answers) this.#over = "all";
    else if (isLong || takenMs > TURN_MS.requests) this.#over = "requests";
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#startedAt = performance.now();
    setImmediate(() => this.#begin());
  }

  /** Starts the next turn. */
  #begin(): void {
    const answering = this.#answering;
    const requesting = this.#endedCalls < MANY_ANSWERS ? this.#waiting.splice(0, CONNECTIONS) : [];
    this.#answering = [];
    this.#scheduled = false;
    this.#spent = 0;
    this.#unclocked = 0;
    this.#over = "nobody";
    this.#endedCalls = 0;
    for (const reader of answering) reader.start();
    for (const reader of requesting) reader.start();
    if (this.#waiting.length > 0) this.#schedule();
  }
}
