import type { SessionIdentity } from "../../router/realm-session.js";
import type { Id } from "../../wire/ids.js";
import type { Roles } from "../../wire/options.js";

/** A session as the other nodes know it. */
export interface SessionState extends SessionIdentity {
  readonly kind: "session";
  readonly transport: string;
  /** What its client has announced, as far as a router makes use of it. */
  readonly roles: Roles;
  readonly maxReceiveBytes?: number | undefined;
  /** It owes an answer and shows no sign of life. */
  readonly frozen?: boolean | undefined;
}

/** A session has left. */
export interface LeftState {
  readonly kind: "left";
  readonly id: Id;
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

/** What a STATE frame says, by `kind`. A node ignores a kind that it does not know. */
export type State = SessionState | LeftState | FrozenState | RefreshState;
