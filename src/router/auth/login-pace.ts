import { createHash } from "node:crypto";
import type { Clock } from "../../session/clock.js";
import type { PeerInfo } from "../../transport/transport.js";
import { isWampError, WampError } from "../../wire/error.js";
import { kindOf } from "../../wire/fields.js";
import { UNAVAILABLE } from "../../wire/uris.js";
import { addressKey } from "./address-key.js";
import { checkVerdict, type Verdict } from "./authenticator.js";
import { LoginLane } from "./login-lane.js";

/** The failed logins that delay further ones. */
export interface FailedLogins {
  /** Whether failed logins with an `authid` delay further logins with it. Default: true. */
  readonly slowAuthid?: boolean;
  /**
   * Whether failed logins from an address delay further logins from it. Default: true. Set to false behind a proxy on
   * another machine.
   */
  readonly slowAddress?: boolean;
  /**
   * Normalizes spellings of an `authid` that `principals` treats as equal, for example to lower case, so that guesses cannot use
   * several spellings. Called with every `authid`, known or not. Default: no normalization.
   */
  readonly foldAuthid?: (authid: string) => string;
}

/** The claimed identity of a client that answers a CHALLENGE. */
export interface LoginClaim {
  readonly realm: string;
  readonly authid: string | undefined;
  readonly info: PeerInfo;
}

/** The maximum times of one check, in milliseconds: until its turn, and from then on. */
export interface JudgeLimits {
  readonly waitMs: number;
  readonly runMs: number;
}

/** The maximum number of remembered authids and addresses, and of remembered pairs. */
const MOST_REMEMBERED = 10_000;

/**
 * Slows down guessing: after a few failures with one `authid` or from one address, answers are checked at intervals of up to
 * a second.
 */
export class LoginPace {
  readonly #clock: Clock;
  readonly #options: FailedLogins;
  readonly #lanes = new Map<string, LoginLane>(); // least recently used first
  readonly #proven = new Set<string>(); // pairs of an authid and an address with a successful login

  constructor(clock: Clock, options: FailedLogins = {}) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Checks an answer when it is its turn. Resolves with `undefined`, without calling `run`, if that takes longer than `waitMs`.
   * Rejects with `wamp.error.unavailable` if `run` takes longer than `runMs`, so that others get their turn. A denial or exception
   * counts as failure, except `wamp.error.unavailable`. An address with a successful login is not delayed by failures of others
   * with the same `authid`. Throws `TypeError` for an invalid verdict.
   */
  async judge(
    claim: LoginClaim,
    { waitMs, runMs }: JudgeLimits,
    run: () => Verdict | Promise<Verdict>,
  ): Promise<Verdict | undefined> {
    const { pair, keys } = this.#keysOf(claim);
    const until = this.#clock.now() + waitMs;
    const entered: string[] = [];
    let failed = false;
    try {
      for (const key of keys) {
        if (!(await this.#lane(key).enter(until - this.#clock.now()))) return undefined;
        entered.push(key);
      }
      const verdict = await this.#inTime(run(), runMs);
      checkVerdict(verdict);
      failed = verdict.type === "denied" && verdict.uri !== UNAVAILABLE;
      if (verdict.type === "accepted" && pair !== undefined) this.#remember(pair);
      return verdict;
    } catch (error) {
      failed = !(isWampError(error) && error.uri === UNAVAILABLE);
      throw error;
    } finally {
      for (const key of entered) this.#leave(key, failed);
    }
  }

  async #inTime(verdict: Verdict | Promise<Verdict>, limitMs: number): Promise<Verdict> {
    let stopTimer = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      const words = `an authenticator has not checked an answer within ${limitMs} ms`;
      stopTimer = this.#clock.after(limitMs, () => reject(new WampError(UNAVAILABLE, { args: [words] })));
    });
    try {
      return await Promise.race([verdict, tooLate]);
    } finally {
      stopTimer();
    }
  }

  /** Returns the keys, the address first: waiting there does not delay others. */
  #keysOf({ realm, authid, info }: LoginClaim) {
    const { slowAuthid = true, slowAddress = true } = this.#options;
    const address = slowAddress ? addressKey(info.remoteAddress) : undefined;
    const name = authid === undefined ? undefined : digest(JSON.stringify([realm, this.#folded(authid)]));
    const pair = address === undefined || name === undefined ? undefined : `${address} ${name}`;
    const isProven = pair !== undefined && this.#proven.has(pair);
    const keys = [
      ...(address === undefined ? [] : [address]),
      ...(name === undefined || !slowAuthid || isProven ? [] : [name]),
    ];
    return { pair, keys };
  }

  #folded(authid: string): string {
    const { foldAuthid } = this.#options;
    const folded: unknown = foldAuthid ? foldAuthid(authid) : authid;
    if (typeof folded === "string") return folded;
    throw new TypeError(`failedLogins.foldAuthid: expected a string, got ${kindOf(folded)}`);
  }

  #lane(key: string): LoginLane {
    const lane = this.#lanes.get(key) ?? new LoginLane(this.#clock);
    this.#lanes.delete(key);
    this.#lanes.set(key, lane);
    if (this.#lanes.size > MOST_REMEMBERED) this.#forgetOne();
    return lane;
  }

  #forgetOne(): void {
    for (const [key, lane] of this.#lanes) {
      if (lane.empty) return void this.#lanes.delete(key);
    }
  }

  #leave(key: string, failed: boolean): void {
    const lane = this.#lanes.get(key);
    lane?.leave(failed);
    if (lane?.idle) this.#lanes.delete(key);
  }

  #remember(pair: string): void {
    this.#proven.delete(pair);
    this.#proven.add(pair);
    const [oldest] = this.#proven;
    if (this.#proven.size > MOST_REMEMBERED && oldest !== undefined) this.#proven.delete(oldest);
  }
}

/** Returns a digest of constant length, since clients choose the length of an `authid`. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
