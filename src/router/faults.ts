import { randomUUID } from "node:crypto";
import type { Clock } from "../session/clock.js";
import { WampError } from "../wire/error.js";
import { RUNTIME_ERROR } from "../wire/uris.js";
import type { RouterObserver } from "./observer.js";

/** Handles internal errors: bugs, and exceptions of policies and stores. */
export class Faults {
  readonly #observe: RouterObserver;

  constructor(observe: RouterObserver) {
    this.#observe = observe;
  }

  /** Reports an internal error. Returns the error for the client: `wamp.error.runtime_error` with a correlation ID. */
  tell(error: unknown): WampError {
    const correlationId = randomUUID();
    this.#observe({ type: "fault", error, correlationId });
    return new WampError(RUNTIME_ERROR, {
      args: ["internal error of the router"],
      kwargs: { correlation_id: correlationId },
    });
  }

  /** Runs a function in a later turn of the event loop. */
  readonly defer = (run: () => void): void => {
    setImmediate(() => this.guard(run));
  };

  /** Wraps a clock so that its timers never throw. */
  guardClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (delayMs, run) => clock.after(delayMs, () => this.guard(run)),
    };
  }

  /** Runs a function and reports its exceptions. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.tell(error);
    }
  }
}
