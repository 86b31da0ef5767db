import type { Clock } from "../session/clock.js";
import type { Id } from "../wire/ids.js";
import type { AnnouncedInterest, MemberEvent, RemoteInterest, RouterId, TopicPattern } from "./interest.js";
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
} from "./subscription.js";

/** How long it is remembered that the subscribers of a router that is gone were told to be out, in milliseconds. */
const REMEMBERED_MS = 600_000;

/** What the interests of other routers ask of the subscriptions of their realm. */
export interface RemoteInterestsHost extends Pick<Surroundings, "emit" | "emitEach"> {
  readonly clock: Clock;
  readonly book: PatternBook<OwnSubscription>;
  create(pattern: TopicPattern & { readonly createdMs: number }): OwnSubscription;
  /** Whether this router tells of a subscription. */
  tellsOf(subscription: OwnSubscription): boolean;
}

/** What the subscribers of other routers take part in, and the meta events of their lives. */
export class RemoteInterests {
  readonly #host: RemoteInterestsHost;
  readonly #byRouter = new Map<RouterId, Set<OwnSubscription>>();
  readonly #endings = new Map<RouterId, Generator<MetaEvent | undefined>>(); // routers that are gone → what is still to be undone
  readonly #told = new Map<RouterId, Told>(); // routers that are gone → what was told of them

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
    if (!existing && this.#isTold(router, subscription, isKnown)) emit(...createdEvent(interest.session, subscription));
  }

  /** A router has no subscriber any more; `session` was the last. Without one nobody is to be told. */
  remove(router: RouterId, { topic, match, session }: TopicPattern & { readonly session: Id | undefined }): void {
    const { book, tellsOf, emit } = this.#host;
    const subscription = book.lookup(topic, match);
    if (!subscription) return;
    this.#byRouter.get(router)?.delete(subscription);
    if (!this.#takeOut(router, subscription)) return;
    book.clear(subscription);
    if (session !== undefined && tellsOf(subscription)) emit(...deletedEvent(session, subscription));
  }

  /** A session of a router is in a subscription, or out of it. Of what is `isKnown` nobody is told again. */
  tell(
    router: RouterId,
    { event, session, topic, match, isKnown }: TopicPattern & MemberNews & { readonly isKnown: boolean },
  ): void {
    const subscription = this.#host.book.lookup(topic, match);
    if (!subscription) return;
    const interest = subscription.elsewhere?.get(router);
    const isIn = event === "wamp.subscription.on_subscribe";
    if (interest && isIn) interest.members = (interest.members ?? new Set()).add(session);
    else interest?.members?.delete(session);
    const wasOut = this.#told.get(router)?.members.get(subscription.id)?.delete(session) === true;
    if (!(isKnown ? isIn && wasOut : this.#host.tellsOf(subscription))) return;
    this.#host.emit(...(isIn ? joinedEvent(session, subscription) : leftEvent(session, subscription)));
  }

  /** A router does not tell any more who is in which subscription. */
  forgetMembers(router: RouterId): void {
    for (const { elsewhere } of this.#byRouter.get(router) ?? []) {
      const interest = elsewhere?.get(router);
      if (interest) interest.members = undefined;
    }
  }

  /**
   * A router is gone, and with it all of its interests, which are taken out bit by bit. `isSilent` says that nobody is to be told: it is this
   * router that has been cut off.
   */
  routerGone(router: RouterId, isSilent: boolean): void {
    const subscriptions = this.#byRouter.get(router);
    this.#byRouter.delete(router);
    if (!subscriptions) return;
    const endings = this.#endingsOf(router, subscriptions, isSilent);
    this.#endings.set(router, endings);
    this.#host.emitEach(endings);
  }

  /** Yields with each step, whether there is something to tell or not. */
  *#endingsOf(
    router: RouterId,
    subscriptions: Iterable<OwnSubscription>,
    isSilent: boolean,
  ): Generator<MetaEvent | undefined> {
    const { book, tellsOf } = this.#host;
    for (const subscription of subscriptions) {
      const interest = subscription.elsewhere?.get(router);
      if (!interest) continue;
      const isLast = this.#takeOut(router, subscription);
      if (isLast) book.clear(subscription);
      if (isSilent || !tellsOf(subscription)) yield undefined;
      else yield* this.#partings(router, subscription, { interest, isLast });
    }
    this.#endings.delete(router);
  }

  *#partings(
    router: RouterId,
    subscription: OwnSubscription,
    { interest, isLast }: { readonly interest: RemoteInterest; readonly isLast: boolean },
  ): Iterable<MetaEvent | undefined> {
    const { members = new Set() } = interest;
    this.#remember(router).set(subscription.id, new Set(members));
    for (const session of members) yield leftEvent(session, subscription);
    const last = [...members].at(-1) ?? interest.session;
    yield isLast ? deletedEvent(last, subscription) : undefined;
  }

  /** Whether this router tells that a subscription is there. Of one that was there before it does if it has told that it was not any more. */
  #isTold(router: RouterId, subscription: OwnSubscription, isKnown: boolean): boolean {
    if (isKnown) return this.#told.get(router)?.members.has(subscription.id) === true;
    return this.#host.tellsOf(subscription);
  }

  #remember(router: RouterId): Told["members"] {
    const nowMs = this.#host.clock.now();
    for (const [which, { untilMs }] of this.#told) if (untilMs < nowMs) this.#told.delete(which);
    const members = this.#told.get(router)?.members ?? new Map<Id, Set<Id>>();
    this.#told.set(router, { members, untilMs: nowMs + REMEMBERED_MS });
    return members;
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

/** What is told of a session and a subscription. */
interface MemberNews {
  readonly event: MemberEvent;
  readonly session: Id;
}

/** What this router has told of one that is gone. */
interface Told {
  /** Subscription → who was told to be out of it. */
  readonly members: Map<Id, Set<Id>>;
  readonly untilMs: number;
}
