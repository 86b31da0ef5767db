import type { CallFailure, FailedCall } from "../wire/call-failure.js";
import type { CancelMode } from "../wire/options.js";

/**
 * A pending call, which is a promise of its result. The CALL is sent at once. A failure appears in whatever is consumed (`await`, `safe()`,
 * iteration). If nothing is, it goes to the peer's `onError`: the call itself is never an unhandled rejection. Promises from `then`, `catch`
 * and `finally` are ordinary promises, and so is `result`.
 *
 * ```ts
 * const sum = await client.add2({ a: 2, b: 3 });
 * for await (const tick of client.countdown({ from: 3 })) render(tick.left); // leaving the loop early cancels the call
 * ```
 *
 * A call can be iterated over once. A second loop throws a `TypeError`.
 */
export interface Call<Result, Progress = never, Declared = never> extends Promise<Result>, AsyncIterable<Progress> {
  readonly [Symbol.toStringTag]: "Call";
  readonly result: Promise<Result>;
  /** Resolves with the value or the failure, which has a `code`. Never rejects. */
  safe(): Promise<Settled<Result, Declared>>;
  /** Cancels the call. Default mode: the mode in the call's options, otherwise `killnowait`. */
  cancel(mode?: CancelMode): void;
}

/** The outcome of a call, as `safe()` returns it. */
export type Settled<Result, Declared> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: CallFailure | (Declared & FailedCall) };
