import type { Clock } from "../session/clock.js";
import type { WampError } from "../wire/error.js";
import { canceled, timedOut } from "./failures.js";
import type { RequestOptions } from "./types.js";

/** Waits for an answer within limits. `abandoned` receives an answer that arrives after the wait has ended. */
export function awaitWithin<T>(
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

/** Resolves when a promise is settled, or when the time is up. */
export function waitAtMost(done: Promise<unknown>, limitMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = clock.after(limitMs, resolve);
    const over = () => {
      stopTimer();
      resolve();
    };
    done.then(over, over);
  });
}
