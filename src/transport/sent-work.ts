/** What a message costs to send beside its bytes, in bytes that cost as much. */
const MESSAGE_BYTES = 256;

/** About how much work it was to send what has been sent by all connections of a router. */
export class SentWork {
  #total = 0;

  /** Bytes, and as many as they cost for each message. A 32-bit integer that wraps around: only a difference says something. */
  get total(): number {
    return this.#total;
  }

  add(bytes: number): void {
    this.#total = (this.#total + MESSAGE_BYTES + bytes) | 0;
  }
}
