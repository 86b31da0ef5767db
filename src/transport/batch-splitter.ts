import type { ProtocolViolation } from "../wire/error.js";
import type { BatchFraming } from "../wire/serializer.js";
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
  readonly #framing: BatchFraming;
  #target: BatchTarget | undefined;

  constructor(framing: BatchFraming) {
    this.#framing = framing;
  }

  open(target: BatchTarget): void {
    this.#target = target;
  }

  receive(data: string | Uint8Array): void {
    let messages: readonly (string | Uint8Array)[];
    try {
      messages = this.#framing.split(data);
    } catch (fault) {
      return this.#target?.violation(fault as ProtocolViolation); // the only error that `split` throws
    }
    for (const message of messages) this.#target?.receive(message);
  }

  drop(): void {
    this.#target = undefined;
  }
}
