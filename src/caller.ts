/** Entry point `wampact/caller`: a peer that calls, publishes and subscribes, for small bundles. */
export { json } from "#json";
export type { ClientAuth, ClientLogin, LoginAnswer, SessionLogin } from "./peer/auth/client-auth.js";
export type { Call, Settled } from "./peer/call.js";
export { connect, createPeer, ownMethod } from "./peer/connect-caller.js";
export type { Offline, OfflineLimits } from "./peer/offline.js";
export type {
  CallerOptions,
  CallerPeer,
  CallOptions,
  DrainOptions,
  EventsOptions,
  Identity,
  LostEntry,
  PeerState,
  PublishOptions,
  PublishResult,
  QueuedEvent,
  ReconnectOptions,
  RequestOptions,
  Startable,
  StartableCallerPeer,
  StateChange,
  SubscribeOptions,
  Subscription,
  UntypedCallOptions,
  WampEvent,
  WampMessage,
  WampResult,
} from "./peer/types.js";
export type { SessionDetails } from "./session/details.js";
export type { ClientTransport, TransportAttempt } from "./transport/client-transport.js";
export type { Transport } from "./transport/transport.js";
export {
  type CallFailure,
  type ErrorWith,
  type FailedCall,
  isError,
  type SimpleFailureCode,
} from "./wire/call-failure.js";
export { isWampError, WampError, type WampErrorOptions } from "./wire/error.js";
export type { Issue } from "./wire/issue.js";
export type { CancelMode } from "./wire/options.js";
export type { BatchFraming, MessageSerializer, Serializer } from "./wire/serializer.js";
export type { MatchPolicy, Uri } from "./wire/uris.js";
