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

/** What the interests of other routers ask of the subscriptions of their realm. */
export interface RemoteInterestsHost extends Pick<Surroundings, "emit" | "emitEach"> {
  readonly book: PatternBook<OwnSubscription>;
  create(pattern: TopicPattern & { readonly createdMs: number }): OwnSubscription;
}

/** What the subscribers of other routers take part in, and the meta events of their lives. */
export class RemoteInterests {
  readonly #host: RemoteInterestsHost;
  readonly #byRouter = new Map<RouterId, Set<OwnSubscription>>();
  readonly #endings = new Map<RouterId, Generator<MetaEvent | undefined>>(); // routers that are gone → what is still to be undone
  readonly #told = new Set<RouterId>(); // routers of whose interests was told that they are over, until these have told all that they have now

  constructor(host: RemoteInterestsHost) {
    this.#host = host;
  }

  /** A router has subscribers of a topic or pattern, or has others than before. */
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

  /** A router has no subscriber any more; `session` was the last. Without one nobody is to be told. */
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

  /** A session of a router is in a subscription, or out of it. */
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

  /** A router has told all that was so before it came up. */
  introduced(router: RouterId): void {
    this.#told.delete(router);
  }

  /** A router does not tell any more who is in which subscription. */
  forgetMembers(router: RouterId): void {
    for (const { elsewhere } of this.#byRouter.get(router) ?? []) {
      const interest = elsewhere?.get(router);
      if (interest) interest.members = undefined;
    }
  }

  /**
   * A router is gone, and with it all of its interests, which are taken out bit by bit. `stamp` tells its lives apart. `isSilent` says that nobody is to be told:
   * it is this router that has been cut off.
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

  /** Yields with each step, whether there is something to tell or not. */
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

  /** A router is back before all is undone that it had before. */
  #finish(router: RouterId): void {
    for (const event of this.#endings.get(router) ?? []) if (event) this.#host.emit(...event);
  }

  /** Returns whether nothing keeps the subscription any more: it is dropped, and still to be cleared. */
  #takeOut(router: RouterId, subscription: OwnSubscription): boolean {
    if (!subscription.elsewhere?.delete(router)) return false;
    if (subscription.elsewhere.size === 0) subscription.elsewhere = undefined;
    date(subscription);
    if (!isOver(subscription)) return false;
    this.#host.book.drop(subscription, GONE_ELSEWHERE);
    return true;
  }
}

/** The meta events of a subscription whose subscribers at one router are gone. */
function* partings(
  subscription: OwnSubscription,
  { interest, isLast, stamp }: { readonly interest: RemoteInterest; readonly isLast: boolean; readonly stamp: Stamp },
): Iterable<MetaEvent | undefined> {
  const { members = [] } = interest;
  for (const session of members) yield leftEvent(session, subscription, stamp);
  const last = [...members].at(-1) ?? interest.session;
  yield isLast ? deletedEvent(last, subscription, stamp) : undefined;
}
