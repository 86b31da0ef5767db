import type { Id } from "../wire/ids.js";
import type { MatchPolicy } from "../wire/uris.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { PatternBook, type PatternEntry } from "./pattern-book.js";
import { type MetaEvent, type MetaSubject, type RealmSession, type Surroundings, timestamp } from "./realm-session.js";
import { SmallSet } from "./small-set.js";

/** Subscribers of one topic or pattern under one match policy. */
export interface Subscription extends PatternEntry {
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
  readonly #book = new PatternBook<OwnSubscription>();
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get book(): Pick<PatternBook<Subscription>, "all" | "byId" | "heldBy" | "lookup" | "matching"> {
    return this.#book;
  }

  /** How many subscriptions there are, and sessions that are in one. */
  get stats(): { readonly subscriptions: number; readonly subscribers: number } {
    return { subscriptions: this.#book.size, subscribers: this.#book.holders };
  }

  /** How many subscriptions a session is in. */
  countOf(session: RealmSession): number {
    return this.#book.countOf(session);
  }

  /** Makes a subscription that stands without subscribers. */
  keep(topic: string, match: MatchPolicy): Subscription {
    return this.#create(topic, { match, permanent: true });
  }

  /**
   * Adds the session; the subscription is made if it is new. Subscribing again changes its node key only. Throws
   * `wampact.error.limit_exceeded`.
   */
  add(session: RealmSession, { topic, match, nodeKey }: SubscriptionRequest): Subscription {
    const existing = this.#book.lookup(topic, match);
    const isIn = existing?.subscribers.has(session) === true;
    if (!isIn) checkSessionLimit(session, "maxSubscriptions", { held: this.#book.countOf(session) });
    if (!existing) checkRealmLimit(this.#surroundings.limits, "maxSubscriptions", { held: this.#book.size });
    const subscription = existing ?? this.#create(topic, { match, permanent: false });
    if (!existing)
      this.#surroundings.emit(
        "wamp.subscription.on_create",
        [session.id, detailsOf(subscription)],
        subjectOf(subscription),
      );
    setNodeKey(subscription, session, nodeKey);
    if (isIn) return subscription;
    subscription.subscribers.add(session);
    this.#book.hold(session, subscription);
    this.#surroundings.emit("wamp.subscription.on_subscribe", [session.id, subscription.id], subjectOf(subscription));
    return subscription;
  }

  /** Takes the session out; the last one out takes the subscription along. */
  remove(session: RealmSession, id: Id): void {
    const subscription = this.#book.byId(id);
    if (!subscription?.subscribers.has(session)) return;
    this.#book.release(session, subscription);
    this.#takeOut(session, subscription);
    for (const event of this.#partings(session, [subscription])) this.#surroundings.emit(...event);
  }

  /** Takes the session out of all of them at once. What that leaves to be done and told may be much, and is done bit by bit. */
  leave(session: RealmSession): void {
    const left = this.#book.releaseAll(session);
    for (const subscription of left) this.#takeOut(session, subscription);
    if (left.size > 0) this.#surroundings.emitEach(this.#partings(session, left));
  }

  #takeOut(session: RealmSession, subscription: OwnSubscription): void {
    subscription.subscribers.delete(session);
    subscription.nodeKeys.delete(session);
    if (subscription.subscribers.size === 0 && !subscription.permanent) this.#book.drop(subscription, session);
  }

  /** The meta events of a session that is out; before the last of a subscription, that one is cleared. */
  *#partings(session: RealmSession, left: Iterable<OwnSubscription>): Iterable<MetaEvent> {
    for (const subscription of left) {
      const args = [session.id, subscription.id];
      const about = subjectOf(subscription);
      yield ["wamp.subscription.on_unsubscribe", args, about];
      if (subscription.leftBy !== session) continue;
      this.#book.clear(subscription);
      yield ["wamp.subscription.on_delete", args, about];
    }
  }

  #create(
    uri: string,
    { match, permanent }: { readonly match: MatchPolicy; readonly permanent: boolean },
  ): OwnSubscription {
    const subscription: OwnSubscription = {
      id: this.#book.nextId(),
      uri,
      match,
      createdMs: this.#surroundings.clock.now(),
      subscribers: new SmallSet(),
      nodeKeys: NO_KEYS,
      permanent,
      leftBy: undefined,
    };
    this.#book.add(subscription);
    return subscription;
  }
}

function setNodeKey(subscription: OwnSubscription, session: RealmSession, nodeKey: string | undefined): void {
  if (nodeKey === undefined) subscription.nodeKeys.delete(session);
  else if (subscription.nodeKeys === NO_KEYS) subscription.nodeKeys = new Map([[session, nodeKey]]);
  else subscription.nodeKeys.set(session, nodeKey);
}

function subjectOf({ uri, match }: Subscription): MetaSubject {
  return { kind: "topic", uri, match };
}

/** A subscription as the meta API describes it. */
export function detailsOf({ id, createdMs, uri, match }: Subscription): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match };
}
