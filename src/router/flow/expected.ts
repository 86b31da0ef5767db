import type { Id } from "../../wire/ids.js";

/** After so many epochs an answer that has not come is a slow one. */
const SOON = 2;

/** Registrations of one callee that something is known of; beyond it, it is learned again. */
const MOST = 10_000;

/** Bytes of answers that are on their way to one caller. What does not come soon is not expected any more. */
export class ExpectedBytes {
  #epoch = 0;
  #current = 0; // counted in this epoch
  #previous = 0; // and in the one before

  total(epoch: number): number {
    this.#advance(epoch);
    return this.#current + this.#previous;
  }

  add(bytes: number, epoch: number): void {
    this.#advance(epoch);
    this.#current += bytes;
  }

  /** Takes out what was added in an epoch, unless it was forgotten meanwhile. */
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

/** What is known of the answers of one callee under one registration. */
interface Estimate {
  readonly registration: Id;
  /** About how many bytes a result takes, by those of late; unknown before the first. */
  bytes: number | undefined;
  /** The epoch of the first call that has had no answer soon, as long as no later call has. */
  awaitedSince: number | undefined;
}

/** How answers are counted, in bytes. */
export interface AnswerSizes {
  /** What an answer counts for whose size nothing is known of. */
  readonly unknown: number;
  /** Up to here an answer counts for nothing. */
  readonly negligible: number;
}

/** How large one callee's answers are and whether they come soon, by what it has answered of late. */
export class AnswerEstimates {
  readonly #byRegistration = new Map<Id, Estimate>();
  readonly #sizes: AnswerSizes;
  #last: Estimate | undefined; // mostly the next one, too

  constructor(sizes: AnswerSizes) {
    this.#sizes = sizes;
  }

  /** The bytes that the answer to a call made now is to be counted for: 0 where answers are negligible, or do not come soon. */
  expect(registration: Id, epoch: number): number {
    const estimate = this.#find(registration) ?? this.#create(registration);
    estimate.awaitedSince ??= epoch;
    if (epoch - estimate.awaitedSince >= SOON) return 0;
    const { unknown, negligible } = this.#sizes;
    if (estimate.bytes === undefined) return unknown;
    return estimate.bytes > negligible ? estimate.bytes : 0;
  }

  /** Learns from an answer to a call that was made in an epoch. */
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
