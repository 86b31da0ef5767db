import type { ClientSession } from "./client-session.js";
import { canceled } from "./failures.js";
import { awaitWithin } from "./limits.js";
import type { Registry } from "./registry.js";
import { checkHandler, checkUri, toSubscribeOptions } from "./request-options.js";
import { type EventListener, SubscriptionEntry } from "./subscription-entry.js";
import type { SubscribeOptions, Subscription, WampEvent } from "./types.js";

/** The arguments of `Peer.subscribe`. */
export interface SubscribeRequest {
  readonly topic: string;
  readonly handler: (event: WampEvent) => unknown;
  readonly options: SubscribeOptions;
}

/** The application's subscriptions. All listeners of a topic share an entry of the registry. */
export class Subscriptions {
  readonly #registry: Registry;
  readonly #entries = new Map<string, SubscriptionEntry>(); // match policy and topic → entry

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Throws `TypeError` for invalid arguments, before anything is sent. */
  async subscribe(session: ClientSession, { topic, handler, options }: SubscribeRequest): Promise<Subscription> {
    checkUri("topic", topic);
    checkHandler(handler);
    const { get_retained: _, ...wire } = toSubscribeOptions(options);
    if (options.signal?.aborted) throw canceled();
    const entry = this.#entryOf({ topic, options: wire });
    const listener: EventListener = { handler, getRetained: options.getRetained === true };
    const unsubscribe = () => this.#unlisten(entry, listener);
    try {
      await awaitWithin(entry.add(session, listener), options, session);
    } catch (error) {
      unsubscribe().catch(this.#registry.onError); // not awaited, because SUBSCRIBED may still be pending
      throw error;
    }
    return {
      get id() {
        return entry.id;
      },
      topic,
      unsubscribe,
      [Symbol.asyncDispose]: unsubscribe,
    };
  }

  #entryOf(made: ConstructorParameters<typeof SubscriptionEntry>[0]): SubscriptionEntry {
    const key = `${made.options.match ?? "exact"} ${made.topic}`;
    const known = this.#entries.get(key);
    if (known) return known;
    const entry = new SubscriptionEntry(made, this.#registry.onError);
    this.#entries.set(key, entry);
    this.#registry.hold(entry, () => this.#entries.delete(key));
    return entry;
  }

  /** Removes a listener. The last one ends the subscription, after it has been established. */
  async #unlisten(entry: SubscriptionEntry, listener: EventListener): Promise<void> {
    if (!entry.remove(listener)) return;
    await entry.established?.catch(() => {}); // its own promise reports the failure
    if (entry.inUse || !this.#registry.holds(entry)) return;
    this.#registry.forget(entry);
    await entry.end();
  }
}
