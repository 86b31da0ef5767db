import type { Message } from "../wire/messages.js";
import type { RouterObserver } from "./observer.js";

/**
 * Counts what a router does with messages. It is called for each of them, so its methods must be quick and must not throw. Without one
 * nothing is counted.
 */
export interface RouterMeter {
  /** Told everything that observers are told. */
  readonly observe: RouterObserver;
  /** A message came or was sent. `bytes` is its size on the wire; 0 where it was not serialized. */
  received(type: Message["type"], bytes: number): void;
  sent(type: Message["type"], bytes: number): void;
  /** What counts the calls and events of one realm. Asked once, when the router is made. */
  realm(name: string): RealmMeter;
}

/** Counts the calls and events of one realm. */
export interface RealmMeter {
  /** The time at which a call starts, in milliseconds from any point; handed back when the call ends. */
  now(): number;
  /** A call ended: `procedure` is the URI or pattern that its callee has registered, `outcome` the error's URI; `undefined` where it succeeded. */
  called(procedure: string, outcome: string | undefined, startedMs: number): void;
  /** A call was refused before any callee had it; `outcome` is the error's URI. */
  refused(outcome: string): void;
  /** An event was published, and sent to so many subscribers. */
  published(receivers: number): void;
}
