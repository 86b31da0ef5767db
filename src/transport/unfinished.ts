/** Smaller parts of messages are not counted, in bytes. A connection has at most one of them. */
const SMALL_BYTES = 16 * 1024;

/** The share of the limit for requests that are complete and wait for their answer. */
const KEPT_SHARE = 0.5;

/** A connection from which a part of a message has arrived. */
export interface UnfinishedConnection {
  /** Cuts the connection. `reason` is for this side. */
  cut(reason: string, cause: "slow"): void;
}

/**
 * The memory used by messages of all connections that have arrived in part, and by their logins, in bytes. Beyond the limit, the connections whose
 * message has been incomplete for longest are cut: a client that stops within a message takes no memory from those that go on.
 */
export class UnfinishedTotal {
  readonly #maxBytes: number;
  readonly #parts = new Map<UnfinishedConnection, number>(); // connection → bytes, the longest incomplete first
  #partBytes = 0;
  #keptBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The maximum memory of requests that are complete and wait for their answer, in bytes. */
  get mostKept(): number {
    return this.#maxBytes * KEPT_SHARE;
  }

  get bytes(): number {
    return this.#partBytes + this.#keptBytes;
  }

  /** Sets the memory that the incomplete message of a connection uses; 0 once it is complete, or the connection is gone. */
  hold(connection: UnfinishedConnection, bytes: number): void {
    const before = this.#parts.get(connection) ?? 0;
    const now = bytes < SMALL_BYTES ? 0 : bytes;
    if (now === before) return;
    this.#partBytes += now - before;
    if (now === 0) this.#parts.delete(connection);
    else this.#parts.set(connection, now);
    if (this.bytes > this.#maxBytes) this.#cutLongest();
  }

  /**
   * Counts a request that is complete and waits for its answer. Returns a function to call once it is answered; `undefined` if such
   * requests use too much memory already.
   */
  keep(bytes: number): (() => void) | undefined {
    if (bytes < SMALL_BYTES) return () => {};
    if (this.#keptBytes + bytes > this.mostKept) return undefined;
    this.#keptBytes += bytes;
    if (this.bytes > this.#maxBytes) this.#cutLongest();
    return () => {
      this.#keptBytes -= bytes;
    };
  }

  #cutLongest(): void {
    for (const [connection, bytes] of this.#parts) {
      if (this.bytes <= this.#maxBytes) return;
      const all = this.bytes;
      this.#parts.delete(connection);
      this.#partBytes -= bytes;
      const words = `${bytes} bytes of it are held, ${all} of all connections`;
      connection.cut(`too slow to complete a message or a login: ${words}`, "slow");
    }
  }
}
