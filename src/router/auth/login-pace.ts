import { createHash } from "node:crypto";
import type { Clock } from "../../session/clock.js";
import type { PeerInfo } from "../../transport/transport.js";
import { isWampError } from "../../wire/error.js";
import { kindOf } from "../../wire/fields.js";
import { UNAVAILABLE } from "../../wire/uris.js";
import { addressKey } from "./address-key.js";
import { checkVerdict, type Verdict } from "./authenticator.js";
import { LoginLane } from "./login-lane.js";

/** Which failed logins slow down the next ones. */
export interface FailedLogins {
  /** Those under the same `authid`. Default true. */
  readonly slowAuthid?: boolean;
  /** Those from the same address. Default true; false where a proxy on another machine hides addresses. */
  readonly slowAddress?: boolean;
  /**
   * Gives one spelling of all that `principals` take for the same `authid`, such as its small letters, so that none is guessed at by many
   * names. Asked about every `authid`, known or not. Default: each as the client gives it.
   */
  readonly foldAuthid?: (authid: string) => string;
}

/** Who answers a CHALLENGE. */
export interface LoginClaim {
  readonly realm: string;
  readonly authid: string | undefined;
  readonly info: PeerInfo;
}

/** `authid`s and addresses that are remembered, and pairs of them. */
const MOST_REMEMBERED = 10_000;

/** Slows guessing: after a few failures under one `authid`, or from one address, answers are judged a second apart. */
export class LoginPace {
  readonly #clock: Clock;
  readonly #options: FailedLogins;
  readonly #lanes = new Map<string, LoginLane>(); // the one that was used longest ago first
  readonly #proven = new Set<string>(); // an authid and the address from where it has logged in

  constructor(clock: Clock, options: FailedLogins = {}) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Runs what judges an answer when it is its turn. Resolves with `undefined`, and does not run it, where that takes longer than `limitMs`.
   * A denial, and whatever is thrown, is a failure, unless it is `wamp.error.unavailable`. Whoever has logged in from an address is not slowed
   * by others' failures under its `authid`. Throws `TypeError` for a verdict that is none.
   */
  async judge(claim: LoginClaim, limitMs: number, run: () => Verdict | Promise<Verdict>): Promise<Verdict | undefined> {
    const { pair, keys } = this.#keysOf(claim);
    const until = this.#clock.now() + limitMs;
    const entered: string[] = [];
    let failed = false;
    try {
      for (const key of keys) {
        if (!(await this.#lane(key).enter(until - this.#clock.now()))) return undefined;
        entered.push(key);
      }
      const verdict = await run();
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

  /** The address first: who waits there holds nobody up elsewhere. */
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

/** As long for every text: clients choose how long an `authid` is. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
