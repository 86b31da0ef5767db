import type { Id } from "../wire/ids.js";
import type { MatchPolicy } from "../wire/uris.js";
import type { MemberEvent, MemberNews, SubscriptionLink, TopicPattern } from "./interest.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { NodeKeys } from "./node-keys.js";
import { PatternBook } from "./pattern-book.js";
import type { MetaEvent, RealmSession, Surroundings } from "./realm-session.js";
import { RemoteInterests } from "./remote-interests.js";
import { SmallSet } from "./small-set.js";
import {
  createdEvent,
  date,
  deletedEvent,
  GONE_ELSEWHERE,
  isOver,
  joinedEvent,
  leftEvent,
  type OwnSubscription,
  type Subscription,
} from "./subscription.js";

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
  #changes = 0; // of who is in a subscription
  #own = 0; // subscriptions with subscribers at this router, or with a history

  /** The subscriptions of sessions at other routers. */
  readonly elsewhere: RemoteInterests;

  constructor(surroundings: Surroundings) {
    const { emit, emitEach } = surroundings;
    this.#surroundings = surroundings;
    this.elsewhere = new RemoteInterests({
      emit,
      emitEach,
      book: this.#book,
      create: ({ topic, match, createdMs }) => this.#create(topic, { match, permanent: false, createdMs }),
    });
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
    if (!existing) this.#surroundings.emit(...createdEvent(session.id, subscription));
    subscription.nodeKeys = subscription.nodeKeys.with(session, nodeKey);
    if (subscription.subscribers.has(session)) return subscription;
    if (subscription.subscribers.size === 0 && !subscription.permanent) this.#own++;
    subscription.sinceMs ??= createdMs;
    date(subscription);
    subscription.subscribers.add(session);
    this.#book.hold(session, subscription);
    const stamp = ++this.#changes;
    this.#surroundings.emit(...joinedEvent(session.id, subscription, stamp));
    this.#passOn("wamp.subscription.on_subscribe", session, subscription, { stamp, isKnown: false });
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

  #checkLimits(session: RealmSession, existing: Subscription | undefined, awaited: number): void {
    if (existing?.subscribers.has(session) !== true)
      checkSessionLimit(session, "maxSubscriptions", { held: this.#book.countOf(session) + awaited });
    if (!existing) checkRealmLimit(this.#surroundings.limits, "maxSubscriptions", { held: this.#book.size });
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
      const stamp = ++this.#changes;
      yield leftEvent(session.id, subscription, stamp);
      this.#passOn("wamp.subscription.on_unsubscribe", session, subscription, { stamp, isKnown: silent });
      if (subscription.leftBy === session) this.#book.clear(subscription);
      const { uri: topic, match } = subscription;
      this.#link?.uninterested({ topic, match }, silent ? undefined : session.id, stamp);
      if (subscription.leftBy === session) yield deletedEvent(session.id, subscription, stamp);
    }
  }

  #passOn(
    event: MemberEvent,
    { id: session }: RealmSession,
    { uri: topic, match }: Subscription,
    more: Pick<MemberNews, "isKnown" | "stamp">,
  ): void {
    this.#link?.passOn({ event, session, topic, match, ...more });
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
