import type { ProtocolViolation } from "../wire/error.js";
import { type BatchDelimiter, BatchReader, OCTAL_30, RECORD_SEPARATOR } from "./batch-reader.js";
import type { Batches, BatchTarget } from "./batch-splitter.js";
import type { Reading } from "./transport.js";

/** The socket below, as far as batches have to do with it. */
export interface BatchSocket {
  readonly reading: Reading;
  /** Takes a fault of this process, which ends the connection. */
  failed(error: unknown): void;
}

/**
 * Passes the messages of batches on. Where reading is paused in the middle of a batch, the others wait, and nothing more is read from the
 * socket before they are passed on: what one connection holds unread is one batch.
 */
export class IncomingBatches implements Batches, Reading {
  paused = false;
  readonly reading: Reading = this;
  readonly #socket: BatchSocket;
  #delimiter: BatchDelimiter | undefined; // of text it is known once something has come
  #target: BatchTarget | undefined;
  #rest: BatchReader | undefined;
  #isPassing = false;

  constructor(socket: BatchSocket, binary: boolean) {
    this.#socket = socket;
    this.#delimiter = binary ? "length" : undefined;
  }

  /** How the other side tells messages apart, and is to be told them apart. */
  get delimiter(): BatchDelimiter {
    return this.#delimiter ?? RECORD_SEPARATOR;
  }

  open(target: BatchTarget): void {
    this.#target = target;
  }

  receive(data: string | Uint8Array): void {
    if (!this.#target) return;
    this.#delimiter ??= data[data.length - 1] === OCTAL_30 ? OCTAL_30 : RECORD_SEPARATOR;
    this.#rest = new BatchReader(data, this.#delimiter);
    this.#pass();
  }

  drop(): void {
    this.#rest = undefined;
    this.#target = undefined;
  }

  pause(): void {
    this.paused = true;
    this.#socket.reading.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.#rest) this.#socket.reading.resume();
    else if (!this.#isPassing) queueMicrotask(() => this.#passLater());
  }

  /** Nobody is there to catch what is thrown. */
  #passLater(): void {
    try {
      if (this.paused || !this.#rest) return;
      this.#pass();
    } catch (error) {
      this.#socket.failed(error);
    }
  }

  #pass(): void {
    this.#isPassing = true;
    try {
      while (this.#rest && !this.paused) {
        const rest = this.#rest;
        let message: string | Uint8Array;
        try {
          message = rest.next();
          if (rest.over) this.#rest = undefined;
        } catch (fault) {
          const target = this.#target;
          this.drop();
          return target?.violation(fault as ProtocolViolation); // a reader throws nothing else
        }
        this.#target?.receive(message);
      }
    } finally {
      this.#isPassing = false;
    }
    if (!this.paused) this.#socket.reading.resume(); // it was paused for a while that is over
  }
}
