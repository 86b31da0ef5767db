import type { Id } from "../wire/ids.js";
import type { AnnouncedInterest, MemberNews, RemoteInterest, RouterId, TopicPattern } from "./interest.js";
import type { PatternBook } from "./pattern-book.js";
import type { MetaEvent, Surroundings } from "./realm-session.js";
import {
  createdEvent,
  date,
  deletedEvent,
  GONE_ELSEWHERE,
  isOver,
  joinedEvent,
  leftEvent,
  type OwnSubscription,
  type Stamp,
} from "./subscription.js";

/** The parts of the realm's subscriptions that remote interests use. */
export interface RemoteInterestsHost extends Pick<Surroundings, "emit" | "emitEach"> {
  readonly book: PatternBook<OwnSubscription>;
  create(pattern: TopicPattern & { readonly createdMs: number }): OwnSubscription;
}

/** The interests of other routers' subscribers, and their meta events. */
export class RemoteInterests {
  readonly #host: RemoteInterestsHost;
  readonly #byRouter = new Map<RouterId, Set<OwnSubscription>>();
  readonly #endings = new Map<RouterId, Generator<MetaEvent | undefined>>(); // lost routers → the interests still to be removed
  readonly #told = new Set<RouterId>(); // routers whose interests were reported as ended, until they have sent their current ones

  constructor(host: RemoteInterestsHost) {
    this.#host = host;
  }

  /** A router has its first subscribers of a topic or pattern, or other node keys than before. */
  add(router: RouterId, { topic, match, isKnown, ...interest }: AnnouncedInterest): void {
    this.#finish(router);
    const { book, create, emit } = this.#host;
    const existing = book.lookup(topic, match);
    const subscription = existing ?? create({ topic, match, createdMs: interest.createdMs });
    subscription.elsewhere ??= new Map();
    const members = subscription.elsewhere.get(router)?.members;
    subscription.elsewhere.set(router, { ...interest, members });
    this.#byRouter.set(router, (this.#byRouter.get(router) ?? new Set()).add(subscription));
    date(subscription);
    if (!existing && (!isKnown || this.#told.has(router))) emit(...createdEvent(interest.session, subscription));
  }

  /** A router no longer has a subscriber; `session` was the last. Without one, no meta event is sent. */
  remove(
    router: RouterId,
    { topic, match, session, stamp }: TopicPattern & { readonly session: Id | undefined; readonly stamp: number },
  ): void {
    const { book, emit } = this.#host;
    const subscription = book.lookup(topic, match);
    if (!subscription) return;
    this.#byRouter.get(router)?.delete(subscription);
    if (!this.#takeOut(router, subscription)) return;
    book.clear(subscription);
    if (session !== undefined) emit(...deletedEvent(session, subscription, stamp));
  }

  /** A session of a router has entered or left a subscription. */
  tell(router: RouterId, { event, session, topic, match, isKnown, stamp }: MemberNews): void {
    const subscription = this.#host.book.lookup(topic, match);
    if (!subscription) return;
    const interest = subscription.elsewhere?.get(router);
    const isIn = event === "wamp.subscription.on_subscribe";
    const isBack = isIn && this.#told.has(router) && !interest?.members?.has(session);
    if (interest && isIn) interest.members = (interest.members ?? new Set()).add(session);
    else interest?.members?.delete(session);
    if (isKnown && !isBack) return;
    const eventOf = isIn ? joinedEvent : leftEvent;
    this.#host.emit(...eventOf(session, subscription, stamp));
  }

  /** A router has sent its whole state. */
  introduced(router: RouterId): void {
    this.#told.delete(router);
  }

  /** A router no longer sends who is in which subscription. */
  forgetMembers(router: RouterId): void {
    for (const { elsewhere } of this.#byRouter.get(router) ?? []) {
      const interest = elsewhere?.get(router);
      if (interest) interest.members = undefined;
    }
  }

  /**
   * A router has gone down. Its interests are removed step by step. `stamp` distinguishes its lives. `isSilent` says that no meta
   * events are sent, because this router itself was cut off.
   */
  routerGone(router: RouterId, gone: { readonly stamp: Stamp; readonly isSilent: boolean }): void {
    const subscriptions = this.#byRouter.get(router);
    this.#byRouter.delete(router);
    if (!gone.isSilent) this.#told.add(router);
    if (!subscriptions) return;
    const endings = this.#endingsOf(router, subscriptions, gone);
    this.#endings.set(router, endings);
    this.#host.emitEach(endings);
  }

  /** Yields once for each step, with a meta event if there is one. */
  *#endingsOf(
    router: RouterId,
    subscriptions: Iterable<OwnSubscription>,
    { stamp, isSilent }: { readonly stamp: Stamp; readonly isSilent: boolean },
  ): Generator<MetaEvent | undefined> {
    const { book } = this.#host;
    for (const subscription of subscriptions) {
      const interest = subscription.elsewhere?.get(router);
      if (!interest) continue;
      const isLast = this.#takeOut(router, subscription);
      if (isLast) book.clear(subscription);
      if (isSilent) yield undefined;
      else yield* partings(subscription, { interest, isLast, stamp });
    }
    this.#endings.delete(router);
  }

  /** A router is back before all its former interests were removed: removes the rest. */
  #finish(router: RouterId): void {
    for (const event of this.#endings.get(router) ?? []) if (event) this.#host.emit(...event);
  }

  /** Removes a router from a subscription. Returns whether the subscription has ended and must be dropped. */
  #takeOut(router: RouterId, subscription: OwnSubscription): boolean {
    if (!subscription.elsewhere?.delete(router)) return false;
    if (subscription.elsewhere.size === 0) subscription.elsewhere = undefined;
    date(subscription);
    if (!isOver(subscription)) return false;
    this.#host.book.drop(subscription, GONE_ELSEWHERE);
    return true;
  }
}

/** Yields the meta events for a subscription whose subscribers at one router have left. */
function* partings(
  subscription: OwnSubscription,
  { interest, isLast, stamp }: { readonly interest: RemoteInterest; readonly isLast: boolean; readonly stamp: Stamp },
): Iterable<MetaEvent | undefined> {
  const { members = [] } = interest;
  for (const session of members) yield leftEvent(session, subscription, stamp);
  const last = [...members].at(-1) ?? interest.session;
  yield isLast ? deletedEvent(last, subscription, stamp) : undefined;
}
