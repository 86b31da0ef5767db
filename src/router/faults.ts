import { randomUUID } from "node:crypto";
import type { Clock } from "../session/clock.js";
import { WampError } from "../wire/error.js";
import { RUNTIME_ERROR } from "../wire/uris.js";
import type { RouterObserver } from "./observer.js";

/** Exceptions that no client has caused: bugs of ours, and what policies and stores throw. */
export class Faults {
  readonly #observe: RouterObserver;

  constructor(observe: RouterObserver) {
    this.#observe = observe;
  }

  /** Tells whoever watches of a fault. Returns what the client is told: `wamp.error.runtime_error` and an ID to find it by. */
  tell(error: unknown): WampError {
    const correlationId = randomUUID();
    this.#observe({ type: "fault", error, correlationId });
    return new WampError(RUNTIME_ERROR, {
      args: ["the router could not carry this out"],
      kwargs: { correlation_id: correlationId },
    });
  }

  /** Runs a function in a later turn of the event loop. */
  readonly defer = (run: () => void): void => {
    setImmediate(() => this.guard(run));
  };

  /** The same clock, from whose timers nothing is thrown. */
  guardClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (delayMs, run) => clock.after(delayMs, () => this.guard(run)),
    };
  }

  /** Runs something, and tells of a fault in it. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.tell(error);
    }
  }
}
