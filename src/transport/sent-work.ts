/** The cost of sending a message in addition to its bytes, expressed in bytes. */
const MESSAGE_BYTES = 256;

/** A compressor with a long queue. */
export interface OverloadedCompressor {
  /** Calls back once, when the queue is empty or the connection is gone. */
  onceEmpty(callback: () => void): void;
}

/** The approximate work of sending on all connections of a router. */
export class SentWork {
  /** The last compressor that cannot keep up, until somebody takes it to wait for it. */
  overloaded: OverloadedCompressor | undefined;
  #total = 0;

  /** The bytes sent, plus a fixed cost per message. A 32-bit integer that wraps around: use only differences. */
  get total(): number {
    return this.#total;
  }

  add(bytes: number): void {
    this.#total = (this.#total + MESSAGE_BYTES + bytes) | 0;
  }
}
