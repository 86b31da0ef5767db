import type { Message } from "../wire/messages.js";
import type { RouterObserver } from "./observer.js";

/**
 * Counts what a router does with messages. It is called for each of them, so its methods must be quick and must not throw. Without one
 * nothing is counted.
 */
export interface RouterMeter {
  /** Told everything that observers are told. */
  readonly observe: RouterObserver;
  /** A message came. `bytes` is its size on the wire, before compression; 0 where it was not serialized. */
  received(type: Message["type"], bytes: number): void;
  /** A message was sent; `bytes` as for those that come. */
  sent(type: Message["type"], bytes: number): void;
  /** Returns what counts the calls and events of one realm. Asked once for each realm, when the router is made. */
  realm(name: string): RealmMeter;
}

/** Counts the calls and events of one realm. It is held to the same as a `RouterMeter`. */
export interface RealmMeter {
  /**
   * A call ended. `procedure` is the URI or pattern that its callee has registered, `wamp.` for what the realm answers itself; `outcome`
   * the error's URI, `undefined` where it succeeded. While many calls are under way only some of them are timed: `durationMs` stands for as many
   * calls as `weight` says, 0 where this one was not timed.
   */
  called(procedure: string, outcome: string | undefined, durationMs: number, weight: number): void;
  /** A call was refused before any callee had it; `outcome` is the error's URI. */
  refused(outcome: string): void;
  /** An event was sent to so many subscribers. */
  published(receivers: number): void;
  /** An event that another router of the cluster has counted was sent to so many subscribers of this one. */
  delivered?(receivers: number): void;
}
