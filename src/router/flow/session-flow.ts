import type { Clock } from "../../session/clock.js";
import type { SentWork } from "../../transport/sent-work.js";
import type { Reading, Transport } from "../../transport/transport.js";
import { type Epochs, IDLE_TIMER } from "./epochs.js";
import { AnswerEstimates, ExpectedBytes } from "./expected.js";
import type { ReadBudget } from "./read-budget.js";

/** The fraction of `maxUnsentBytes` beyond which senders to the session should wait. */
export const CONGESTED = 0.25;
/** The fraction of `maxUnsentBytes` beyond which refusable messages to the session are refused. */
const FULL = 0.5;
/** The fraction of the congestion limit that may still be expected when reading resumes. */
const LITTLE = 0.5;
/** The fraction of the congestion limit that is assumed for an answer of unknown size. */
const UNKNOWN = 1 / 8_192;
/**
 * The fraction of the congestion limit up to which an answer is not counted. 100,000 calls, the default maximum of a
 * session, then use less than the limit.
 */
const NEGLIGIBLE = 1 / 131_072;
/** The maximum time that one session waits for another to read, in milliseconds. */
const PATIENCE_MS = 200;

/** The shared parts of all sessions of a router. */
export interface FlowSurroundings {
  readonly budget: ReadBudget;
  readonly epochs: Epochs;
  /**
   * Runs a function once after a delay and returns a function that cancels it. Default: a timer that does not keep the
   * process alive.
   */
  readonly after?: Clock["after"] | undefined;
}

/** The part of a transport that a flow needs. */
export type Sending = Pick<Transport, "unsentBytes" | "maxUnsentBytes" | "onceDrained">;

/**
 * Slows down one session that causes too much work by pausing its reading. A paused session is not paused for a second reason; the
 * reasons are checked again when it resumes.
 */
export class SessionFlow {
  readonly estimates: AnswerEstimates;
  /** The size of all handled messages from this session, in bytes. */
  receivedBytes = 0;
  readonly #transport: Sending;
  readonly #reading: Reading;
  readonly #surroundings: FlowSurroundings;
  readonly #limit: number; // unsent bytes beyond which the session is congested
  readonly #most: number; // and beyond which it is full
  readonly #expected = new ExpectedBytes();
  #wasCongested = false; // at the last check
  #endedCall = false;
  #awaitsAnswers = false; // paused until there is room for the expected answers
  #isSlow = false; // at reading

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

  /** Returns whether so much is unsent that senders should wait. Must be called after each refusable message. */
  isCongested(): boolean {
    this.#wasCongested = this.#transport.unsentBytes > this.#limit;
    return this.#wasCongested;
  }

  /** Whether so much is unsent that refusable messages are refused. */
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

  /** The current message ends a call. Such messages are read when others must wait. */
  endedCall(): void {
    this.#endedCall = true;
  }

  /** Counts a handled message from this session. */
  received(bytes: number): void {
    const endedCall = this.#endedCall;
    this.#endedCall = false;
    this.receivedBytes += bytes;
    const { budget } = this.#surroundings;
    if (budget.work.overloaded) this.#waitForCompressor(budget.work); // takes longer than a turn
    budget.spend(this, bytes, endedCall);
  }

  /** Pauses the session if its last message has overloaded a compressor, until the compressor is done. */
  #waitForCompressor(work: SentWork): void {
    const { overloaded } = work;
    work.overloaded = undefined;
    if (!overloaded || this.stopped) return;
    this.stop();
    overloaded.onceEmpty(() => this.start());
  }

  /** Counts an expected answer. Pauses the session if too much is expected. */
  expect(bytes: number, epoch: number): void {
    this.#expected.add(bytes, epoch);
    if (this.stopped || this.#transport.unsentBytes + this.#expected.total(epoch) <= this.#limit) return;
    this.stop();
    this.#awaitsAnswers = true;
    this.#surroundings.epochs.onceOver(() => this.#startWhenAnswered());
  }

  /** Uncounts an expected answer that has been sent or will not arrive. */
  settle(bytes: number, when: { readonly addedIn: number; readonly epoch: number }): void {
    this.#expected.remove(bytes, when);
    if (this.#awaitsAnswers) this.#startIfAnswered(when.epoch);
  }

  /** Pauses until another session has read its data, is gone, or some time has passed. */
  waitBriefly(other: SessionFlow): void {
    if (this.stopped) return;
    this.stop();
    other.#onceDrainedSoon(() => this.start());
  }

  /** Pauses until another session has read its data or is gone, without time limit. */
  waitFor(other: SessionFlow): void {
    if (this.stopped) return;
    this.stop();
    other.#transport.onceDrained(() => this.start());
  }

  /**
   * Calls back when the unsent data is sent, but after a limited time. Calls back at once while earlier data has exceeded
   * that time.
   */
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
