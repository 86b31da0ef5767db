"use client";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Subscription } from "../peer/types.js";
import { memberInfo } from "../typed/member-info.js";
import type { ListenOptions, PlainTopicClient, TopicClient, TypedEvent } from "../typed/types.js";
import { isWampError } from "../wire/error.js";
import { DISCONNECTED } from "../wire/uris.js";
import { type Connection, type ConnectionStatus, NOT_YET } from "./connection.js";
import { useConnectionStore, usePeer } from "./provider.js";

/** Options of `useSubscription` and `useTopic`. */
export interface SubscriptionOptions extends Pick<ListenOptions, "getRetained"> {
  /** Whether the component listens. Default true. */
  readonly enabled?: boolean;
  /** Called when a lost connection is back: events in between are lost. Default: none. */
  readonly onReturn?: () => void;
}

/** The state of a component's subscription. */
export type SubscriptionState =
  /** `pending` until the subscription is active, and while there is no connection. */
  | { readonly status: "pending" | "live"; readonly error: undefined }
  /**
   * The router has refused it, or the parameters are invalid: a `WampError` whose `uri` has the reason. It is tried again when a lost
   * connection is back.
   */
  | { readonly status: "failed"; readonly error: Error };

const PENDING: SubscriptionState = { status: "pending", error: undefined };
const LIVE: SubscriptionState = { status: "live", error: undefined };

/** A topic of a generated client, of any type. */
export interface AnyTopic {
  subscribe(...given: readonly never[]): Promise<Subscription>;
}

/**
 * Calls `handler` with each event of a topic while the component is mounted. The hook compares parameters by value. An omitted parameter
 * matches every value. The hook uses the handler of the last render. Components that listen to the same topic share one
 * subscription. Nothing is subscribed on a server. Throws `Error` outside of a provider.
 *
 * ```tsx
 * useSubscription(api.said, { room }, ({ data }) => toast(data.text));
 * ```
 */
export function useSubscription<Params, Event, EventInit, ParamsInit>(
  topic: TopicClient<Params, Event, EventInit, ParamsInit>,
  params: Partial<NoInfer<ParamsInit>>,
  handler: (event: TypedEvent<Params, Event>) => unknown,
  options?: SubscriptionOptions,
): SubscriptionState;
export function useSubscription<Event, EventInit>(
  topic: PlainTopicClient<Event, EventInit>,
  handler: (event: TypedEvent<Record<never, never>, Event>) => unknown,
  options?: SubscriptionOptions,
): SubscriptionState;
export function useSubscription(topic: AnyTopic, ...given: readonly unknown[]): SubscriptionState {
  const { params, rest } = readTopicArguments(topic, given);
  const [handler, options] = rest as [(event: never) => unknown, SubscriptionOptions?];
  return useTopicListener(topic, { key: useTopicKey(topic, params), params, handler, options });
}

/**
 * Reads the parameters of a topic's hook, and the arguments after them. Throws `TypeError` for a value that is not a client's
 * topic.
 */
export function readTopicArguments(topic: AnyTopic, given: readonly unknown[]): TopicArguments {
  const info = memberInfo(topic);
  if (!info) throw new TypeError("expected a topic of a client, such as api.said");
  return info.leading === 0 ? { params: undefined, rest: given } : { params: given[0] ?? {}, rest: given.slice(1) };
}

interface TopicArguments {
  /** `undefined` for a topic without parameters. */
  readonly params: object | undefined;
  readonly rest: readonly unknown[];
}

/** Returns a key that is equal for the same topic of the same peer with parameters that are equal by value. */
export function useTopicKey(topic: AnyTopic, params: object | undefined): string {
  const { keys } = useConnectionStore();
  const peer = usePeer<object>();
  return `${keys.identityOf(peer)} ${memberInfo(topic)?.uri} ${keys.of(params)}`; // a component may create its client in each render
}

