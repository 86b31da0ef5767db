/** The messages between tabs and the worker. All values can be cloned. */
import type { PeerState } from "wampact";
import type { ChatClient } from "../../../schemas/generated/chat.gen.js";

/** A message from a tab. */
export type Asked =
  /** The lock that the tab holds while it is open. */
  | { readonly kind: "hello"; readonly lock: string }
  | { readonly kind: "say"; readonly id: number; readonly args: Parameters<ChatClient["say"]> }
  | { readonly kind: "listen"; readonly id: number; readonly params: Parameters<ChatClient["said"]["subscribe"]>[0] }
  | { readonly kind: "stop"; readonly id: number };

/** A message from the worker to a tab. */
export type Told =
  | { readonly kind: "state"; readonly state: PeerState }
  | { readonly kind: "outcome"; readonly id: number; readonly outcome: SayOutcome }
  | { readonly kind: "event"; readonly id: number; readonly event: SaidEvent }
  | { readonly kind: "refused"; readonly id: number; readonly message: string };

/** The outcome as a plain object: cloning removes the class and the fields of an error. */
export type SayOutcome =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly code: string; readonly message: string };

export type SaidEvent = Parameters<Parameters<ChatClient["said"]["subscribe"]>[1]>[0];
