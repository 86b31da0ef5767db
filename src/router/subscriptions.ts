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

/** What a session asks for when it subscribes. */
export interface SubscriptionRequest extends TopicPattern {
  readonly nodeKey: string | undefined;
  /** When it was made, as other routers were told. Default: when it was made here, or now. */
  readonly createdMs?: number | undefined;
}

/** All subscriptions of a realm, with the meta events of their lives. Spec: "Subscription Meta API". */
export class Subscriptions {
  readonly #book = new PatternBook<OwnSubscription>();
  readonly #surroundings: Surroundings;
  #link: SubscriptionLink | undefined;
  #changes = 0; // of who is in a subscription
  #own = 0; // subscriptions with subscribers at this router, or with a history

  /** What sessions of other routers are in. */
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

  /** How many subscriptions there are at this router, and sessions that are in one. */
  get stats(): { readonly subscriptions: number; readonly subscribers: number } {
    return { subscriptions: this.#own, subscribers: this.#book.holders };
  }

  /** Other routers have the realm, too, from now on. Nobody has subscribed yet; what is kept without subscribers has to be kept again. */
  link(link: SubscriptionLink): void {
    this.#link = link;
    for (const subscription of this.#book.all()) {
      this.#book.drop(subscription, GONE_ELSEWHERE);
      this.#book.clear(subscription);
    }
    this.#own = 0;
  }

  /** How many subscriptions a session is in. */
  countOf(session: RealmSession): number {
    return this.#book.countOf(session);
  }

  /** Makes a subscription that stands without subscribers. */
  keep(topic: string, match: MatchPolicy): Subscription {
    this.#own++;
    return this.#create(topic, { match, permanent: true, createdMs: this.#surroundings.clock.now() });
  }

  /** Throws `wampact.error.limit_exceeded` where a session may not be added; `awaited` counts what it has asked for before. */
  check(session: RealmSession, { topic, match }: SubscriptionRequest, awaited: number): void {
    this.#checkLimits(session, this.#book.lookup(topic, match), awaited);
  }

  /**
   * Adds the session; the subscription is made if it is new. Subscribing again changes its node key only. Throws
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

  /** Takes the session out; the last one out takes the subscription along. */
  remove(session: RealmSession, id: Id): void {
    const subscription = this.#book.byId(id);
    if (!subscription?.subscribers.has(session)) return;
    this.#book.release(session, subscription);
    this.#takeOut(session, subscription);
    for (const event of this.#partings(session, [subscription], false)) this.#surroundings.emit(...event);
  }

  /** Takes the session out of all of them at once. What that leaves to be done and told may be much, and is done bit by bit. */
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
   * The meta events of a session that is out; before the last of a subscription, that one is cleared. `silent` says that no router is to tell of
   * it.
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
