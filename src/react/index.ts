"use client";
/** Entry point `wampact/react`: a provider and hooks for typed clients. The application installs React. */
export type { CallState, FailureOf, PendingCall } from "./call-runner.js";
export type { ConnectionStatus, PeerSource, ProvidedPeer } from "./connection.js";
export {
  type ConnectionView,
  useClient,
  useConnection,
  usePeer,
  WampactProvider,
  type WampactProviderProps,
} from "./provider.js";
export {
  type EagerCall,
  type LazyCall,
  type Procedure,
  type SuspendedCall,
  type UseCallOptions,
  useCall,
} from "./use-call.js";
export { type SubscriptionOptions, type SubscriptionState, useSubscription } from "./use-subscription.js";
export {
  type LatestOptions,
  type ListOptions,
  type PlainEvent,
  type ReduceOptions,
  type TopicState,
  useTopic,
} from "./use-topic.js";
