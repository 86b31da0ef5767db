import { type BatchDelimiter, BatchReader, OCTAL_30, RECORD_SEPARATOR } from "../wire/batches/reader.js";
import type { ProtocolViolation } from "../wire/error.js";
import type { Batches, BatchTarget } from "./batch-splitter.js";
import type { Reading } from "./transport.js";

/** The part of a socket that batches need. */
export interface BatchSocket {
  readonly reading: Reading;
  /** Reports an internal error. The socket ends the connection. */
  failed(error: unknown): void;
}

/**
 * Splits batches and passes their messages on. If reading is paused within a batch, the remaining messages wait and nothing more
 * is read from the socket, so a connection holds at most one unread batch.
 */
export class IncomingBatches implements Batches, Reading {
  paused = false;
  readonly reading: Reading = this;
  readonly #socket: BatchSocket;
  #delimiter: BatchDelimiter | undefined; // for text, known after the first batch
  #target: BatchTarget | undefined;
  #rest: BatchReader | undefined;
  #isPassing = false;

  constructor(socket: BatchSocket, binary: boolean) {
    this.#socket = socket;
    this.#delimiter = binary ? "length" : undefined;
  }

  /** The delimiter that the other side uses and expects. */
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

  /** Passes messages on from a timer, where nobody would catch an exception. */
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
          return target?.violation(fault as ProtocolViolation); // the only error that a reader throws
        }
        this.#target?.receive(message);
      }
    } finally {
      this.#isPassing = false;
    }
    if (!this.paused) this.#socket.reading.resume(); // paused only while messages were left
  }
}
