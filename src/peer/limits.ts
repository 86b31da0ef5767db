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
    const timer = timeoutMs > 0 ? setTimeout(() => giveUp(timedOut(timeoutMs)), timeoutMs) : undefined;
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
