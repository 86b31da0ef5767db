import { totalmem } from "node:os";

/** A connection that does not read as fast as is written to it. */
export interface SlowConnection {
  readonly unsentBytes: number;
  /** Cuts the connection, with the reason for our own side. */
  cut(reason: string): void;
}

/**
 * The unsent bytes of all slow connections together. A frame that several of them wait for counts once. Beyond the bound the connections
 * with most unsent bytes are cut, until what is left is within it.
 */
export class UnsentTotal {
  readonly #maxBytes: number;
  readonly #holders = new Map<Uint8Array, number>(); // frame → how many connections wait for it
  readonly #slow = new Set<SlowConnection>();
  #bytes = 0;
  #cutting = false;

  constructor(maxBytes: number = defaultMaxBytes()) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a frame that a connection has to wait with. */
  hold(connection: SlowConnection, frame: Uint8Array): void {
    const holders = this.#holders.get(frame) ?? 0;
    this.#holders.set(frame, holders + 1);
    if (holders === 0) this.#bytes += frame.length;
    this.#slow.add(connection);
    if (this.#bytes > this.#maxBytes) this.#cutSlowest();
  }

  /** A frame that was counted for a connection is written now, or never. */
  release(frame: Uint8Array): void {
    const holders = this.#holders.get(frame);
    if (holders === undefined) return;
    if (holders > 1) return void this.#holders.set(frame, holders - 1);
    this.#holders.delete(frame);
    this.#bytes -= frame.length;
  }

  /** A connection has nothing more to wait with. */
  forget(connection: SlowConnection): void {
    this.#slow.delete(connection);
  }

  #cutSlowest(): void {
    if (this.#cutting) return;
    this.#cutting = true;
    const slowestFirst = [...this.#slow].sort((one, other) => other.unsentBytes - one.unsentBytes);
    for (const connection of slowestFirst) {
      if (this.#bytes <= this.#maxBytes) break;
      const { unsentBytes } = connection;
      connection.cut(
        `the peer is too slow: ${unsentBytes} bytes wait to be sent to it, ${this.#bytes} to all slow peers`,
      );
    }
    this.#cutting = false;
  }
}

/** A quarter of the memory that this process may use, a container's limit heeded; at most 1 GiB. */
function defaultMaxBytes(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const usable = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.min(usable / 4, 1024 ** 3);
}
