import type { Id } from "../../wire/ids.js";

/** The number of epochs after which a missing answer is slow. */
const SOON = 2;

/** The maximum number of registrations with statistics per callee. */
const MOST = 10_000;

/** The expected bytes of answers to one caller. Answers that do not arrive soon are no longer expected. */
export class ExpectedBytes {
  #epoch = 0;
  #current = 0; // added in this epoch
  #previous = 0; // added in the previous epoch

  total(epoch: number): number {
    this.#advance(epoch);
    return this.#current + this.#previous;
  }

  add(bytes: number, epoch: number): void {
    this.#advance(epoch);
    this.#current += bytes;
  }

  /** Removes bytes that were added in an epoch, unless they are already forgotten. */
  remove(bytes: number, { addedIn, epoch }: { readonly addedIn: number; readonly epoch: number }): void {
    this.#advance(epoch);
    if (addedIn === epoch) this.#current -= bytes;
    else if (addedIn === epoch - 1) this.#previous -= bytes;
  }

  #advance(epoch: number): void {
    if (epoch === this.#epoch) return;
    this.#previous = epoch === this.#epoch + 1 ? this.#current : 0;
    this.#current = 0;
    this.#epoch = epoch;
  }
}

/** The statistics of one callee's answers under one registration. */
interface Estimate {
  readonly registration: Id;
  /** The approximate size of recent results in bytes; `undefined` before the first. */
  bytes: number | undefined;
  /** The epoch of the first call without a timely answer, until a later call has one. */
  awaitedSince: number | undefined;
}

/** How the bytes of answers are counted. */
export interface AnswerSizes {
  /** The assumed size of an answer without statistics. */
  readonly unknown: number;
  /** Answers up to this size are not counted. */
  readonly negligible: number;
}

/** Estimates the size of one callee's answers, and whether they arrive soon, from recent answers. */
export class AnswerEstimates {
  readonly #byRegistration = new Map<Id, Estimate>();
  readonly #sizes: AnswerSizes;
  #last: Estimate | undefined; // usually also the next one

  constructor(sizes: AnswerSizes) {
    this.#sizes = sizes;
  }

  /** Returns the expected bytes of the answer to a new call; 0 if answers are negligible or do not arrive soon. */
  expect(registration: Id, epoch: number): number {
    const estimate = this.#find(registration) ?? this.#create(registration);
    estimate.awaitedSince ??= epoch;
    if (epoch - estimate.awaitedSince >= SOON) return 0;
    const { unknown, negligible } = this.#sizes;
    if (estimate.bytes === undefined) return unknown;
    return estimate.bytes > negligible ? estimate.bytes : 0;
  }

  /** Updates the statistics with an answer to a call from an epoch. */
  learn(registration: Id, bytes: number, { madeIn, epoch }: { readonly madeIn: number; readonly epoch: number }): void {
    const estimate = this.#find(registration);
    if (!estimate) return;
    estimate.bytes = estimate.bytes === undefined ? bytes : estimate.bytes + ((bytes - estimate.bytes) >> 3);
    if (epoch - madeIn < SOON) estimate.awaitedSince = undefined;
  }

  #find(registration: Id): Estimate | undefined {
    if (this.#last?.registration === registration) return this.#last;
    this.#last = this.#byRegistration.get(registration);
    return this.#last;
  }

  #create(registration: Id): Estimate {
    const estimate: Estimate = { registration, bytes: undefined, awaitedSince: undefined };
    if (this.#byRegistration.size >= MOST) this.#byRegistration.clear();
    this.#byRegistration.set(registration, estimate);
    return estimate;
  }
}
