import { type Call, PendingCall } from "../peer/call.js";
import { canceled } from "../peer/failures.js";
import type { CancelMode } from "../wire/options.js";

/** Who is told of a failure nobody looked at, and what gives the call up between calls of its own. */
export interface RelayedCallOptions {
  readonly onUnseen: (error: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Makes a call, passes its progress on, and gives its result. */
export type Relay<Result, Progress> = (start: () => Call<Result, Progress, unknown>) => Promise<Result>;

/**
 * A call whose outcome a function works out, over none, one or several calls of its own. Cancelling it cancels the one under
 * way, or settles it where there is none; so does the signal.
 */
export function relayCall<Result, Progress>(
  { onUnseen, signal }: RelayedCallOptions,
  run: (relay: Relay<Result, Progress>) => Promise<Result>,
): Call<Result, Progress> {
  let current: Call<Result, Progress, unknown> | undefined;
  let givenUp = false;
  const giveUp = () => {
    givenUp = true; // a call under way minds the signal itself, but none is to follow it
    if (!current) call.fail(canceled());
  };
  const cancel = (mode?: CancelMode) => {
    giveUp();
    current?.cancel(mode);
  };
  const call = new PendingCall<Result, Progress>({ cancel, onUnseen });
  const done = () => signal?.removeEventListener("abort", giveUp);
  signal?.addEventListener("abort", giveUp);
  const relay: Relay<Result, Progress> = async (start) => {
    if (givenUp) throw canceled();
    current = start();
    try {
      for await (const value of current) call.progress(value);
      return await current;
    } catch (error) {
      if (givenUp) call.fail(error);
      throw error;
    } finally {
      current = undefined;
    }
  };
  run(relay)
    .then(
      (value) => call.succeed(value),
      (error: unknown) => call.fail(error),
    )
    .finally(done);
  return call;
}
