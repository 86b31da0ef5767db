import { DEVELOPMENT } from "#development";
import type { Clock } from "../session/clock.js";
import type { WampError } from "../wire/error.js";
import { isDict } from "../wire/fields.js";
import type { Arguments } from "../wire/payload.js";
import { disconnected } from "./failures.js";
import type { OfflineLimits } from "./offline.js";

/** A call or a publication that waits for a session. Neither method may throw. */
export interface Waiting {
  /** The size of its arguments. */
  readonly bytes: number;
  send(): void;
  fail(error: WampError): void;
}

/** For requests that were sent before and lost their session. They are always accepted. */
export const UNBOUNDED: Required<OfflineLimits> = {
  maxCount: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
  maxMs: Number.POSITIVE_INFINITY,
};

/** The waiting calls and publications of one peer, in order. */
export class OfflineQueue {
  readonly #clock: Clock;
  readonly #waiting = new Map<Waiting, () => void>(); // request → function that stops its timer
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a request. Returns a function that removes it. Throws `wampact.error.disconnected` beyond the limits. */
  add(waiting: Waiting, { maxCount, maxBytes, maxMs }: Required<OfflineLimits>): () => void {
    const [count, bytes] = [this.#waiting.size + 1, this.#bytes + waiting.bytes];
    if (count > maxCount || bytes > maxBytes) {
      throw disconnected(
        `no connection${DEVELOPMENT ? `, and ${maxCount} requests or ${maxBytes} bytes already wait` : "; too many wait"}`,
      );
    }
    this.#bytes = bytes;
    const giveUp = () => {
      this.#remove(waiting);
      waiting.fail(disconnected(`no connection within ${maxMs} ms`));
    };
    this.#waiting.set(waiting, maxMs < Number.POSITIVE_INFINITY ? this.#clock.after(maxMs, giveUp) : () => {});
    return () => this.#remove(waiting);
  }

  /** Sends all waiting requests. */
  flush(): void {
    this.#empty((waiting) => waiting.send());
  }

  /** Fails all waiting requests, because no session will follow. */
  fail(error: WampError): void {
    this.#empty((waiting) => waiting.fail(error));
  }

  #empty(settle: (waiting: Waiting) => void): void {
    for (const waiting of [...this.#waiting.keys()]) {
      if (this.#remove(waiting)) settle(waiting);
    }
  }

  #remove(waiting: Waiting): boolean {
    const stopTimer = this.#waiting.get(waiting);
    if (!stopTimer) return false;
    stopTimer();
    this.#bytes -= waiting.bytes;
    return this.#waiting.delete(waiting);
  }
}

/** Returns the approximate size of arguments on the wire, in bytes. */
export function estimateBytes({ args, kwargs }: Arguments): number {
  return sizeOf(args) + sizeOf(kwargs);
}

/** Returns the approximate size of a value, which is a copy with a bounded depth. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + sizeOf(each), 2);
  if (!isDict(value)) return 8;
  return Object.entries(value).reduce((sum, [key, each]) => sum + key.length + sizeOf(each), 2);
}
