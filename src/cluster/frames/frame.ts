import type { Returned } from "../../router/realm-link.js";
import type { MetaSubject } from "../../router/realm-session.js";
import type { TestamentScope } from "../../router/testaments.js";
import type { Dict } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import type {
  CancelMode,
  ErrorDetails,
  EventDetails,
  InvocationDetails,
  PublishOptions,
  ResultDetails,
} from "../../wire/options.js";
import type { Payload } from "../../wire/payload.js";
import type { Uri } from "../../wire/uris.js";
import type { State } from "./state.js";

/** A frame of one realm. The realm is named by its index in the sender's list. */
interface OfRealm {
  readonly realm: number;
}

/** One call between two nodes: the callee's session, and INVOCATION.Request as the caller's node counts it for that session. */
export interface OfCall extends OfRealm {
  readonly callee: Id;
  readonly request: Id;
}

/** A call, or a later part of one, from the caller's node to the callee's. */
export interface CallFrame extends OfCall {
  readonly type: "CALL";
  readonly registration: Id;
  readonly details: InvocationDetails;
  readonly payload: Payload;
}

export interface ResultFrame extends OfCall {
  readonly type: "RESULT";
  readonly details: ResultDetails;
  readonly payload: Payload;
}

export interface ErrorFrame extends OfCall {
  readonly type: "ERROR";
  readonly error: Uri;
  readonly details: ErrorDetails;
  readonly payload: Payload;
}

/** The callee has never received the call. */
export interface ReturnedFrame extends OfCall {
  readonly type: "RETURNED";
  readonly why: Returned;
}

/** The caller's node cancels a call. */
export interface CancelFrame extends OfCall {
  readonly type: "CANCEL";
  readonly mode: CancelMode;
}

/** An event, from the publisher's node to one that has subscribers for it. */
export interface EventFrame extends OfRealm {
  readonly type: "EVENT";
  readonly publication: Id;
  readonly topic: Uri;
  readonly details: {
    readonly options?: PublishOptions | undefined;
    readonly details?: EventDetails | undefined;
    readonly about?: MetaSubject | undefined;
    /** The node keys that receive an event with an `rkey`, by subscription. */
    readonly shards?: readonly (readonly [Id, string])[] | undefined;
  };
  readonly payload: Payload;
}

/** A testament of one of the sender's sessions, published when the node is expelled. The node numbers the testaments of a session. */
export interface TestamentFrame extends OfRealm {
  readonly type: "TESTAMENT";
  readonly session: Id;
  readonly number: number;
  readonly scope: TestamentScope;
  readonly topic: Uri;
  readonly details: { readonly options?: PublishOptions | undefined };
  readonly payload: Payload;
}

/** A change of a node's part of a realm, or an entry of a snapshot. */
export interface StateFrame extends OfRealm {
  readonly type: "STATE";
  readonly details: State;
}

/** The sender has sent the state of all realms. */
export interface SnapshotFrame {
  readonly type: "SNAPSHOT";
}

/** Asks for a PONG when all earlier frames, and the directory up to a revision, have been processed. */
export interface PingFrame {
  readonly type: "PING";
  readonly number: number;
  readonly revision: number;
}

export interface PongFrame {
  readonly type: "PONG";
  readonly number: number;
}

export interface AskFrame extends OfRealm {
  readonly type: "ASK";
  readonly number: number;
  readonly about: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AnswerFrame extends OfRealm {
  readonly type: "ANSWER";
  readonly number: number;
  readonly details: {
    readonly answer?: unknown;
    /** The error, if the node refuses to answer. */
    readonly error?: { readonly uri: Uri; readonly args: readonly unknown[]; readonly kwargs: Dict } | undefined;
  };
}

/** Ends a session in order. */
export interface KillFrame extends OfRealm {
  readonly type: "KILL";
  readonly session: Id;
  readonly reason: Uri;
  readonly details: { readonly message?: string | undefined };
}

/** Ends all sessions of a node but one. */
export interface EndAllFrame extends OfRealm {
  readonly type: "END_ALL";
  readonly except: Id;
  readonly reason: Uri;
  readonly details: { readonly message?: string | undefined; readonly silent?: boolean | undefined };
}

/** One side of the calls between a node and a callee of another node has much to read, or no longer does. */
export interface ChokeFrame extends OfRealm {
  readonly type: "CHOKE";
  readonly callee: Id;
  /** That side: the callee, as its node says; or the callers, as their node says. */
  readonly side: "callee" | "callers";
  readonly isChoked: boolean;
}

/** The frames that nodes send each other. */
export type Frame =
  | CallFrame
  | ResultFrame
  | ErrorFrame
  | ReturnedFrame
  | CancelFrame
  | EventFrame
  | TestamentFrame
  | StateFrame
  | SnapshotFrame
  | PingFrame
  | PongFrame
  | AskFrame
  | AnswerFrame
  | KillFrame
  | EndAllFrame
  | ChokeFrame;

export type FrameType = Frame["type"];
