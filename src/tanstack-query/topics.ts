"use client";
import { type DataTag, type InvalidateQueryFilters, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useConnectionStore } from "../react/provider.js";
import {
  type AnyTopic,
  readTopicArguments,
  type SubscriptionOptions,
  type SubscriptionState,
  useTopicKey,
  useTopicListener,
} from "../react/use-subscription.js";
import type { PlainEvent } from "../react/use-topic.js";
import type { PlainTopicClient, TopicClient, TypedEvent } from "../typed/types.js";
import { fetchAgain } from "./fetch-again.js";
import { updateData } from "./update-data.js";

/**
 * The queries that an event invalidates, for example `queryOptions(api.lots, [])`, or `{ queryKey: queryKeyOf(api.lot) }` for those
 * of all arguments.
 */
export type InvalidatedQueries = Pick<InvalidateQueryFilters, "queryKey" | "exact" | "refetchType">;

/** Options of hooks that follow a topic. */
export type FollowOptions = Pick<SubscriptionOptions, "enabled" | "getRetained">;

/** One query, whose data has this type. */
export interface TaggedQuery<Data> {
  readonly queryKey: DataTag<readonly unknown[], Data, unknown>;
}

/** Returns the new data of a query after an event; `undefined` leaves it unchanged. */
export type TopicUpdate<Data, Event> = (data: Data | undefined, event: Event) => Data | undefined;

/**
 * Fetches queries again when an event arrives, while the component is mounted. It also fetches them once the subscription is
 * active, and when a lost connection is back, so that no earlier change is missed. Events that arrive while it fetches cause one more
 * fetch afterwards. Components that listen to one topic share one subscription. Throws `Error` outside of a `WampactProvider`.
 *
 * ```tsx
 * useInvalidateOn(api.lotChanged, {}, queryOptions(api.lots, []));
 * ```
 */
export function useInvalidateOn<P, E, I, PI>(
  topic: TopicClient<P, E, I, PI>,
  params: Partial<NoInfer<PI>>,
  queries: InvalidatedQueries,
  options?: FollowOptions,
): SubscriptionState;
export function useInvalidateOn<E, I>(
  topic: PlainTopicClient<E, I>,
  queries: InvalidatedQueries,
  options?: FollowOptions,
): SubscriptionState;
export function useInvalidateOn(topic: AnyTopic, ...given: readonly unknown[]): SubscriptionState {
  const { params, rest } = readTopicArguments(topic, given);
  const [queries, options] = rest as [InvalidatedQueries, FollowOptions?];
  const client = useQueryClient();
  const key = useTopicKey(topic, params);
  const invalidate = () => fetchAgain(client, filtersOf(queries));
  return useTopicListener(topic, { key, params, options, handler: invalidate, caughtUp: invalidate });
}

/**
 * Changes the data of a query with each event, without fetching it. Like `useInvalidateOn`, it fetches the query again once the
 * subscription is active, and when a lost connection is back. An event that arrives during a fetch changes the data at once, and the
 * fetched data too, before they are shown. These may already contain the change of the event, as may those of a fetch shortly before
 * it: `update` should set values of the event and not add to those of the data, or use `useInvalidateOn`. `update` must not modify the
 * data that it receives. After 1,000 events during one fetch, the query is fetched from the beginning.
 *
 * ```tsx
 * useUpdateOn(api.bidPlaced, { lot }, queryOptions(api.lot, [{ lot }]), (found, { data }) => found && { ...found, price:
 * data.amount });
 * ```
 */
export function useUpdateOn<P, E, I, PI, Data>(
  topic: TopicClient<P, E, I, PI>,
  params: Partial<NoInfer<PI>>,
  query: TaggedQuery<Data>,
  update: TopicUpdate<NoInfer<Data>, TypedEvent<P, E>>,
  options?: FollowOptions,
): SubscriptionState;
export function useUpdateOn<E, I, Data>(
  topic: PlainTopicClient<E, I>,
  query: TaggedQuery<Data>,
  update: TopicUpdate<NoInfer<Data>, PlainEvent<E>>,
  options?: FollowOptions,
): SubscriptionState;
export function useUpdateOn(topic: AnyTopic, ...given: readonly unknown[]): SubscriptionState {
  const { params, rest } = readTopicArguments(topic, given);
  const [query, update, options] = rest as [{ queryKey: QueryKey }, TopicUpdate<unknown, unknown>, FollowOptions?];
  const client = useQueryClient();
  const key = useTopicKey(topic, params);
  const { peer } = useConnectionStore();
  const report = (error: unknown) => peer().onError(error);
  const handler = (event: unknown) =>
    updateData(client, { queryKey: query.queryKey, change: (data) => update(data, event), report });
  const caughtUp = () => fetchAgain(client, { queryKey: query.queryKey, exact: true });
  return useTopicListener(topic, { key, params, options, handler, caughtUp });
}

/** Returns the options of a query that are also options of a filter. */
export function filtersOf({ queryKey, exact, refetchType }: InvalidatedQueries): InvalidateQueryFilters {
  return {
    ...(queryKey && { queryKey }),
    ...(exact !== undefined && { exact }),
    ...(refetchType && { refetchType }),
  };
}
