"use client";
import { useState } from "react";
import type { PlainTopicClient, TopicClient, TypedEvent } from "../typed/types.js";
import {
  type AnyTopic,
  readTopicArguments,
  type SubscriptionOptions,
  type SubscriptionState,
  useTopicKey,
  useTopicListener,
} from "./use-subscription.js";

/** The state of a topic in a component. */
export type TopicState<Value> = SubscriptionState & { readonly value: Value };

/** Options that keep the newest event. */
export interface LatestOptions extends SubscriptionOptions {
  /** Whether the retained event of each matching topic is delivered first. Default true. */
  readonly getRetained?: boolean;
}

/** Options that keep a list of events, oldest first. */
export interface ListOptions extends SubscriptionOptions {
  /** The maximum number of events in the list, from 1. Beyond it, the oldest are dropped. */
  readonly keep: number;
}

/** Options that reduce events to a state. */
export interface ReduceOptions<State, Event> extends SubscriptionOptions {
  /** The state before any event, and after the parameters change. */
  readonly initial: State;
  /** Returns the state after an event. It must be pure: StrictMode calls it twice. */
  readonly reduce: (state: State, event: Event) => State;
}

/** An event of a topic without URI parameters. */
export type PlainEvent<Event> = TypedEvent<Record<never, never>, Event>;

/**
 * Returns the newest event of a topic, a list of the newest ones (`keep`), or a state that a reducer makes of them (`initial`,
 * `reduce`). It listens while the component is mounted, as `useSubscription` does. Other parameters start again. Throws `Error`
 * outside of a provider, and `TypeError` for a `keep` below 1.
 *
 * ```tsx
 * const { value } = useTopic(api.price, { lot }); // value?.data
 * const { value: lines } = useTopic(api.said, { room }, { keep: 50 });
 * const { value: total } = useTopic(api.sold, {}, { initial: 0, reduce: (sum, { data }) => sum + data.amount });
 * ```
 */
export function useTopic<P, E, I, PI, State>(
  topic: TopicClient<P, E, I, PI>,
  params: Partial<NoInfer<PI>>,
  options: ReduceOptions<State, TypedEvent<P, E>>,
): TopicState<State>;
export function useTopic<P, E, I, PI>(
  topic: TopicClient<P, E, I, PI>,
  params: Partial<NoInfer<PI>>,
  options: ListOptions,
): TopicState<readonly TypedEvent<P, E>[]>;
export function useTopic<P, E, I, PI>(
  topic: TopicClient<P, E, I, PI>,
  params: Partial<NoInfer<PI>>,
  options?: LatestOptions,
): TopicState<TypedEvent<P, E> | undefined>;
export function useTopic<E, I, State>(
  topic: PlainTopicClient<E, I>,
  options: ReduceOptions<State, PlainEvent<E>>,
): TopicState<State>;
export function useTopic<E, I>(
  topic: PlainTopicClient<E, I>,
  options: ListOptions,
): TopicState<readonly PlainEvent<E>[]>;
export function useTopic<E, I>(
  topic: PlainTopicClient<E, I>,
  options?: LatestOptions,
): TopicState<PlainEvent<E> | undefined>;
export function useTopic(topic: AnyTopic, ...given: readonly unknown[]): TopicState<unknown> {
  const { params, rest } = readTopicArguments(topic, given);
  const options = (rest[0] ?? {}) as TopicOptions;
  if (options.keep !== undefined && !(options.keep >= 1)) {
    throw new TypeError(`useTopic.keep: expected a number from 1, got ${options.keep}`);
  }
  const key = useTopicKey(topic, params);
  const [heard, setHeard] = useState<Heard>({ key, value: initialOf(options) });
  const handler = (event: unknown) =>
    setHeard((before) => {
      const value = before.key === key ? before.value : initialOf(options);
      return { key, value: next(value, event, options) };
    });
  const isLatest = options.keep === undefined && options.reduce === undefined;
  const getRetained = options.getRetained ?? isLatest;
  const state = useTopicListener(topic, { key, params, handler, options: { ...options, getRetained } });
  return { ...state, value: heard.key === key ? heard.value : initialOf(options) };
}

type TopicOptions = SubscriptionOptions & Partial<ListOptions> & Partial<ReduceOptions<unknown, unknown>>;

/** A value, and its topic. */
interface Heard {
  readonly key: string;
  readonly value: unknown;
}

const EMPTY: readonly unknown[] = [];

function initialOf({ keep, reduce, initial }: TopicOptions): unknown {
  if (reduce) return initial;
  return keep === undefined ? undefined : EMPTY;
}

function next(value: unknown, event: unknown, { keep, reduce }: TopicOptions): unknown {
  if (reduce) return reduce(value, event);
  if (keep === undefined) return event;
  return [...(value as readonly unknown[]), event].slice(-keep); // a list, which `initialOf` has created
}
