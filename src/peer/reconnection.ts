import { DEVELOPMENT } from "#development";
import type { Clock } from "../session/clock.js";
import { isWampError, messageOf } from "../wire/error.js";
import * as uris from "../wire/uris.js";
import { retryAfterOf } from "./session-ending.js";
import type { ReconnectOptions } from "./types.js";

/** The rules for retrying and giving up. */
export interface ReconnectPolicy extends Required<ReconnectOptions> {
  /** The number of URLs that are tried in turn. */
  readonly urls: number;
}

/** The maximum wait as a part of the outage's duration. A peer reconnects to a router that was away for 9 s at most 3 s later. */
const PART_OF_OUTAGE = 1 / 3;

/** Reasons of an ABORT that the next attempt would get again. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  uris.NO_SUCH_REALM,
  uris.NO_SUCH_ROLE,
  uris.NO_SUCH_PRINCIPAL,
  uris.NOT_AUTHORIZED,
  uris.NO_MATCHING_AUTH_METHOD,
  uris.AUTHENTICATION_DENIED,
  uris.AUTHENTICATION_FAILED,
  uris.AUTHENTICATION_REQUIRED,
  uris.AUTHORIZATION_DENIED,
  uris.AUTHORIZATION_FAILED,
  uris.AUTHORIZATION_REQUIRED,
  uris.PROTOCOL_VIOLATION,
]);

/** Returns whether the next attempt would fail with the same error. */
function isForGood(error: unknown): boolean {
  return isWampError(error) ? FOR_GOOD.has(error.uri) : error instanceof Error && "isFinal" in error;
}

/**
 * The waits of one peer between its attempts to connect, each with full jitter. They are short at first, and longer the longer
 * the outage lasts. Short sessions are counted, and make all waits longer.
 */
export class Reconnection {
  readonly #policy: ReconnectPolicy | false;
  readonly #clock: Clock;
  readonly #random: () => number;
  #failed = 0; // attempts in a row
  #unstable = 0; // sessions in a row that were lost within `stableAfterMs`
  #since: number; // start of the outage or the session; in milliseconds since 1970

  constructor(policy: ReconnectPolicy | false, clock: Clock, random: () => number = Math.random) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
    this.#since = clock.now();
  }

  /** The number of failed attempts in a row. */
  get failed(): number {
    return this.#failed;
  }

  /** Milliseconds until the peer gives up. */
  get leftMs(): number {
    if (!this.#policy) return Number.POSITIVE_INFINITY;
    return Math.max(1, this.#policy.giveUpAfterMs - (this.#clock.now() - this.#since));
  }

  /** Called when an established session is lost. Returns the wait before the next attempt. Both values are in milliseconds. */
  lost(retryAfterMs = 0): number {
    const now = this.#clock.now();
    const stood = this.#policy && now - this.#since >= this.#policy.stableAfterMs;
    this.#unstable = stood ? 0 : this.#unstable + 1;
    this.restart();
    return this.#waitMs(retryAfterMs);
  }

  /** Resets the limits: a session is established, or the application requested another one. */
  restart(): void {
    this.#failed = 0;
    this.#since = this.#clock.now();
  }

  /**
   * Called when an attempt has failed. Returns the wait before the next one in milliseconds, `undefined` to give up, and 0 while
   * there are untried URLs.
   */
  fail(error: unknown): number | undefined {
    this.#failed++;
    if (!this.#policy || isForGood(error)) return undefined;
    if (this.#failed >= this.#policy.attempts) return undefined;
    const waitMs = this.#failed % this.#policy.urls === 0 ? this.#waitMs(retryAfterOf(error)) : 0;
    return waitMs < this.leftMs ? waitMs : undefined;
  }

  /** Returns an error for `onError`: why an attempt failed, how long the peer retries, and how to stop it. */
  report(error: unknown): Error {
    const leftAttempts = this.#policy ? this.#policy.attempts - this.#failed : 0;
    return new Error(`${messageOf(error)}; retrying${bounds(leftAttempts, this.leftMs)}`, { cause: error });
  }

  /** Applies a wait that the router requested, up to `maxMs`, with jitter added to it. */
  #waitMs(retryAfterMs = 0): number {
    if (!this.#policy) return 0;
    const { minMs, maxMs } = this.#policy;
    const outageMs = this.#clock.now() - this.#since;
    const longest = Math.max(minMs * 2 ** Math.min(this.#unstable, 30), outageMs * PART_OF_OUTAGE);
    const asked = Math.min(retryAfterMs, maxMs);
    return asked + this.#random() * Math.max(Math.min(longest, maxMs), asked * PART_OF_OUTAGE);
  }
}

/** Describes how long the peer retries, and how to stop it. */
const bounds: (leftAttempts: number, leftMs: number) => string = DEVELOPMENT
  ? (leftAttempts, leftMs) => {
      const limits = [
        ...(Number.isFinite(leftAttempts) ? [`${leftAttempts} more times`] : []),
        ...(Number.isFinite(leftMs) ? [`for ${Math.round(leftMs)} ms`] : []),
      ];
      return ` ${limits.join(" and at most ") || "forever"}; to stop, abort the signal given to connect(), close the peer, or set reconnect.attempts or reconnect.giveUpAfterMs`;
    }
  : () => "";
