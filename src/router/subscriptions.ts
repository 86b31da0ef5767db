import { type Id, IdCounter } from "../wire/ids.js";
import type { MatchPolicy } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import { type RealmSession, type Surroundings, timestamp } from "./realm-session.js";
import { SmallSet } from "./small-set.js";

/** Subscribers of one topic or pattern under one match policy. */
export interface Subscription {
  readonly id: Id;
  readonly topic: string;
  readonly match: MatchPolicy;
  /** When it was made, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly subscribers: Pick<SmallSet<RealmSession>, "has" | "size"> & Iterable<RealmSession>;
  /** The node keys of those that share events by resource key. Spec: "Sharded Subscription". */
  readonly nodeKeys: ReadonlyMap<RealmSession, string>;
  /** It stands without subscribers too, since its history is kept. */
  readonly permanent: boolean;
}

interface OwnSubscription extends Subscription {
  readonly subscribers: SmallSet<RealmSession>;
  nodeKeys: Map<RealmSession, string>;
}

/** Of the many subscriptions that nobody has a node key in. Never written to. */
const NO_KEYS: Map<RealmSession, string> = new Map();

/** What a session asks for when it subscribes. */
export interface SubscriptionRequest {
  readonly topic: string;
  readonly match: MatchPolicy;
  readonly nodeKey: string | undefined;
}

/** All subscriptions of a realm, with the meta events of their lives. Spec: "Subscription Meta API". */
export class Subscriptions {
  readonly #surroundings: Surroundings;
  readonly #index = new PatternIndex<OwnSubscription>();
  readonly #byId = new Map<Id, OwnSubscription>();
  readonly #bySession = new Map<RealmSession, Set<OwnSubscription>>();
  readonly #ids = new IdCounter();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** How many subscriptions there are, and sessions that are in one. */
  get stats(): { readonly subscriptions: number; readonly subscribers: number } {
    return { subscriptions: this.#byId.size, subscribers: this.#bySession.size };
  }

  all(): Iterable<Subscription> {
    return this.#byId.values();
  }

  byId(id: Id): Subscription | undefined {
    return this.#byId.get(id);
  }

  lookup(topic: string, match: MatchPolicy): Subscription | undefined {
    return this.#index.get(topic, match);
  }

  /** Every subscription that a topic reaches. */
  matching(topic: string): readonly Subscription[] {
    return this.#index.all(topic);
  }

  /** Makes a subscription that stands without subscribers. */
  keep(topic: string, match: MatchPolicy): Subscription {
    return this.#create(topic, { match, permanent: true });
  }

  /** Adds the session; the subscription is made if it is new. Subscribing again changes its node key only. */
  add(session: RealmSession, { topic, match, nodeKey }: SubscriptionRequest): Subscription {
    const existing = this.#index.get(topic, match);
    const subscription = existing ?? this.#create(topic, { match, permanent: false });
    if (!existing) this.#surroundings.emit("wamp.subscription.on_create", [session.id, detailsOf(subscription)]);
    if (nodeKey === undefined) subscription.nodeKeys.delete(session);
    else if (subscription.nodeKeys === NO_KEYS) subscription.nodeKeys = new Map([[session, nodeKey]]);
    else subscription.nodeKeys.set(session, nodeKey);
    if (subscription.subscribers.has(session)) return subscription;
    subscription.subscribers.add(session);
    const own = this.#bySession.get(session);
    if (own) own.add(subscription);
    else this.#bySession.set(session, new Set([subscription]));
    this.#surroundings.emit("wamp.subscription.on_subscribe", [session.id, subscription.id]);
    return subscription;
  }

  /** Takes the session out; the last one out takes the subscription along. */
  remove(session: RealmSession, id: Id): void {
    const subscription = this.#byId.get(id);
    if (!subscription?.subscribers.delete(session)) return;
    subscription.nodeKeys.delete(session);
    const own = this.#bySession.get(session);
    own?.delete(subscription);
    if (own?.size === 0) this.#bySession.delete(session);
    this.#surroundings.emit("wamp.subscription.on_unsubscribe", [session.id, id]);
    if (subscription.subscribers.size > 0 || subscription.permanent) return;
    this.#index.delete(subscription.topic, subscription.match);
    this.#byId.delete(id);
    this.#surroundings.emit("wamp.subscription.on_delete", [session.id, id]);
  }

  leave(session: RealmSession): void {
    for (const { id } of [...(this.#bySession.get(session) ?? [])]) this.remove(session, id);
  }

  #create(
    topic: string,
    { match, permanent }: { readonly match: MatchPolicy; readonly permanent: boolean },
  ): OwnSubscription {
    const id = this.#ids.next();
    const subscription: OwnSubscription = {
      id,
      topic,
      match,
      createdMs: this.#surroundings.clock.now(),
      subscribers: new SmallSet(),
      nodeKeys: NO_KEYS,
      permanent,
    };
    this.#index.set(topic, match, subscription);
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }
}

/** A subscription as the meta API describes it. */
export function detailsOf({ id, createdMs, topic, match }: Subscription): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri: topic, match };
}
