import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { Uri } from "../wire/uris.js";
import { TopicReaders } from "./access/visible.js";
import { EventCopies } from "./event-copies.js";
import { type Publication, withTopic } from "./publication.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { receiverFilter } from "./receivers.js";
import type { RetainedDeliveries } from "./retained-deliveries.js";
import type { SentRetained } from "./sent-retained.js";
import { shardOf } from "./shards.js";
import type { Subscription } from "./subscription.js";

/** The deliveries of retained events. */
export interface RetainedParts {
  /** Informed of live events, so that no older event follows them. */
  readonly retained: Pick<RetainedDeliveries, "areRunning" | "sentLive">;
  readonly sent: Pick<SentRetained, "take">;
}

/** Sends events to the subscribers of this router that may receive them. Spec: "Publish and Subscribe". */
export class EventDelivery {
  readonly #dropped: Surroundings["dropped"];
  readonly #retained: RetainedParts["retained"];
  readonly #sentRetained: RetainedParts["sent"];

  constructor({ dropped }: Pick<Surroundings, "dropped">, { retained, sent }: RetainedParts) {
    this.#dropped = dropped;
    this.#retained = retained;
    this.#sentRetained = sent;
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

  /** As `deliver`, for an event that new subscribers may have received as a retained one: they are skipped. */
  deliverOnce(publication: Publication, subscriptions: readonly Subscription[]): number {
    const receivers = this.#sentRetained.take(publication.id);
    if (!receivers) return this.deliver(publication, subscriptions);
    const others = subscriptions.filter(({ id }) => !receivers.has(id));
    let sent = this.deliver(publication, others);
    for (const subscription of subscriptions) {
      const sessions = receivers.get(subscription.id);
      if (sessions) sent += this.deliver(without(publication, sessions), [subscription]);
    }
    return sent;
  }

  /** Sends an event to one subscriber. If that fails, only this subscriber misses it. */
  send(subscriber: RealmSession, event: m.Event, topic: Uri): void {
    const refusal = subscriber.send(event);
    if (refusal) this.#dropped(subscriber, topic, refusal);
  }
}

function without(publication: Publication, sessions: readonly Id[]): Publication {
  const { options } = publication;
  return { ...publication, options: { ...options, exclude: [...(options.exclude ?? []), ...sessions] } };
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
