import type { Clock } from "../../session/clock.js";
import type { SentWork } from "../../transport/sent-work.js";
import type { Reading, Transport } from "../../transport/transport.js";
import { type Epochs, IDLE_TIMER } from "./epochs.js";
import { AnswerEstimates, ExpectedBytes } from "./expected.js";
import type { ReadBudget } from "./read-budget.js";

/** The part of `maxUnsentBytes` beyond which whoever makes more should wait. */
export const CONGESTED = 0.25;
/** The part of it beyond which nothing more that can be refused is given to a session. */
const FULL = 0.5;
/** The part of what is congested that may still be expected when reading goes on. */
const LITTLE = 0.5;
/** The part of what is congested that an answer of unknown size counts for. */
const UNKNOWN = 1 / 8_192;
/** The part of it up to which an answer counts for nothing: 100,000 calls, the most a session makes at once by default, then fill less. */
const NEGLIGIBLE = 1 / 131_072;
/** How long one session waits for another to read what waits for it. */
const PATIENCE_MS = 200;

/** What all sessions of a router share. */
export interface FlowSurroundings {
  readonly budget: ReadBudget;
  readonly epochs: Epochs;
  /** Runs a function once after so many milliseconds, and returns what calls it off. Default: a timer that does not keep the process alive. */
  readonly after?: Clock["after"] | undefined;
}

/** What a flow sees of what is sent to a session. */
export type Sending = Pick<Transport, "unsentBytes" | "maxUnsentBytes" | "onceDrained">;

/**
 * How one session is slowed down when it makes more work than there is room for: it is not read for a while. Once it is stopped there is
 * no second reason to stop it: what made it start again is found anew.
 */
export class SessionFlow {
  readonly estimates: AnswerEstimates;
  readonly #transport: Sending;
  readonly #reading: Reading;
  readonly #surroundings: FlowSurroundings;
  readonly #limit: number; // unsent bytes beyond which it is congested
  readonly #most: number; // and full
  readonly #expected = new ExpectedBytes();
  #wasCongested = false; // when that was looked at last
  #endedCall = false;
  #awaitsAnswers = false; // stopped until there is room for what is expected
  #isSlow = false; // at reading what waits

  constructor(transport: Sending, reading: Reading, surroundings: FlowSurroundings) {
    this.#transport = transport;
    this.#reading = reading;
    this.#surroundings = surroundings;
    this.#limit = Math.floor(transport.maxUnsentBytes * CONGESTED);
    this.#most = Math.floor(transport.maxUnsentBytes * FULL);
    this.estimates = new AnswerEstimates({
      unknown: Math.ceil(this.#limit * UNKNOWN),
      negligible: Math.floor(this.#limit * NEGLIGIBLE),
    });
  }

  get unsentBytes(): number {
    return this.#transport.unsentBytes;
  }

  /** Looks whether so much waits to be sent here that whoever makes more should wait. To be called after each message that could be refused. */
  isCongested(): boolean {
    this.#wasCongested = this.#transport.unsentBytes > this.#limit;
    return this.#wasCongested;
  }

  /** Whether so much waits to be sent here that nothing more that can be refused is added. */
  get full(): boolean {
    return this.#wasCongested && this.#transport.unsentBytes > this.#most;
  }

  get stopped(): boolean {
    return this.#reading.paused;
  }

  stop(): void {
    this.#reading.pause();
  }

  start(): void {
    this.#awaitsAnswers = false;
    this.#reading.resume();
  }

  /** What is being read here ends a call: such messages are read when all others have to wait. */
  endedCall(): void {
    this.#endedCall = true;
  }

  /** Counts what was read here, after it was handled. */
  received(bytes: number): void {
    const endedCall = this.#endedCall;
    this.#endedCall = false;
    const { budget } = this.#surroundings;
    if (budget.work.overloaded) this.#waitForCompressor(budget.work); // which takes longer than a turn
    budget.spend(this, bytes, endedCall);
  }

  /** What was handled last has given a compressor more than it keeps up with: whoever sent it waits until the compressor is done. */
  #waitForCompressor(work: SentWork): void {
    const { overloaded } = work;
    work.overloaded = undefined;
    if (!overloaded || this.stopped) return;
    this.stop();
    overloaded.onceEmpty(() => this.start());
  }

  /** Counts an answer that is on its way here. Nothing more is read here for a while when too much is. */
  expect(bytes: number, epoch: number): void {
    this.#expected.add(bytes, epoch);
    if (this.stopped || this.#transport.unsentBytes + this.#expected.total(epoch) <= this.#limit) return;
    this.stop();
    this.#awaitsAnswers = true;
    this.#surroundings.epochs.onceOver(() => this.#startWhenAnswered());
  }

  /** An answer that was counted is sent now, or does not come. */
  settle(bytes: number, when: { readonly addedIn: number; readonly epoch: number }): void {
    this.#expected.remove(bytes, when);
    if (this.#awaitsAnswers) this.#startIfAnswered(when.epoch);
  }

  /** Reads nothing more here until another has sent what waits there, or is gone, or some time has passed. */
  waitBriefly(other: SessionFlow): void {
    if (this.stopped) return;
    this.stop();
    other.#onceDrainedSoon(() => this.start());
  }

  /** Reads nothing more here until another has sent what waits there, or is gone, however long it takes. */
  waitFor(other: SessionFlow): void {
    if (this.stopped) return;
    this.stop();
    other.#transport.onceDrained(() => this.start());
  }

  /** Calls back when what waits is sent, but soon in any case, and at once where it has taken too long and is not sent yet. */
  #onceDrainedSoon(callback: () => void): void {
    if (this.#isSlow) return callback();
    const { after = IDLE_TIMER } = this.#surroundings;
    const stopTimer = after(PATIENCE_MS, () => {
      this.#isSlow = true;
      callback();
    });
    this.#transport.onceDrained(() => {
      stopTimer();
      this.#isSlow = false;
      callback();
    });
  }

  #startWhenAnswered(): void {
    if (!this.#awaitsAnswers) return;
    const { epochs } = this.#surroundings;
    if (!this.#startIfAnswered(epochs.now)) epochs.onceOver(() => this.#startWhenAnswered());
  }

  #startIfAnswered(epoch: number): boolean {
    if (this.#expected.total(epoch) > this.#limit * LITTLE) return false;
    this.#awaitsAnswers = false;
    this.#transport.onceDrained(() => this.start());
    return true;
  }
}
