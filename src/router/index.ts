/** Entry `wampact/router`: the router, for Node. */
export type { Clock } from "../session/clock.js";
export type { SessionDetails } from "../session/details.js";
export type { Listener, ListenerHost, Listening } from "../transport/listener.js";
export type { PeerInfo, Reading, Transport, TransportListener } from "../transport/transport.js";
export type { SlowConnection, UnsentTotal } from "../transport/unsent.js";
export {
  type WebSocketOptions as ListenOptions,
  type WebSocketOptions,
  websocket,
} from "../transport/websocket/listener.js";
export type { SerializerOptions } from "../wire/bounds.js";
export type { Serializer } from "../wire/serializer.js";
export type { RoleConfig, RolesConfig } from "./access/roles.js";
export type { PermissionRule } from "./access/rules.js";
export { type AnonymousOptions, anonymous } from "./auth/anonymous.js";
export type { Authenticator, Principal, Verdict } from "./auth/authenticator.js";
export type { LocalIdentity } from "./auth/local.js";
export type { Action, Authorizer, Decision, Party } from "./authorizer.js";
export type { HistoryOptions, RealmConfig, RouterConfig } from "./config.js";
export type { RealmTotals } from "./counters.js";
export type { DisclosingAction, Disclosure } from "./disclosure.js";
export type { RealmLimits, SessionLimits } from "./limits.js";
export type { EndedBy, OnError, RouterEvent, RouterObserver } from "./observer.js";
export type {
  Joining,
  PayloadValues,
  Policy,
  PolicyMessage,
  PolicyRequest,
  PolicyResult,
  Rewritten,
} from "./policy.js";
export type { RealmStats } from "./realm.js";
export type { LastingLists } from "./receivers.js";
export { type CloseOptions, createRouter, type Router } from "./router.js";
export type { StoreBounds } from "./store/bounds.js";
export { type MemoryStoreOptions, memoryStore } from "./store/memory.js";
export type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store/store.js";
