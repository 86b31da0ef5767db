/** What a message costs to send beside its bytes, in bytes that cost as much. */
const MESSAGE_BYTES = 256;

/** A compressor with much to do. */
export interface OverloadedCompressor {
  /** Calls back, once, when it has done all of it, or its connection is gone. */
  onceEmpty(callback: () => void): void;
}

/** About how much work it was to send what has been sent by all connections of a router. */
export class SentWork {
  /** The last compressor that was given more than it keeps up with, until somebody has taken it to wait for it. */
  overloaded: OverloadedCompressor | undefined;
  #total = 0;

  /** Bytes, and as many as they cost for each message. A 32-bit integer that wraps around: only a difference says something. */
  get total(): number {
    return this.#total;
  }

  add(bytes: number): void {
    this.#total = (this.#total + MESSAGE_BYTES + bytes) | 0;
  }
}
