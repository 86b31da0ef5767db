import type { MemberEvent, TopicPattern } from "../../router/interest.js";
import type { RealmLoad } from "../../router/limits.js";
import type { SessionIdentity } from "../../router/realm-session.js";
import type { Id } from "../../wire/ids.js";

/** A session as the other nodes know it. */
export interface SessionState extends SessionIdentity {
  readonly kind: "session";
  readonly transport: string;
  /** The features that its client has announced as a callee, as far as other routers ask. */
  readonly features: readonly string[];
  readonly maxReceiveBytes?: number | undefined;
  /** Whether it owes an answer and shows no sign of life. */
  readonly frozen?: boolean | undefined;
  /** Whether it existed before the receiver was up. */
  readonly known?: boolean | undefined;
}

/** The callee features that the callers' routers ask about. */
export const ASKED_FEATURES: readonly string[] = [
  "call_canceling",
  "call_reroute",
  "payload_passthru_mode",
  "progressive_call_invocations",
  "progressive_call_results",
];

/** A session has left. */
export interface LeftState {
  readonly kind: "left";
  readonly id: Id;
  /** The highest request of the receiver's calls that has reached the session. Higher ones have not, and may go to other callees. */
  readonly reached: Id;
}

export interface FrozenState {
  readonly kind: "frozen";
  readonly id: Id;
  readonly isFrozen: boolean;
}

/** The roles of the realm must be read again. This is a change only; no snapshot contains it. */
export interface RefreshState {
  readonly kind: "refresh";
}

/** A node has its first subscribers of a topic or pattern, or other node keys than before. */
export interface InterestState extends TopicPattern {
  readonly kind: "interest";
  /** The session of one subscriber. */
  readonly session: Id;
  /** The time at which the node's first subscriber subscribed, in milliseconds since 1970. */
  readonly created: number;
  /** The node keys of subscribers that share events. Missing if none has one. */
  readonly nodeKeys?: readonly string[] | undefined;
  /** Whether there are subscribers without a node key. Default true. */
  readonly keyless?: boolean | undefined;
  /** Whether this was so before the receiver was up. Set in its snapshot. */
  readonly known?: boolean | undefined;
}

/** A node no longer has subscribers of a topic or pattern. */
export interface UninterestedState extends TopicPattern {
  readonly kind: "uninterested";
  /** The last subscriber. Missing if nobody is to be informed. */
  readonly session?: Id | undefined;
  /** Distinguishes this end from others. */
  readonly stamp: number;
}

/** A session has entered or left a subscription. Nodes send this while somebody subscribes to such events. */
export interface MemberState extends TopicPattern {
  readonly kind: "member";
  readonly event: MemberEvent;
  readonly session: Id;
  /** A number of the node that distinguishes this change from others. */
  readonly stamp: number;
  /** Nobody is to be informed: it was so before, or no listener is left. */
  readonly known?: boolean | undefined;
}

/** A node no longer sends who is in which subscription. The receiver forgets what it has sent. */
export interface UnwatchedState {
  readonly kind: "unwatched";
}

/** A session has withdrawn some of its testaments. */
export interface WithdrawnState {
  readonly kind: "withdrawn";
  readonly session: Id;
  readonly numbers: readonly number[];
}

/** The load of a node's sessions that counts against the realm's limits. */
export interface LoadState extends RealmLoad {
  readonly kind: "load";
}

/** The content of a STATE frame, by `kind`. A node ignores an unknown kind. */
export type State =
  | SessionState
  | LeftState
  | FrozenState
  | RefreshState
  | LoadState
  | InterestState
  | UninterestedState
  | MemberState
  | UnwatchedState
  | WithdrawnState;
