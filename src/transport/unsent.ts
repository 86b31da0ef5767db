import { totalmem } from "node:os";
import { HELD_FRAME_BYTES } from "./backlog.js";
import { SentWork } from "./sent-work.js";
import { UnfinishedTotal } from "./unfinished.js";

/** The memory per additional connection that waits for a frame, in bytes: an entry in its list. */
const HOLDER_BYTES = 16;
/** The maximum number of counted frames, regardless of the limit in bytes: a `Map` holds at most 2^24. */
const MOST_FRAMES = 2 ** 23;

/** A connection that reads slower than data is sent to it. */
export interface SlowConnection {
  readonly unsentBytes: number;
  /** Cuts the connection. `reason` is for this side. */
  cut(reason: string, cause: "slow"): void;
}

/**
 * The memory used by the unsent frames of all slow connections, in bytes. A frame that several connections share counts once.
 * Beyond the limit, the connections with the most unsent bytes are cut.
 */
export class UnsentTotal {
  /** The work of the connections that are counted here. */
  readonly work: SentWork = new SentWork();
  /** The incomplete messages of these connections, with the same limit. */
  readonly unfinished: UnfinishedTotal;
  readonly #maxBytes: number;
  readonly #holders = new Map<Uint8Array, number>(); // frame → number of waiting connections
  readonly #slow = new Set<SlowConnection>();
  #bytes = 0;
  #cutting = false;

  constructor(maxBytes: number = defaultMaxBytes()) {
    this.#maxBytes = maxBytes;
    this.unfinished = new UnfinishedTotal(maxBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a frame that is queued for a connection. */
  hold(connection: SlowConnection, frame: Uint8Array): void {
    const holders = this.#holders.get(frame) ?? 0;
    this.#holders.set(frame, holders + 1);
    this.#bytes += holders === 0 ? frame.length + HELD_FRAME_BYTES : HOLDER_BYTES;
    this.#held(connection);
  }

  /** Counts small frames that are queued for only this connection. */
  holdOwn(connection: SlowConnection, bytes: number): void {
    this.#bytes += bytes;
    this.#held(connection);
  }

  /** Uncounts a frame of one connection that was written or dropped. */
  release(frame: Uint8Array): void {
    const holders = this.#holders.get(frame);
    if (holders === undefined) return;
    if (holders > 1) {
      this.#holders.set(frame, holders - 1);
      this.#bytes -= HOLDER_BYTES;
    } else {
      this.#holders.delete(frame);
      this.#bytes -= frame.length + HELD_FRAME_BYTES;
    }
  }

  /** Uncounts small frames of one connection that were written or dropped. */
  releaseOwn(bytes: number): void {
    this.#bytes -= bytes;
  }

  /**
   * Counts bytes queued for another router; negative to uncount. They can cause connections to be cut, but are never cut
   * themselves.
   */
  account(change: number): void {
    this.#bytes += change;
    if (change > 0 && this.#isBeyond) this.#cutSlowest();
  }

  /** Forgets a connection without queued frames. */
  forget(connection: SlowConnection): void {
    this.#slow.delete(connection);
  }

  get #isBeyond(): boolean {
    return this.#bytes > this.#maxBytes || this.#holders.size > MOST_FRAMES;
  }

  #held(connection: SlowConnection): void {
    this.#slow.add(connection);
    if (this.#isBeyond) this.#cutSlowest();
  }

  #cutSlowest(): void {
    if (this.#cutting) return;
    this.#cutting = true;
    const slowestFirst = [...this.#slow].sort((one, other) => other.unsentBytes - one.unsentBytes);
    for (const connection of slowestFirst) {
      if (!this.#isBeyond) break;
      const { unsentBytes } = connection;
      connection.cut(
        `the peer is too slow: ${unsentBytes} bytes are unsent to it, ${this.#bytes} to all slow peers`,
        "slow",
      );
    }
    this.#cutting = false;
  }
}

/** Returns a quarter of the memory available to this process, including container limits; at most 1 GiB. */
export function defaultMaxBytes(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const usable = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.min(usable / 4, 1024 ** 3);
}
