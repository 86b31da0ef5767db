import type { ParamValues } from "../contract/template-params.js";
import { disconnected } from "../peer/failures.js";
import type { Peer, Subscription } from "../peer/types.js";
import { EventQueue } from "./event-queue.js";
import type { EventsOptions, ListenOptions, TypedEvent } from "./types.js";

type AnyEvent = TypedEvent<ParamValues, unknown>;

/** What subscribes a handler to the events of a loop. */
export type Subscribe = (handler: (event: AnyEvent) => void, options: ListenOptions) => Promise<Subscription>;

/** Events as they come, from the start of the loop to its end, which unsubscribes. */
export async function* eventsOf(
  peer: Peer,
  { signal, getRetained, queue: limit = 1_000 }: EventsOptions,
  subscribe: Subscribe,
): AsyncGenerator<AnyEvent, void, void> {
  if (signal?.aborted) return;
  const queue = new EventQueue<AnyEvent>(limit);
  const onAbort = () => queue.end();
  signal?.addEventListener("abort", onAbort, { once: true });
  const unwatch = peer.on("state", (state, reason) => {
    if (state === "left" || state === "closed") queue.end(disconnected(reason ?? `the peer is ${state}`));
  });
  try {
    const subscription = await subscribe((event) => queue.push(event), {
      signal,
      ...(getRetained !== undefined && { getRetained }),
    });
    try {
      for (let next = await queue.next(); next; next = await queue.next()) {
        yield next.dropped > 0 ? { ...next.value, dropped: next.dropped } : next.value;
      }
    } finally {
      await subscription.unsubscribe();
    }
  } catch (error) {
    if (!signal?.aborted) throw error; // an aborted loop ends, and says nothing
  } finally {
    unwatch();
    signal?.removeEventListener("abort", onAbort);
  }
}
