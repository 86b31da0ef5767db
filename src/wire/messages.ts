import type { Dict } from "./fields.js";
import type { Id } from "./ids.js";
import type {
  CallOptions,
  CancelOptions,
  CloseDetails,
  ErrorDetails,
  EventDetails,
  HelloDetails,
  InterruptOptions,
  InvocationDetails,
  PublishOptions,
  RegisterOptions,
  ResultDetails,
  RevocationDetails,
  SubscribeOptions,
  WelcomeDetails,
} from "./options.js";
import type { Payload } from "./payload.js";
import type { Uri } from "./uris.js";

/** How a shared registration picks a callee. Spec: Advanced Profile, "Shared Registration". */
export type InvocationPolicy = "single" | "roundrobin" | "random" | "first" | "last";

/** A message that may carry application arguments, at the end of its list. */
export interface WithPayload {
  /** `args` and `kwargs`. A received payload is decoded on first access. */
  readonly payload: Payload;
}

/** Opens a session. Wire: `[1, realm|uri, details|dict]`. */
export interface Hello {
  readonly type: "HELLO";
  readonly realm: Uri;
  readonly details: HelloDetails;
}

/** Accepts a HELLO. Wire: `[2, session|id, details|dict]`. */
export interface Welcome {
  readonly type: "WELCOME";
  readonly session: Id;
  readonly details: WelcomeDetails;
}

/** Refuses a session, or ends one after a protocol violation. It is never answered. Wire: `[3, details|dict, reason|uri, args|list?, kwargs|dict?]`. */
export interface Abort extends WithPayload {
  readonly type: "ABORT";
  readonly details: CloseDetails;
  readonly reason: Uri;
}

/** Asks for proof of identity. Wire: `[4, authmethod|string, extra|dict]`. */
export interface Challenge {
  readonly type: "CHALLENGE";
  readonly authmethod: string;
  readonly extra: Dict;
}

/** Answers a CHALLENGE. Wire: `[5, signature|string, extra|dict]`. */
export interface Authenticate {
  readonly type: "AUTHENTICATE";
  readonly signature: string;
  readonly extra: Dict;
}

/** Ends a session. The other side answers with GOODBYE. Wire: `[6, details|dict, reason|uri]`. */
export interface Goodbye {
  readonly type: "GOODBYE";
  readonly details: CloseDetails;
  readonly reason: Uri;
}

/** Refuses a request. Wire: `[8, requestType|int, request|id, details|dict, error|uri, args|list?, kwargs|dict?]`. */
export interface ErrorMessage extends WithPayload {
  readonly type: "ERROR";
  readonly requestType: RequestType;
  readonly request: Id;
  readonly details: ErrorDetails;
  readonly error: Uri;
}

/** Publishes an event. Wire: `[16, request|id, options|dict, topic|uri, args|list?, kwargs|dict?]`. */
export interface Publish extends WithPayload {
  readonly type: "PUBLISH";
  readonly request: Id;
  readonly options: PublishOptions;
  readonly topic: Uri;
}

/** Answers a PUBLISH that asked for `acknowledge`. Wire: `[17, request|id, publication|id]`. */
export interface Published {
  readonly type: "PUBLISHED";
  readonly request: Id;
  readonly publication: Id;
}

/** Subscribes to a topic. Wire: `[32, request|id, options|dict, topic|uri]`. */
export interface Subscribe {
  readonly type: "SUBSCRIBE";
  readonly request: Id;
  readonly options: SubscribeOptions;
  readonly topic: Uri;
}

/** Answers a SUBSCRIBE. Wire: `[33, request|id, subscription|id]`. */
export interface Subscribed {
  readonly type: "SUBSCRIBED";
  readonly request: Id;
  readonly subscription: Id;
}

/** Cancels a subscription. Wire: `[34, request|id, subscription|id]`. */
export interface Unsubscribe {
  readonly type: "UNSUBSCRIBE";
  readonly request: Id;
  readonly subscription: Id;
}

