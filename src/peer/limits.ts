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

/** The longest time a timer of the platform takes; a longer one would run at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Starts a timer for a time limit. */
export function startTimer(limitMs: number, run: () => void): ReturnType<typeof setTimeout> {
  return setTimeout(run, Math.min(limitMs, MAX_TIMER_MS));
}

/** Throws `TypeError` for time limits that cannot be. A fraction or a negative number would cost the session on the wire. */
export function checkLimits(options: {
  readonly timeoutMs?: number | undefined;
  readonly cancelTimeoutMs?: number;
}): void {
  for (const name of ["timeoutMs", "cancelTimeoutMs"] as const) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    throw new TypeError(`${name}: expected an integer from 0, in milliseconds, got ${value}`);
  }
}

/** Waits for an answer within limits. `abandoned` is told of one that comes after the wait was given up. */
export function within<T>(
  answer: Promise<T>,
  { signal, timeoutMs = 0 }: RequestOptions,
  abandoned?: (value: T) => void,
): Promise<T> {
  if (!signal && timeoutMs === 0) return answer;
  return new Promise((resolve, reject) => {
    let givenUp = false;
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const giveUp = (error: WampError) => {
      givenUp = true;
      done();
      reject(error);
    };
    const onAbort = () => giveUp(canceled());
    const timer = timeoutMs > 0 ? startTimer(timeoutMs, () => giveUp(timedOut(timeoutMs))) : undefined;
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