interface ListenerSettings {
  /** From `useTopicKey`. Another key subscribes again. */
  readonly key: string;
  readonly params: object | undefined;
  readonly handler: (event: never) => unknown;
  /** Called when events start to arrive, and when a lost connection is back: earlier ones may have been missed. */
  readonly caughtUp?: () => void;
  readonly options?: SubscriptionOptions | undefined;
}

/** Implements `useSubscription` after its arguments are read. */
export function useTopicListener(topic: AnyTopic, settings: ListenerSettings): SubscriptionState {
  const { key, options: { enabled = true, getRetained = false } = {} } = settings;
  const connection = useConnectionStore();
  const { state } = useSyncExternalStore(connection.subscribe, connection.status, notYet);
  const wanted = enabled ? key : undefined;
  const [known, setKnown] = useState<SubscriptionState>(PENDING);
  const latest = useRef({ ...settings, topic });
  useEffect(() => {
    latest.current = { ...settings, topic };
  });
  useEffect(() => {
    if (wanted === undefined) return undefined;
    const { topic, params } = latest.current;
    return keepListening(connection, {
      subscribe: (hear) => subscribeTo(topic, [...(params ? [params] : []), hear, { getRetained }]),
      heard: (event) => latest.current.handler(event),
      begun: () => latest.current.caughtUp?.(),
      returned: () => {
        latest.current.caughtUp?.();
        latest.current.options?.onReturn?.();
      },
      changed: setKnown,
    });
  }, [connection, wanted, getRetained]);
  return known.status === "live" && state !== "ready" ? PENDING : known;
}

interface Listening {
  subscribe(hear: (event: never) => unknown): Promise<Subscription>;
  heard(event: never): unknown;
  begun(): void;
  returned(): void;
  changed(state: SubscriptionState): void;
}

/**
 * Subscribes at the end of this turn, so that StrictMode, which unmounts and remounts at once, subscribes once. Waits for a session
 * if there is none. The peer restores the subscription after a lost connection; a refused one is tried again then. Returns a function
 * that unsubscribes.
 */
function keepListening(connection: Connection, { subscribe, heard, begun, returned, changed }: Listening): () => void {
  let over = false;
  let stopWaiting = () => {};
  let subscription: Subscription | undefined;
  const leave = () => {
    subscription?.unsubscribe().catch((error: unknown) => connection.peer().onError(error));
  };
  const begin = async () => {
    if (over) return;
    if (connection.status().state !== "ready") {
      stopWaiting = connection.when(isReady, () => void begin());
      return;
    }
    try {
      subscription = await subscribe((event) => (over ? undefined : heard(event)));
    } catch (error) {
      if (over) return;
      if (isWampError(error) && error.uri === DISCONNECTED) stopWaiting = connection.when(isReady, () => void begin());
      else {
        changed({ status: "failed", error: error instanceof Error ? error : new Error(String(error)) });
        const again = watchReturn(connection, () => {
          stopWaiting();
          void begin();
        });
        stopWaiting = connection.subscribe(again);
      }
      return;
    }
    if (over) leave();
    else {
      changed(LIVE);
      begun();
      stopWaiting = connection.subscribe(watchReturn(connection, returned));
    }
  };
  queueMicrotask(() => void begin());
  return () => {
    over = true;
    stopWaiting();
    leave();
    changed(PENDING);
  };
}

/** Returns a listener for changes of the connection, which calls back each time it is restored. */
export function watchReturn(connection: Connection, returned: () => void): () => void {
  let wasAway = false;
  return () => {
    const isAway = connection.isAway();
    if (wasAway && isReady(connection.status().state)) returned();
    wasAway = isAway;
  };
}

function subscribeTo(topic: AnyTopic, given: readonly unknown[]): Promise<Subscription> {
  return (topic.subscribe as (...all: readonly unknown[]) => Promise<Subscription>)(...given);
}

function isReady(state: ConnectionStatus["state"]): boolean {
  return state === "ready";
}

function notYet(): ConnectionStatus {
  return NOT_YET;
}