/** Answers an UNSUBSCRIBE, or revokes a subscription if the request ID is 0. Wire: `[35, request|id, details|dict?]`. */
export interface Unsubscribed {
  readonly type: "UNSUBSCRIBED";
  readonly request: Id;
  readonly details?: RevocationDetails;
}

/** Delivers a publication to a subscriber. Wire: `[36, subscription|id, publication|id, details|dict, args|list?, kwargs|dict?]`. */
export interface Event extends WithPayload {
  readonly type: "EVENT";
  readonly subscription: Id;
  readonly publication: Id;
  readonly details: EventDetails;
}

/** Confirms the receipt of an EVENT. Provisional. Wire: `[337, publication|id]`. */
export interface EventReceived {
  readonly type: "EVENT_RECEIVED";
  readonly publication: Id;
}

/** Asks the dealer to run a procedure. Answered by RESULT or ERROR. Wire: `[48, request|id, options|dict, procedure|uri, args|list?, kwargs|dict?]`. */
export interface Call extends WithPayload {
  readonly type: "CALL";
  readonly request: Id;
  readonly options: CallOptions;
  readonly procedure: Uri;
}

/** Cancels a call. Wire: `[49, request|id, options|dict]`. */
export interface Cancel {
  readonly type: "CANCEL";
  readonly request: Id;
  readonly options: CancelOptions;
}

/** Answers a CALL. Wire: `[50, request|id, details|dict, args|list?, kwargs|dict?]`. */
export interface Result extends WithPayload {
  readonly type: "RESULT";
  readonly request: Id;
  readonly details: ResultDetails;
}

/** Registers a procedure. Wire: `[64, request|id, options|dict, procedure|uri]`. */
export interface Register {
  readonly type: "REGISTER";
  readonly request: Id;
  readonly options: RegisterOptions;
  readonly procedure: Uri;
}

/** Answers a REGISTER. Wire: `[65, request|id, registration|id]`. */
export interface Registered {
  readonly type: "REGISTERED";
  readonly request: Id;
  readonly registration: Id;
}

/** Removes a registration. Wire: `[66, request|id, registration|id]`. */
export interface Unregister {
  readonly type: "UNREGISTER";
  readonly request: Id;
  readonly registration: Id;
}

/** Answers an UNREGISTER, or revokes a registration if the request ID is 0. Wire: `[67, request|id, details|dict?]`. */
export interface Unregistered {
  readonly type: "UNREGISTERED";
  readonly request: Id;
  readonly details?: RevocationDetails;
}

/** Asks a callee to run its procedure. Answered by YIELD or ERROR. Wire: `[68, request|id, registration|id, details|dict, args|list?, kwargs|dict?]`. */
export interface Invocation extends WithPayload {
  readonly type: "INVOCATION";
  readonly request: Id;
  readonly registration: Id;
  readonly details: InvocationDetails;
}

/** Tells a callee that its answer is no longer needed, or that it should stop. Wire: `[69, request|id, options|dict]`. */
export interface Interrupt {
  readonly type: "INTERRUPT";
  readonly request: Id;
  readonly options: InterruptOptions;
}

/** Answers an INVOCATION. Wire: `[70, request|id, options|dict, args|list?, kwargs|dict?]`. */
export interface Yield extends WithPayload {
  readonly type: "YIELD";
  readonly request: Id;
  readonly options: ResultDetails;
}

/** Any message of the protocol, discriminated by `type`. */
export type Message =
  | Hello
  | Welcome
  | Abort
  | Challenge
  | Authenticate
  | Goodbye
  | ErrorMessage
  | Publish
  | Published
  | Subscribe
  | Subscribed
  | Unsubscribe
  | Unsubscribed
  | Event
  | EventReceived
  | Call
  | Cancel
  | Result
  | Register
  | Registered
  | Unregister
  | Unregistered
  | Invocation
  | Interrupt
  | Yield;

export type MessageType = Message["type"];

/** The requests that a client sends to a router. */
export type RequestMessage = Publish | Subscribe | Unsubscribe | Call | Register | Unregister;

/** The messages that an ERROR may answer. */
export type RequestType = "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "REGISTER" | "UNREGISTER" | "INVOCATION";
