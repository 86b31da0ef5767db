import type { SentWork } from "../../transport/sent-work.js";

/** Whatever is read within a budget. */
export interface BudgetedReader {
  readonly stopped: boolean;
  stop(): void;
  start(): void;
}

/** What a message costs beside its bytes, in bytes that cost as much. */
const MESSAGE_BYTES = 1_024;
/** Bytes and messages read, taken together, after which requests wait for the next turn of the event loop. */
const TURN = 4_096 * 1_024;
/** Milliseconds after which requests wait for the next turn, and answers too. */
const TURN_MS = { requests: 10, answers: 25 };
/** As much, read or sent, after which the clock is looked at: asking it each time costs more than it is worth. */
const LOOK_AFTER = 64 * 1_024;
/** As much between two looks ends a turn, whatever the clock says. */
const LONG = 1_024 * 1_024;
/** How many connections that wait are read again in one turn. */
const CONNECTIONS = 4;
/** So many calls ended in a turn say that more answers are there to be read first. */
const MANY_ANSWERS = 256;

/**
 * Keeps turns short under a flood. Once a turn has read much or taken long, connections that bring requests wait, and are read again a few at a
 * time, in order. Answers come first: who brings them is read on, and nobody else again while they come in numbers. Since each ends a
 * call, that is soon over; without it many callers would be read for each time that the callee of all of them is, and calls pile up.
 */
export class ReadBudget {
  /** What the messages that are read cause to be sent, by how its total rises. */
  readonly work: SentWork;
  #spent = 0;
  #unclocked = 0; // what was read and sent since the last look at the clock
  #seenWork = 0;
  #startedAt = 0; // when this turn was first looked at
  #over: "nobody" | "requests" | "all" = "nobody"; // who waits, because this turn has taken long
  #endedCalls = 0;
  #scheduled = false;
  readonly #waiting: BudgetedReader[] = [];
  #answering: BudgetedReader[] = []; // those that wait and bring answers

  constructor(work: SentWork) {
    this.work = work;
  }

  /** Counts a message of so many bytes that was handled; the reader that brought it may have to wait. */
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

  /** Begins the next turn. */
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
