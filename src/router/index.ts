/** Entry point `wampact/router`: the router, for Node. */

export type { ScramKdf } from "../auth/scram.js";
export type { Clock } from "../session/clock.js";
export type { SessionDetails } from "../session/details.js";
export type { Listener, ListenerHost, Listening } from "../transport/listener.js";
export { type RawSocketOptions, rawSocket } from "../transport/rawsocket/listener.js";
export type { RawSocketSettings } from "../transport/rawsocket/options.js";
export type { SocketServerOptions } from "../transport/socket-server-options.js";
export type { TlsOptions } from "../transport/tls-options.js";
export type {
  ChannelBinding,
  CutCause,
  PeerInfo,
  Reading,
  TlsInfo,
  Transport,
  TransportListener,
} from "../transport/transport.js";
export type { UnfinishedConnection, UnfinishedTotal } from "../transport/unfinished.js";
export { type UniversalOptions, universal } from "../transport/universal/listener.js";
export type { SlowConnection, UnsentTotal } from "../transport/unsent.js";
export { websocket } from "../transport/websocket/listener.js";
export type { WebSocketOptions as ListenOptions, WebSocketOptions } from "../transport/websocket/options.js";
export type { Serializer } from "../wire/serializer.js";
export type { SerializerOptions } from "../wire/serializer-options.js";
export type { RoleConfig, RolesConfig } from "./access/roles.js";
export type { PermissionRule } from "./access/rules.js";
export { type AnonymousOptions, anonymous } from "./auth/anonymous.js";
export type { Authenticator, LoginContext, Principal, Verdict } from "./auth/authenticator.js";
export { type ByProcedureOptions, byProcedure } from "./auth/by-procedure.js";
export type { ChannelPolicy } from "./auth/channel.js";
export { type CryptosignOptions, type CryptosignPrincipal, cryptosign } from "./auth/cryptosign.js";
export type { LocalIdentity } from "./auth/local.js";
export type { FailedLogins } from "./auth/login-pace.js";
export type { FindPrincipal, LoginDetails, PrincipalEntry, Principals } from "./auth/principals.js";
export { type ScramOptions, type ScramPrincipal, scram } from "./auth/scram.js";
export { hashScramPassword, type ScramHashOptions } from "./auth/scram-hash.js";
export { hashTicket, type ScryptCost } from "./auth/scrypt.js";
export type { Secret } from "./auth/secret.js";
export { type TicketOptions, type TicketPrincipal, ticket } from "./auth/ticket.js";
export {
  type CraDecoyCost,
  type CraHashOptions,
  hashCraSecret,
  type WampCraOptions,
  type WampCraPrincipal,
  wampcra,
} from "./auth/wampcra.js";
export type { Action, Authorizer, Decision, Party } from "./authorizer.js";
export type { HistoryOptions, RealmChanges, RealmConfig, RouterConfig } from "./config.js";
export type { RealmTotals } from "./counters.js";
export type { DisclosingAction, Disclosure } from "./disclosure.js";
export type { RouterId } from "./interest.js";
export type { RealmLimits, SessionLimits } from "./limits.js";
export type { RealmMeter, RouterMeter } from "./meter.js";
export type {
  CalledEvent,
  Claim,
  ClusterChange,
  EndedBy,
  OnError,
  PublishedEvent,
  RouterEvent,
  RouterObserver,
  SessionSubject,
} from "./observer.js";
export type {
  Joining,
  PayloadValues,
  Policy,
  PolicyMessage,
  PolicyRequest,
  PolicyResult,
  Rewritten,
} from "./policy.js";
export type { Cluster, ClusterPeer, ClusterStatus } from "./realm-link.js";
export type { RealmStats } from "./realm-stats.js";
export type { LastingLists } from "./receivers.js";
export { createRouter, type Router, type RouterStatus } from "./router.js";
export type { CloseOptions } from "./shutdown.js";
export type { StoreBounds } from "./store/bounds.js";
export type { GuardedStoreStats } from "./store/guarded.js";
export { type MemoryStoreOptions, memoryStore } from "./store/memory.js";
export type {
  EventStore,
  EventStoreMaker,
  EventStoreStats,
  HistoryKey,
  HistoryRange,
  StoredEvent,
  StorePlace,
} from "./store/store.js";
export type { Traffic } from "./traffic.js";
