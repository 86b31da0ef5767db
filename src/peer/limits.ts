import type { Clock } from "../session/clock.js";
import { WampError } from "../wire/error.js";
import { CANCELED, TIMEOUT } from "../wire/uris.js";
import type { RequestOptions } from "./types.js";

/** What a request fails with when its caller gives it up. */
export function canceled(): WampError {
  return new WampError(CANCELED, { args: ["canceled by the caller"] });
}

/** What a request fails with when its time is up. */
export function timedOut(timeoutMs: number): WampError {
  return new WampError(TIMEOUT, { args: [`no answer within ${timeoutMs} ms`] });
}

/** Throws `TypeError` for time limits that cannot be. A fraction or a negative number would cost the session on the wire. */
export function checkLimits(options: {
  readonly timeoutMs?: number | undefined;
  readonly cancelTimeoutMs?: number;
}): void {
  checkLimit("timeoutMs", options.timeoutMs);
  checkLimit("cancelTimeoutMs", options.cancelTimeoutMs);
}

function checkLimit(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw new TypeError(`${name}: expected an integer from 0, in milliseconds, got ${value}`);
}

/** Waits for an answer within limits. `abandoned` is told of one that comes after the wait was given up. */
export function within<T>(
  answer: Promise<T>,
  { signal, timeoutMs = 0 }: RequestOptions,
  { clock, abandoned }: { readonly clock: Clock; readonly abandoned?: (value: T) => void },
): Promise<T> {
  if (!signal && timeoutMs === 0) return answer;
  return new Promise((resolve, reject) => {
    let givenUp = false;
    const done = () => {
      stopTimer();
      signal?.removeEventListener("abort", onAbort);
    };
    const giveUp = (error: WampError) => {
      givenUp = true;
      done();
      reject(error);
    };
    const onAbort = () => giveUp(canceled());
    const stopTimer = timeoutMs > 0 ? clock.after(timeoutMs, () => giveUp(timedOut(timeoutMs))) : () => {};
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    answer.then(
      (value) => {
        if (givenUp) return abandoned?.(value);
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}
