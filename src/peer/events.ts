import { EventQueue } from "./event-queue.js";
import { disconnected } from "./failures.js";
import type { EventsOptions, Peer, SubscribeOptions, Subscription } from "./types.js";

/** What subscribes a loop's handler. */
export type Subscribe<Event> = (
  handler: (event: Event) => void,
  options: Pick<SubscribeOptions, "signal" | "getRetained">,
) => Promise<Subscription>;

/**
 * Events as they come, from the start of the loop to its end, which unsubscribes. What came before an event and was dropped,
 * because the loop was busy, is counted in its `dropped`. Fails with `wampact.error.disconnected` when the peer leaves or closes.
 */
export async function* eventsOf<Event extends { readonly dropped: number }>(
  peer: Peer,
  { signal, getRetained, queue: limit = 1_000 }: EventsOptions,
  subscribe: Subscribe<Event>,
): AsyncGenerator<Event, void, void> {
  if (signal?.aborted) return;
  const queue = new EventQueue<Event>(limit);
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
