import type { ProtocolViolation } from "../wire/error.js";
import { type BatchDelimiter, BatchReader } from "./batch-reader.js";
import type { Reading } from "./transport.js";

/** Receives the messages of batches. */
export interface BatchTarget {
  receive(message: string | Uint8Array): void;
  violation(fault: ProtocolViolation): void;
}

/** Splits batches and passes their messages on, in order. */
export interface Batches {
  /** Absent if reading cannot be paused. */
  readonly reading?: Reading | undefined;
  open(target: BatchTarget): void;
  /** Receives a whole batch. */
  receive(data: string | Uint8Array): void;
  /** Drops the remaining messages. */
  drop(): void;
}

/** Passes on all messages of a batch immediately. For clients, which never pause reading. */
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
        return this.#target?.violation(fault as ProtocolViolation); // the only error that a reader throws
      }
      this.#target?.receive(message);
    } while (this.#target && !batch.over);
  }

  drop(): void {
    this.#target = undefined;
  }
}
