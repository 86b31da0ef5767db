import type { Message } from "../wire/messages.js";
import type { RouterObserver } from "./observer.js";

/** Counts the messages of a router. Its methods are called for each message, so they must be fast and must not throw. */
export interface RouterMeter {
  /** Receives the same events as observers. */
  readonly observe: RouterObserver;
  /** Called for a received message. `bytes` is its size on the wire before compression; 0 without serialization. */
  received(type: Message["type"], bytes: number): void;
  /** Called for a sent message. */
  sent(type: Message["type"], bytes: number): void;
  /** Returns the meter of one realm. Called once per realm, when the router is created. */
  realm(name: string): RealmMeter;
}

/** Counts the calls and events of one realm. Its methods must be fast and must not throw. */
export interface RealmMeter {
  /**
   * Called when a call ends. `procedure` is the registered URI or pattern, or `wamp.` for procedures of the realm. `outcome` is the
   * error URI; `undefined` for success. With many pending calls, only some are timed: `durationMs` counts for `weight` calls;
   * `weight` is 0 for a call that was not timed.
   */
  called(procedure: string, outcome: string | undefined, durationMs: number, weight: number): void;
  /** Called for a call that was refused before it was routed to a callee. `outcome` is the error URI. */
  refused(outcome: string): void;
  /** Called for an event that was sent to this number of subscribers. */
  published(receivers: number): void;
  /** Called for an event that another router of the cluster counts and that was sent to this number of subscribers here. */
  delivered?(receivers: number): void;
}
