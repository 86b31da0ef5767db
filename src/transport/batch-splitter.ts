import type { ProtocolViolation } from "../wire/error.js";
import { type BatchDelimiter, BatchReader } from "./batch-reader.js";
import type { Reading } from "./transport.js";

/** What takes the messages of batches. */
export interface BatchTarget {
  receive(message: string | Uint8Array): void;
  violation(fault: ProtocolViolation): void;
}

/** What passes the messages of batches on, one after the other. */
export interface Batches {
  /** Missing where reading cannot be paused. */
  readonly reading?: Reading | undefined;
  open(target: BatchTarget): void;
  /** Takes a whole batch. */
  receive(data: string | Uint8Array): void;
  /** Lets go of what waits: nothing more is passed on. */
  drop(): void;
}

/** Passes the messages of each batch on at once: for clients, whose reading is not paused. */
export class BatchSplitter implements Batches {
  readonly #delimiter: BatchDelimiter;
  #target: BatchTarget | undefined;

  constructor(delimiter: BatchDelimiter) {
    this.#delimiter = delimiter;
  }

  open(target: BatchTarget): void {
    this.#target = target;
  }

  receive(data: string | Uint8Array): void {
    const batch = new BatchReader(data, this.#delimiter);
    let message: string | Uint8Array | undefined;
    do {
      try {
        message = batch.next();
      } catch (fault) {
        return this.#target?.violation(fault as ProtocolViolation); // a reader throws nothing else
      }
      this.#target?.receive(message);
    } while (this.#target && !batch.over);
  }

  drop(): void {
    this.#target = undefined;
  }
}
