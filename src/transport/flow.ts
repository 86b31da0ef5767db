import type { Flow } from "./transport.js";

/** What waits to be sent on a connection. */
export interface Output {
  readonly unsentBytes: number;
  /** Calls back, once, when all of it is sent, or the connection is gone: at once where that is so. */
  onceDrained(callback: () => void): void;
}

/** What a connection's flow needs to know. */
export interface FlowOptions {
  /** What reading is stopped and started at: the connection, or the WebSocket on it. */
  readonly input: { pause(): unknown; resume(): unknown };
  readonly output: Output;
  /** Unsent bytes beyond which the connection is cut. */
  readonly maxUnsentBytes: number;
  readonly budget: ReadBudget;
}

/** The part of `maxUnsentBytes` beyond which whoever makes more should wait. */
const CONGESTED = 0.25;
/** The part of that which may still be expected when reading goes on. */
const LITTLE = 0.5;
/** The part of it that an answer of unknown size is counted for. */
const UNKNOWN = 1 / 256;
/** How long a callee waits for a caller to read what waits. */
const PATIENCE_MS = 200;
/** When none of the answers that are expected comes for so long, they are slow ones, and not expected any more. */
const SLOW_ANSWER_MS = 50;

/** The flow of one connection. Once it has stopped there is no second reason to: what made it start again is found anew. */
export class ConnectionFlow implements Flow {
  readonly #options: FlowOptions;
  readonly #limit: number;
  #stopped = false;
  #endedCall = false;
  #expectedBytes = 0;
  #slow = false; // at reading what waits
  #watch: NodeJS.Timeout | undefined; // while stopped for what is expected

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#limit = Math.floor(options.maxUnsentBytes * CONGESTED);
  }

  get congested(): boolean {
    return this.#options.output.unsentBytes > this.#limit;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  endedCall(): void {
    this.#endedCall = true;
  }

  /** To be told of each message, after it was handled. */
  received(bytes: number): void {
    const endedCall = this.#endedCall;
    this.#endedCall = false;
    this.#options.budget.spend(this, 1 + bytes / 1_024, endedCall);
  }

  expect(bytes: number | undefined): number {
    const counted = bytes ?? Math.ceil(this.#limit * UNKNOWN);
    this.#expectedBytes += counted;
    if (this.#stopped || this.#options.output.unsentBytes + this.#expectedBytes <= this.#limit) return counted;
    this.stop();
    this.#watchAnswers();
    return counted;
  }

  settle(counted: number): void {
    this.#expectedBytes = Math.max(0, this.#expectedBytes - counted);
    if (this.#watch !== undefined) this.#startWhenAnswered();
  }

  waitFor(other: Flow): void {
    if (this.#stopped) return;
    this.stop();
    other.onceDrained(() => this.start());
  }

  waitBriefly(other: Flow): void {
    if (this.#stopped) return;
    this.stop();
    other.onceDrainedSoon(() => this.start());
  }

  onceDrainedSoon(callback: () => void): void {
    if (this.#slow) return callback();
    const patience = setTimeout(() => {
      this.#slow = true;
      callback();
    }, PATIENCE_MS);
    this.onceDrained(() => {
      clearTimeout(patience);
      this.#slow = false;
      callback();
    });
  }

  onceDrained(callback: () => void): void {
    this.#options.output.onceDrained(callback);
  }

  stop(): void {
    this.#stopped = true;
    this.#options.input.pause();
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#stopWatch();
    this.#options.input.resume();
  }

  #watchAnswers(): void {
    const before = this.#expectedBytes;
    this.#watch = setTimeout(() => {
      if (this.#expectedBytes === before) this.#expectedBytes = 0;
      else this.#watchAnswers();
      this.#startWhenAnswered();
    }, SLOW_ANSWER_MS);
  }

  #startWhenAnswered(): void {
    if (this.#expectedBytes > this.#limit * LITTLE) return;
    this.#stopWatch();
    this.onceDrained(() => this.start());
  }

  #stopWatch(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
  }
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
  readonly #waiting: ConnectionFlow[] = [];

  spend(flow: ConnectionFlow, cost: number, endedCall: boolean): void {
    this.#spent += cost;
    if (this.#spent > WATCHED && !this.#scheduled) this.#schedule();
    if (endedCall) {
      this.#endedCalls++;
      return;
    }
    if (this.#spent < TURN || flow.stopped) return;
    flow.stop();
    this.#waiting.push(flow);
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => {
      const again = this.#endedCalls < MANY_ANSWERS ? this.#waiting.splice(0, CONNECTIONS) : [];
      this.#scheduled = false;
      this.#spent = 0;
      this.#endedCalls = 0;
      for (const flow of again) flow.start();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
