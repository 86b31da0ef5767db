import type { Id } from "../wire/ids.js";
import type { MatchPolicy } from "../wire/uris.js";
import type {
  AnnouncedInterest,
  MemberEvent,
  RemoteInterest,
  RouterId,
  SubscriptionLink,
  TopicPattern,
} from "./interest.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { NodeKeys } from "./node-keys.js";
import { PatternBook, type PatternEntry } from "./pattern-book.js";
import { type MetaEvent, type MetaSubject, type RealmSession, type Surroundings, timestamp } from "./realm-session.js";
import { SmallSet } from "./small-set.js";

/** The subscribers of one topic or pattern under one match policy. */
export interface Subscription extends PatternEntry {
  /** When it was created, in milliseconds since 1970. */
  readonly createdMs: number;
  /** The subscribers at this router. */
  readonly subscribers: Pick<SmallSet<RealmSession>, "has" | "size"> & Iterable<RealmSession>;
  /** The node keys of subscribers that share events by resource key. */
  readonly nodeKeys: Pick<NodeKeys, "all" | "of" | "size">;
  /** Other routers with subscribers; `undefined` if there are none. */
  readonly elsewhere: ReadonlyMap<RouterId, RemoteInterest> | undefined;
  /** Whether it exists without subscribers because it has a history. */
  readonly permanent: boolean;
}

interface OwnSubscription extends Subscription {
  createdMs: number;
  /** Since when this router has subscribers, as announced to other routers; `undefined` if it has none. */
  sinceMs: number | undefined;
  readonly subscribers: SmallSet<RealmSession>;
  nodeKeys: NodeKeys;
  elsewhere: Map<RouterId, RemoteInterest> | undefined;
}

/** A subscription request of a session. */
export interface SubscriptionRequest extends TopicPattern {
  readonly nodeKey: string | undefined;
  /** When it was created, as announced to other routers. Default: the existing time, or now. */
  readonly createdMs?: number | undefined;
}

/** All subscriptions of a realm, and their meta events. Spec: "Subscription Meta API". */
export class Subscriptions {
  readonly #book = new PatternBook<OwnSubscription>();
  readonly #surroundings: Surroundings;
  #link: SubscriptionLink | undefined;
  #own = 0; // subscriptions with subscribers at this router, or with a history

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get book(): Pick<PatternBook<Subscription>, "all" | "byId" | "heldBy" | "lookup" | "matching"> {
    return this.#book;
  }

