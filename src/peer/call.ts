import type { CallFailure, FailedCall } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";

/**
 * A call under way, which is a promise of its result. The CALL is sent at once. A failure shows in whatever is consumed (`await`,
 * `safe()`, iteration) and goes to the peer's `onError` where nothing is: the call itself is never an unhandled rejection. Promises
 * that `then`, `catch` and `finally` make of it are ordinary ones, and so is `result`'s.
 *
 * ```ts
 * const sum = await client.add2({ a: 2, b: 3 });
 * for await (const tick of client.countdown({ from: 3 })) render(tick.left); // leaving the loop early cancels the call
 * ```
 *
 * One loop can iterate over a call: a second one is a `TypeError`.
 */
export interface Call<Result, Progress = never, Declared = never> extends Promise<Result>, AsyncIterable<Progress> {
  readonly [Symbol.toStringTag]: "Call";
  readonly result: Promise<Result>;
  /** Settles without ever rejecting: the value, or the failure told apart by `code`. */
  safe(): Promise<Settled<Result, Declared>>;
  /** Gives the call up. Default mode: the one the call was made with, else `killnowait`. */
  cancel(mode?: CancelMode): void;
}

/** The outcome of a call as `safe()` gives it. */
export type Settled<Result, Declared> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: CallFailure | (Declared & FailedCall) };
