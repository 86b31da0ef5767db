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

/** Subscribers of one topic or pattern under one match policy. */
export interface Subscription extends PatternEntry {
  /** When it was made, in milliseconds since 1970. */
  readonly createdMs: number;
  /** Those at this router. */
  readonly subscribers: Pick<SmallSet<RealmSession>, "has" | "size"> & Iterable<RealmSession>;
  /** The node keys of those that share events by resource key. */
  readonly nodeKeys: Pick<NodeKeys, "all" | "of" | "size">;
  /** Other routers that have subscribers; `undefined` where there are none. */
  readonly elsewhere: ReadonlyMap<RouterId, RemoteInterest> | undefined;
  /** It stands without subscribers too, since its history is kept. */
  readonly permanent: boolean;
}

interface OwnSubscription extends Subscription {
  createdMs: number;
  /** Since when this router has subscribers of it, as the others were told; `undefined` where it has none. */
  sinceMs: number | undefined;
  readonly subscribers: SmallSet<RealmSession>;
  nodeKeys: NodeKeys;
  elsewhere: Map<RouterId, RemoteInterest> | undefined;
}

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
  #own = 0; // subscriptions with subscribers at this router, or with a history

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
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

  /** Another router has subscribers of a topic or pattern, or has others than before. */
  addElsewhere(router: RouterId, { topic, match, ...interest }: AnnouncedInterest): void {
    const existing = this.#book.lookup(topic, match);
    const subscription = existing ?? this.#create(topic, { match, permanent: false, createdMs: interest.createdMs });
    subscription.elsewhere ??= new Map();
    subscription.elsewhere.set(router, interest);
    date(subscription);
    if (!existing) this.#tellCreated(interest.session, subscription);
  }

  /** Another router has no subscriber any more; `session` was the last. Without one nobody is to be told. */
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

  /** Another router is gone, and with it all of its interests. */
  routerGone(router: RouterId): void {
    const over: [OwnSubscription, Id][] = [];
    for (const subscription of this.#book.all()) {
      const interest = subscription.elsewhere?.get(router);
      if (interest && this.#takeOutElsewhere(router, subscription)) over.push([subscription, interest.session]);
    }
    if (over.length > 0) this.#surroundings.emitEach(this.#endings(over));
  }

  /** Another router tells that a session is in a subscription, or out of it, of which this one is to tell. */
  tell(event: MemberEvent, session: Id, { topic, match }: TopicPattern): void {
    const subscription = this.#book.lookup(topic, match);
    if (subscription) this.#surroundings.emit(event, [session, subscription.id], subjectOf(subscription));
  }

  #checkLimits(session: RealmSession, existing: Subscription | undefined, awaited: number): void {
    if (existing?.subscribers.has(session) !== true)
      checkSessionLimit(session, "maxSubscriptions", { held: this.#book.countOf(session) + awaited });
    if (!existing) checkRealmLimit(this.#surroundings.limits, "maxSubscriptions", { held: this.#book.size });
  }

  /** Returns whether nothing keeps the subscription any more: it is dropped, and still to be cleared. */
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
   * The meta events of a session that is out; before the last of a subscription, that one is cleared. `silent` says that no router is to tell of
   * it.
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

/** What holds a subscription last where that is another router. */
const GONE_ELSEWHERE = {};

/** All routers give a subscription the same date: that of the router which has had it longest, of those that have it. */
function date(subscription: OwnSubscription): void {
  const { sinceMs, elsewhere, permanent } = subscription;
  if (permanent || (sinceMs === undefined && !elsewhere)) return;
  let firstMs = sinceMs ?? Number.POSITIVE_INFINITY;
  for (const { createdMs } of elsewhere?.values() ?? []) firstMs = Math.min(firstMs, createdMs);
  subscription.createdMs = firstMs;
}

/** Whether nothing keeps a subscription any more. */
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

/** A subscription as the meta API describes it. */
export function detailsOf({ id, createdMs, uri, match }: Subscription): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match };
}
