/** Entry point `wampact/peer`: the untyped peer, for Node and browsers. */

export { json } from "#json";
export type { Clock } from "../session/clock.js";
export type { SessionDetails } from "../session/details.js";
export type { ClientTransport, TransportAttempt } from "../transport/client-transport.js";
export type { OverloadedCompressor, SentWork } from "../transport/sent-work.js";
export type { ChannelBinding, PeerInfo, TlsInfo, Transport, TransportListener } from "../transport/transport.js";
export type { UpgradeHeaders } from "../transport/websocket/websocket.js";
export {
  type CallFailure,
  type ErrorWith,
  type FailedCall,
  isError,
  type SimpleFailureCode,
} from "../wire/call-failure.js";
export { isWampError, type ProtocolViolation, WampError, type WampErrorOptions } from "../wire/error.js";
export type { Dict } from "../wire/fields.js";
export type { Id } from "../wire/ids.js";
export type { Issue } from "../wire/issue.js";
export type * as messages from "../wire/messages.js";
export type { InvocationPolicy, Message } from "../wire/messages.js";
export type * as messageOptions from "../wire/options.js";
export type { CancelMode, EventDetails, InvocationDetails, Passthru, ResultDetails } from "../wire/options.js";
export type { Arguments, EncodedPayload, Payload, PayloadBytes, PayloadFormat, SerializerId } from "../wire/payload.js";
export type { RefusedPayload } from "../wire/refused-payload.js";
export type { BatchFraming, Headroom, MessageSerializer, PlainWriter, Serializer } from "../wire/serializer.js";
export type { SerializerOptions } from "../wire/serializer-options.js";
export type { MatchPolicy, Uri } from "../wire/uris.js";
export type { ClientAuth, ClientLogin, LoginAnswer, SessionLogin } from "./auth/client-auth.js";
export type { Call, Settled } from "./call.js";
export type { CallStack } from "./call-stack.js";
export { connect, createPeer } from "./connect.js";
export type { CallReading } from "./deferred-call.js";

export type { Offline, OfflineLimits } from "./offline.js";
export type { PayloadScheme } from "./payload-schemes.js";
export { result, type WampReply } from "./reply.js";
export type {
  CallerOptions,
  CallerPeer,
  CallMapping,
  CallOptions,
  CallRequest,
  Chunk,
  ConnectOptions,
  DrainOptions,
  EventsOptions,
  Identity,
  Invocation,
  LostEntry,
  OfflineOptions,
  Peer,
  PeerState,
  PublishOptions,
  PublishResult,
  QueuedEvent,
  ReconnectOptions,
  RegisterOptions,
  Registration,
  RequestOptions,
  Startable,
  StartablePeer,
  StateChange,
  SubscribeOptions,
  Subscription,
  TraceOptions,
  UntypedCallOptions,
  WampChunk,
  WampEvent,
  WampMessage,
  WampResult,
} from "./types.js";