  /** The numbers of subscriptions at this router and of sessions with a subscription. */
  get stats(): { readonly subscriptions: number; readonly subscribers: number } {
    return { subscriptions: this.#own, subscribers: this.#book.holders };
  }

  /** Links the realm to other routers. Called before any subscription. Permanent subscriptions must be created again. */
  link(link: SubscriptionLink): void {
    this.#link = link;
    for (const subscription of this.#book.all()) {
      this.#book.drop(subscription, GONE_ELSEWHERE);
      this.#book.clear(subscription);
    }
    this.#own = 0;
  }

  /** Returns the number of subscriptions of a session. */
  countOf(session: RealmSession): number {
    return this.#book.countOf(session);
  }

  /** Creates a subscription that exists without subscribers. */
  keep(topic: string, match: MatchPolicy): Subscription {
    this.#own++;
    return this.#create(topic, { match, permanent: true, createdMs: this.#surroundings.clock.now() });
  }

  /** Throws `wampact.error.limit_exceeded` if a session may not be added; `awaited` counts its pending requests. */
  check(session: RealmSession, { topic, match }: SubscriptionRequest, awaited: number): void {
    this.#checkLimits(session, this.#book.lookup(topic, match), awaited);
  }

  /**
   * Adds the session and creates the subscription if necessary. Subscribing again only changes the node key. Throws
   * `wampact.error.limit_exceeded`.
   */
  add(session: RealmSession, request: SubscriptionRequest): Subscription {
    const { topic, match, nodeKey } = request;
    const existing = this.#book.lookup(topic, match);
    this.#checkLimits(session, existing, 0);
    const createdMs = request.createdMs ?? existing?.createdMs ?? this.#surroundings.clock.now();
    const subscription = existing ?? this.#create(topic, { match, permanent: false, createdMs });
    if (!existing) this.#tellCreated(session.id, subscription);
    subscription.nodeKeys = subscription.nodeKeys.with(session, nodeKey);
    if (subscription.subscribers.has(session)) return subscription;
    if (subscription.subscribers.size === 0 && !subscription.permanent) this.#own++;
    subscription.sinceMs ??= createdMs;
    date(subscription);
    subscription.subscribers.add(session);
    this.#book.hold(session, subscription);
    if (this.#tellsOf(subscription)) this.#surroundings.emit(...joinedEvent(session.id, subscription));
    else this.#link?.passOn("wamp.subscription.on_subscribe", session.id, subscription);
    return subscription;
  }

  /** Removes the session. Without subscribers, the subscription is removed as well. */
  remove(session: RealmSession, id: Id): void {
    const subscription = this.#book.byId(id);
    if (!subscription?.subscribers.has(session)) return;
    this.#book.release(session, subscription);
    this.#takeOut(session, subscription);
    for (const event of this.#partings(session, [subscription], false)) this.#surroundings.emit(...event);
  }

  /** Removes the session from all subscriptions at once. The cleanup and the meta events may follow in slices. */
  leave(session: RealmSession): void {
    const left = this.#book.releaseAll(session);
    for (const subscription of left) this.#takeOut(session, subscription);
    const silent = this.#surroundings.isSilent();
    if (left.size > 0) this.#surroundings.emitEach(this.#partings(session, left, silent));
  }

  /** Sets the interest of another router in a topic or pattern. */
  addElsewhere(router: RouterId, { topic, match, ...interest }: AnnouncedInterest): void {
    const existing = this.#book.lookup(topic, match);
    const subscription = existing ?? this.#create(topic, { match, permanent: false, createdMs: interest.createdMs });
    subscription.elsewhere ??= new Map();
    subscription.elsewhere.set(router, interest);
    date(subscription);
    if (!existing) this.#tellCreated(interest.session, subscription);
  }

  /** Removes the interest of another router; `session` was its last subscriber. Without a session, no meta event is published. */
  removeElsewhere(
    router: RouterId,
    { topic, match, session }: TopicPattern & { readonly session: Id | undefined },
  ): void {
    const subscription = this.#book.lookup(topic, match);
    if (!subscription || !this.#takeOutElsewhere(router, subscription)) return;
    this.#book.clear(subscription);
    if (session !== undefined && this.#tellsOf(subscription))
      this.#surroundings.emit(...deletedEvent(session, subscription));
  }

  /** Removes all interests of another router. */
  routerGone(router: RouterId): void {
    const over: [OwnSubscription, Id][] = [];
    for (const subscription of this.#book.all()) {
      const interest = subscription.elsewhere?.get(router);
      if (interest && this.#takeOutElsewhere(router, subscription)) over.push([subscription, interest.session]);
    }
    if (over.length > 0) this.#surroundings.emitEach(this.#endings(over));
  }

  /** Publishes a meta event for another router, if this router is responsible for the subscription. */
  tell(event: MemberEvent, session: Id, { topic, match }: TopicPattern): void {
    const subscription = this.#book.lookup(topic, match);
    if (subscription) this.#surroundings.emit(event, [session, subscription.id], subjectOf(subscription));
  }

  #checkLimits(session: RealmSession, existing: Subscription | undefined, awaited: number): void {
    if (existing?.subscribers.has(session) !== true)
      checkSessionLimit(session, "maxSubscriptions", { held: this.#book.countOf(session) + awaited });
    if (!existing) checkRealmLimit(this.#surroundings.limits, "maxSubscriptions", { held: this.#book.size });
  }

  /** Removes a router from a subscription. Returns whether the subscription is dropped and must be cleared. */
  #takeOutElsewhere(router: RouterId, subscription: OwnSubscription): boolean {
    if (!subscription.elsewhere?.delete(router)) return false;
    if (subscription.elsewhere.size === 0) subscription.elsewhere = undefined;
    date(subscription);
    if (!isOver(subscription)) return false;
    this.#book.drop(subscription, GONE_ELSEWHERE);
    return true;
  }

  *#endings(over: Iterable<readonly [OwnSubscription, Id]>): Iterable<MetaEvent> {
    for (const [subscription, session] of over) {
      this.#book.clear(subscription);
      if (this.#tellsOf(subscription)) yield deletedEvent(session, subscription);
    }
  }

  #takeOut(session: RealmSession, subscription: OwnSubscription): void {
    subscription.subscribers.delete(session);
    subscription.nodeKeys.delete(session);
    if (subscription.subscribers.size === 0) {
      if (!subscription.permanent) this.#own--;
      subscription.sinceMs = undefined;
      date(subscription);
    }
    if (isOver(subscription)) this.#book.drop(subscription, session);
  }

  /**
   * Yields the meta events of a session that has left. Clears a subscription before its last event. With `silent`, other routers
   * are not asked to publish them.
   */
  *#partings(session: RealmSession, left: Iterable<OwnSubscription>, silent: boolean): Iterable<MetaEvent> {
    for (const subscription of left) {
      const tells = this.#tellsOf(subscription);
      if (tells) yield leftEvent(session.id, subscription);
      else if (!silent) this.#link?.passOn("wamp.subscription.on_unsubscribe", session.id, subscription);
      if (subscription.leftBy === session) this.#book.clear(subscription);
      this.#link?.uninterested({ topic: subscription.uri, match: subscription.match }, silent ? undefined : session.id);
      if (tells && subscription.leftBy === session) yield deletedEvent(session.id, subscription);
    }
  }

  #tellsOf({ id }: Subscription): boolean {
    return this.#link?.tellsOf(id) ?? true;
  }

  #tellCreated(session: Id, subscription: Subscription): void {
    if (!this.#tellsOf(subscription)) return;
    const args = [session, detailsOf(subscription)];
    this.#surroundings.emit("wamp.subscription.on_create", args, subjectOf(subscription));
  }

  #create(
    uri: string,
    {
      match,
      permanent,
      createdMs,
    }: { readonly match: MatchPolicy; readonly permanent: boolean; readonly createdMs: number },
  ): OwnSubscription {
    const subscription: OwnSubscription = {
      id: this.#idOf(uri, match),
      uri,
      match,
      createdMs,
      sinceMs: undefined,
      subscribers: new SmallSet(),
      nodeKeys: NodeKeys.NONE,
      elsewhere: undefined,
      permanent,
      leftBy: undefined,
    };
    this.#book.add(subscription);
    return subscription;
  }

  #idOf(uri: string, match: MatchPolicy): Id {
    if (!this.#link) return this.#book.nextId();
    return this.#link.subscriptionId({ topic: uri, match }, (id) => this.#book.hasId(id));
  }
}

/** Marks a subscription whose last subscribers were at another router. */
const GONE_ELSEWHERE = {};

/** Sets the creation time. All routers use the same: that of the router that has had the subscription longest. */
function date(subscription: OwnSubscription): void {
  const { sinceMs, elsewhere, permanent } = subscription;
  if (permanent || (sinceMs === undefined && !elsewhere)) return;
  let firstMs = sinceMs ?? Number.POSITIVE_INFINITY;
  for (const { createdMs } of elsewhere?.values() ?? []) firstMs = Math.min(firstMs, createdMs);
  subscription.createdMs = firstMs;
}

/** Returns whether a subscription is no longer needed. */
function isOver({ subscribers, elsewhere, permanent }: OwnSubscription): boolean {
  return subscribers.size === 0 && !elsewhere && !permanent;
}

function joinedEvent(session: Id, subscription: Subscription): MetaEvent {
  return ["wamp.subscription.on_subscribe", [session, subscription.id], subjectOf(subscription)];
}

function leftEvent(session: Id, subscription: Subscription): MetaEvent {
  return ["wamp.subscription.on_unsubscribe", [session, subscription.id], subjectOf(subscription)];
}

function deletedEvent(session: Id, subscription: Subscription): MetaEvent {
  return ["wamp.subscription.on_delete", [session, subscription.id], subjectOf(subscription)];
}

function subjectOf({ uri, match }: Subscription): MetaSubject {
  return { kind: "topic", uri, match };
}

/** Returns a subscription in the form of the meta API. */
export function detailsOf({ id, createdMs, uri, match }: Subscription): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match };
}
