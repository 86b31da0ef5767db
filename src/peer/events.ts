import { BoundedQueue, type QueueLoop } from "./bounded-queue.js";
import { disconnected } from "./failures.js";
import { awaitWithin } from "./limits.js";
import type { CallerPeer, EventsOptions, SubscribeOptions, Subscription } from "./types.js";

/** Subscribes a loop's handler. */
export type Subscribe<Event> = (
  handler: (event: Event) => void,
  options: Pick<SubscribeOptions, "signal" | "getRetained">,
) => Promise<Subscription>;

/** Longest wait for UNSUBSCRIBED when a loop is left, in milliseconds. */
const UNSUBSCRIBE_TIMEOUT_MS = 2_000;

/**
 * Returns the events as an iterable. Each loop over it subscribes, and unsubscribes at once when it ends. Events that were
 * dropped because the loop was busy are counted in the `dropped` of the next one. A loop fails with `wampact.error.disconnected`
 * when the peer leaves or closes.
 */
export function eventsOf<Event extends { readonly dropped: number }>(
  peer: CallerPeer,
  options: EventsOptions,
  subscribe: Subscribe<Event>,
): AsyncIterable<Event> {
  return { [Symbol.asyncIterator]: () => loopOver(peer, options, subscribe) };
}

function loopOver<Event extends { readonly dropped: number }>(
  peer: CallerPeer,
  { signal, getRetained, queue: limit = 1_000 }: EventsOptions,
  subscribe: Subscribe<Event>,
): QueueLoop<Event> {
  const queue = new BoundedQueue<Event>({ limit, overflow: "drop" });
  let listening: Listening | undefined;
  let isOver = false;
  const loop = queue.read({
    read: (event, dropped) => (dropped > 0 ? { ...event, dropped } : event),
    over() {
      isOver = true;
      return listening?.stop();
    },
  });
  return {
    ...loop,
    next() {
      if (signal?.aborted)
        queue.end(); // an aborted loop ends without an error
      else if (!isOver) listening ??= listen(peer, { queue, signal, getRetained, subscribe });
      return loop.next();
    },
  };
}

/** The subscription of a loop, created at its first step. */
interface Listening {
  /** Unsubscribes. Resolves when that is acknowledged, or at once if there is no subscription yet. */
  stop(): Promise<void>;
}

interface ListeningLoop<Event> {
  readonly queue: BoundedQueue<Event>;
  readonly signal: AbortSignal | undefined;
  readonly getRetained: boolean | undefined;
  readonly subscribe: Subscribe<Event>;
}

function listen<Event>(peer: CallerPeer, { queue, signal, getRetained, subscribe }: ListeningLoop<Event>): Listening {
  const onAbort = () => queue.end();
  signal?.addEventListener("abort", onAbort);
  const unwatch = peer.on("state", (state, reason) => {
    if (state === "left" || state === "closed") queue.end(disconnected(reason ?? `the peer is ${state}`));
  });
  const subscribing = subscribe((event) => queue.push(event), {
    signal,
    ...(getRetained !== undefined && { getRetained }),
  });
  let subscription: Subscription | undefined;
  let isOver = false;
  subscribing.then(
    (standing) => {
      subscription = standing;
      if (isOver) void unsubscribe(peer, standing); // the loop was left before
    },
    (error: unknown) => queue.end(signal?.aborted ? undefined : error),
  );
  return {
    async stop() {
      isOver = true;
      unwatch();
      signal?.removeEventListener("abort", onAbort);
      if (subscription) await unsubscribe(peer, subscription);
    },
  };
}

async function unsubscribe(peer: CallerPeer, subscription: Subscription): Promise<void> {
  try {
    await awaitWithin(subscription.unsubscribe(), { timeoutMs: UNSUBSCRIBE_TIMEOUT_MS }, peer);
  } catch (error) {
    peer.onError(error);
  }
}
