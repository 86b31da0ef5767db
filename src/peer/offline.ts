import { isDict } from "../wire/fields.js";
import { positive, type SettingRule } from "../wire/settings.js";
import { withDefaults } from "../wire/with-defaults.js";

/**
 * The behavior of calls and publications while a lost connection is being restored. `fail`: they fail at once with
 * `wampact.error.disconnected`. `wait`: they are sent in order when the peer is ready.
 */
export type Offline = "fail" | "wait" | { readonly wait: OfflineLimits };

/** Limits of the waiting requests of one peer. Requests beyond them fail with `wampact.error.disconnected`. */
export interface OfflineLimits {
  /** Maximum number of calls and publications. Default: 1,000. A number above 0. */
  readonly maxCount?: number;
  /** Maximum estimated size of their arguments, in bytes. Default: 1 MiB. A number above 0. */
  readonly maxBytes?: number;
  /**
   * Longest wait of each request until it is sent, in milliseconds. Its own `timeoutMs` may be shorter. Default: 60,000. A number
   * above 0.
   */
  readonly maxMs?: number;
}

const DEFAULTS: Required<OfflineLimits> = { maxCount: 1_000, maxBytes: 1024 * 1024, maxMs: 60_000 };

/** The rule for an option of this kind. */
export const offline: SettingRule = {
  expected: '"fail", "wait" or { wait: { maxCount, maxBytes, maxMs } } with numbers above 0',
  quotes: true,
  accepts: (value) => value === "fail" || value === "wait" || (isDict(value) && isLimits(value.wait)),
};

function isLimits(value: unknown): boolean {
  return (
    isDict(value) &&
    Object.entries(value).every(
      ([name, each]) => Object.hasOwn(DEFAULTS, name) && (each === undefined || positive.accepts(each)),
    )
  );
}

/** Returns the limits for waiting; `undefined` if requests fail instead. */
export function limitsOf(given: Offline): Required<OfflineLimits> | undefined {
  if (given === "fail") return undefined;
  return given === "wait" ? DEFAULTS : withDefaults(DEFAULTS, given.wait);
}
