import type * as m from "../wire/messages.js";
import type { Uri } from "../wire/uris.js";
import { TopicReaders } from "./access/visible.js";
import { EventCopies } from "./event-copies.js";
import { type Publication, withTopic } from "./publication.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { receiverFilter } from "./receivers.js";
import type { RetainedDeliveries } from "./retained-deliveries.js";
import { shardOf } from "./shards.js";
import type { Subscription } from "./subscription.js";

/** Sends events to the subscribers of this router that may receive them. Spec: "Publish and Subscribe". */
export class EventDelivery {
  readonly #dropped: Surroundings["dropped"];
  readonly #retained: Pick<RetainedDeliveries, "areRunning" | "sentLive">;

  /** `retained` is informed of live events, so that no older event follows them. */
  constructor(
    { dropped }: Pick<Surroundings, "dropped">,
    retained: Pick<RetainedDeliveries, "areRunning" | "sentLive">,
  ) {
    this.#dropped = dropped;
    this.#retained = retained;
  }

  /**
   * Sends an event to the receivers of this router. A session that holds several matching subscriptions receives several copies
   * under one publication ID, of at most 16 MiB together. Returns the number of receivers.
   */
  deliver(publication: Publication, subscriptions: readonly Subscription[]): number {
    const { id, payload, options, topic, about } = publication;
    const receives = receiverFilter(publication.publisher, options);
    const retained = this.#retained;
    let sent = 0;
    const copies = EventCopies.matter(subscriptions.length, payload) ? new EventCopies(payload) : undefined;
    for (const subscription of subscriptions) {
      if (subscription.subscribers.size === 0) continue;
      const event: m.Event = {
        type: "EVENT",
        subscription: subscription.id,
        publication: id,
        details: withTopic(publication, subscription),
        payload,
      };
      const readers = subscription.match === "exact" && !about ? undefined : new TopicReaders(topic, about);
      const node = options.rkey === undefined ? undefined : shardOf(publication, subscription);
      for (const subscriber of subscription.subscribers) {
        if (!receives(subscriber) || !takesPart(subscriber, { subscription, node })) continue;
        if (readers && !readers.include(subscriber)) continue;
        if (options.ppt_scheme !== undefined && !subscriber.announces("subscriber", "payload_passthru_mode")) continue;
        const refusal = copies?.add(subscriber);
        if (refusal) this.#dropped(subscriber, topic, refusal);
        else this.send(subscriber, event, topic);
        if (retained.areRunning) retained.sentLive(subscriber, subscription, topic);
        sent++;
      }
    }
    return sent;
  }

  /** Sends an event to one subscriber. If that fails, only this subscriber misses it. */
  send(subscriber: RealmSession, event: m.Event, topic: Uri): void {
    const refusal = subscriber.send(event);
    if (refusal) this.#dropped(subscriber, topic, refusal);
  }
}

/**
 * Returns whether a subscriber receives an event. Subscribers with a node key share events that have a resource key: each goes to
 * one node. The others receive everything.
 */
function takesPart(
  session: RealmSession,
  { subscription, node }: { readonly subscription: Subscription; readonly node: string | undefined },
): boolean {
  if (node === undefined) return true;
  const own = subscription.nodeKeys.of(session);
  return own === undefined || own === node;
}
