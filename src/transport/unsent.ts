import { totalmem } from "node:os";
import { HELD_FRAME_BYTES } from "./backlog.js";
import { SentWork } from "./sent-work.js";

/** What each further connection costs that waits for a frame: a place in its list. */
const HOLDER_BYTES = 16;
/** How many frames are counted at most, whatever the bound in bytes: a `Map` takes no more than 2^24. */
const MOST_FRAMES = 2 ** 23;

/** A connection that does not read as fast as is written to it. */
export interface SlowConnection {
  readonly unsentBytes: number;
  /** Cuts the connection, with the reason for our own side. */
  cut(reason: string, cause: "slow"): void;
}

/**
 * The memory that the unsent frames of all slow connections take, in bytes. A frame that several of them wait for counts once. Beyond the
 * bound the connections with most unsent bytes are cut, until what is left is within it.
 */
export class UnsentTotal {
  /** What has been sent or held by the connections that are counted here. */
  readonly work: SentWork = new SentWork();
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
    this.#bytes += holders === 0 ? frame.length + HELD_FRAME_BYTES : HOLDER_BYTES;
    this.#held(connection);
  }

  /** Counts small frames that a connection alone has to wait with. */
  holdOwn(connection: SlowConnection, bytes: number): void {
    this.#bytes += bytes;
    this.#held(connection);
  }

  /** A frame that was counted for a connection is written now, or never. */
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

  /** Small frames that were counted for a connection alone are written now, or never. */
  releaseOwn(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Counts bytes that wait for another router, or do not any more where it is negative. They cut others, and are never cut themselves. */
  account(change: number): void {
    this.#bytes += change;
    if (change > 0 && this.#isBeyond) this.#cutSlowest();
  }

  /** A connection has nothing more to wait with. */
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
        `the peer is too slow: ${unsentBytes} bytes wait to be sent to it, ${this.#bytes} to all slow peers`,
        "slow",
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
