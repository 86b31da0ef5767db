import type { Random } from "./random.js";

/** The IDs that a session has learned from the router's answers, so that later messages can use them. */
export interface Knowledge {
  readonly realm: string;
  /** Tells its own URIs from those of other sessions. */
  readonly name: string;
  /** The last request ID it has used. */
  requests: number;
  readonly registrations: number[];
  readonly subscriptions: number[];
  readonly publications: number[];
  /** Invocations that it owes an answer. */
  readonly invocations: number[];
  readonly calls: number[];
  /** Sessions of all attackers, alive or not. */
  readonly sessions: readonly number[];
}

/** A message as a list. */
export type MessageList = unknown[];

export const CLIENT_ROLES = {
  publisher: { features: { payload_passthru_mode: true } },
  subscriber: { features: { payload_passthru_mode: true, subscription_revocation: true } },
  caller: {
    features: {
      call_canceling: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      payload_passthru_mode: true,
    },
  },
  callee: {
    features: {
      call_canceling: true,
      call_timeout: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      registration_revocation: true,
      payload_passthru_mode: true,
    },
  },
};

/** An ID that is known most of the time. */
export function idOf(random: Random, ids: readonly number[]): number {
  return ids.length > 0 && random.chance(0.85)
    ? random.pick(ids)
    : random.pick([1, 2, 7, 2 ** 53, random.between(1, 2 ** 53)]);
}
