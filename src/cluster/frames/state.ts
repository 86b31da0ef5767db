import type { MemberEvent, TopicPattern } from "../../router/interest.js";
import type { RealmLoad } from "../../router/limits.js";
import type { SessionIdentity } from "../../router/realm-session.js";
import type { Id } from "../../wire/ids.js";

/** A session as the other nodes know it. */
export interface SessionState extends SessionIdentity {
  readonly kind: "session";
  readonly transport: string;
  /** What its client has announced as a callee, as far as other routers ask. */
  readonly features: readonly string[];
  readonly maxReceiveBytes?: number | undefined;
  /** It owes an answer and shows no sign of life. */
  readonly frozen?: boolean | undefined;
  /** It was there before the receiver was up. */
  readonly known?: boolean | undefined;
}

/** The features of a callee that the routers of its callers ask about. */
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
  /** The highest request of a call of the receiver that has reached it. What is above has not, and may go to others. */
  readonly reached: Id;
}

export interface FrozenState {
  readonly kind: "frozen";
  readonly id: Id;
  readonly isFrozen: boolean;
}

/** The roles of the realm are to be read again. It is a change only, and in no snapshot. */
export interface RefreshState {
  readonly kind: "refresh";
}

/** A node has subscribers of a topic or pattern, or others than before. */
export interface InterestState extends TopicPattern {
  readonly kind: "interest";
  /** One of them. */
  readonly session: Id;
  /** When the node's first subscriber has subscribed, in milliseconds since 1970. */
  readonly created: number;
  /** The node keys of those that share events. Missing where nobody has one. */
  readonly nodeKeys?: readonly string[] | undefined;
  /** Whether there are others, too. Default true. */
  readonly keyless?: boolean | undefined;
  /** It was so before the receiver was up, and is in its snapshot. */
  readonly known?: boolean | undefined;
}

/** A node has no subscriber of a topic or pattern any more. */
export interface UninterestedState extends TopicPattern {
  readonly kind: "uninterested";
  /** The last of them. Missing where nobody is to hear of it. */
  readonly session?: Id | undefined;
  /** Tells this end apart from others. */
  readonly stamp: number;
}

/** A session is in a subscription, or out of it. Nodes tell each other while somebody subscribes to such events. */
export interface MemberState extends TopicPattern {
  readonly kind: "member";
  readonly event: MemberEvent;
  readonly session: Id;
  /** Counted by the node: tells this change apart from others. */
  readonly stamp: number;
  /** Nobody is to be told of it: it was so before, or nobody is left to hear of it. */
  readonly known?: boolean | undefined;
}

/** A node does not tell any more who is in which subscription, and what it has told is forgotten. */
export interface UnwatchedState {
  readonly kind: "unwatched";
}

/** A session will not leave some of its testaments any more. */
export interface WithdrawnState {
  readonly kind: "withdrawn";
  readonly session: Id;
  readonly numbers: readonly number[];
}

/** What the sessions of a node hold, of what the realm limits. */
export interface LoadState extends RealmLoad {
  readonly kind: "load";
}

/** What a STATE frame says, by `kind`. A node ignores a kind that it does not know. */
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
