import type { MemberEvent, MemberNews, TopicPattern } from "../router/interest.js";
import type { LinkedSubscriptions } from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import { Slices } from "../router/slices.js";
import type { Subscription } from "../router/subscription.js";
import type { SubscriptionRequest } from "../router/subscriptions.js";
import type { Id } from "../wire/ids.js";
import { matchesPattern } from "../wire/uris.js";
import type { Incarnation, NodeId } from "./engine.js";
import type { InterestState, MemberState, UninterestedState, UnwatchedState } from "./frames/state.js";

/** The parts of the link that `Interests` uses. */
export interface InterestsHost {
  readonly subscriptions: LinkedSubscriptions;
  now(): number;
  /** Runs a function in a later turn. */
  defer(run: () => void): void;
  /** Sends a frame to all peers. */
  tellAll(state: InterestState | UninterestedState | MemberState | UnwatchedState): void;
  /** Calls back when all peers have processed what was sent to them. */
  settled(callback: () => void): void;
}

/** Sessions that wait for their subscription until the other nodes know. */
interface Awaited extends TopicPattern {
  /** node key, or none → callbacks that run when the others know */
  readonly wishes: Map<string | undefined, (() => void)[]>;
  /** The first session, and the time of its request. */
  readonly session: Id;
  readonly createdMs: number;
}

/** Whether there are local subscribers with node keys, and without one. */
interface Takers {
  readonly nodeKeys: ReadonlySet<string>;
  readonly keyless: boolean;
}

/**
 * The topics and patterns that this node has subscribers for, as the other nodes know them. The first subscription waits until the
 * others know of it. Later ones cost nothing. When the last subscriber has left, the others are informed and nobody waits.
 */
export class Interests {
  readonly #host: InterestsHost;
  readonly #awaited = new Map<string, Awaited>(); // by pattern
  readonly #awaitedBy = new Map<RealmSession, number>();
  readonly #told = new Map<string, number>(); // patterns that were sent to the others → when they were first subscribed to
  readonly #sharded = new Map<string, Takers>(); // patterns with node keys → the state that was sent to the others
  readonly #tellings: Slices<MemberState>;
  #isWatched = false; // somebody listens for subscribers: the others receive the local ones
  #unsure = 0; // nodes that are receiving the full state
  readonly #whenSure: (() => void)[] = []; // runs when there are none
  #early: (() => void)[] | undefined = []; // frames of peers that came before subscriptions could be given IDs

  constructor(host: InterestsHost) {
    this.#host = host;
    this.#tellings = new Slices((member) => {
      host.tellAll(member);
      return 1;
    }, host.defer);
  }

  /** From now on, subscriptions can be given IDs. */
  open(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const carryOut of early) carryOut();
  }

  /** Returns the number of a session's subscriptions that wait. */
  awaitedBy(session: RealmSession): number {
    return this.#awaitedBy.get(session) ?? 0;
  }

  /** As `RealmLink.interested` says. */
  interested(request: SubscriptionRequest, session: RealmSession, add: (createdMs?: number) => void): void {
    const { topic, match, nodeKey } = request;
    const subscription = this.#host.subscriptions.book.lookup(topic, match);
    if (takes(subscription, nodeKey)) {
      if (this.#unsure === 0) return add();
      return this.#waitToBeSure(session, () => this.interested(request, session, add)); // which may have changed by then
    }
    const pattern = { topic, match };
    const awaited = this.#awaited.get(keyOf(pattern)) ?? this.#begin(pattern, session.id);
    this.#count(session, 1);
    const added = () => {
      this.#count(session, -1);
      add(this.#told.get(keyOf(pattern)));
      this.#watch(pattern);
    };
    const waiting = awaited.wishes.get(nodeKey);
    if (waiting) return void waiting.push(added);
    awaited.wishes.set(nodeKey, [added]);
    this.#host.tellAll(this.#stateOf(pattern, subscription, awaited));
    this.#host.settled(() => this.#known(awaited, nodeKey));
  }

  /** As `SubscriptionLink.uninterested` says. */
  uninterested({ topic, match }: TopicPattern, session: Id | undefined, stamp: number): void {
    const key = keyOf({ topic, match });
    const awaited = this.#awaited.get(key);
    const subscription = this.#host.subscriptions.book.lookup(topic, match);
    if (!awaited && !subscription?.subscribers.size) {
      this.#sharded.delete(key);
      this.#told.delete(key);
      this.#host.tellAll({ kind: "uninterested", topic, match, session, stamp });
      this.#watch({ topic, match });
      return;
    }
    const told = this.#sharded.get(key);
    if (told && !isSame(told, takersOf(subscription, awaited)))
      this.#host.tellAll(this.#stateOf({ topic, match }, subscription, awaited));
  }

  /** As `SubscriptionLink.passOn` says. Sends nothing while nobody is subscribed to such events. */
  passOn({ isKnown, ...news }: MemberNews): void {
    if (this.#isWatched) this.#host.tellAll({ kind: "member", ...news, ...(isKnown && { known: true }) });
  }

  /** Returns the frames for a node that has come up. Until it has received them, the state counts as not known by all. */
  snapshot(): Iterable<InterestState | MemberState> {
    this.#unsure++;
    this.#host.settled(() => {
      this.#unsure--;
      this.#watch();
      if (this.#unsure === 0) for (const goOn of this.#whenSure.splice(0)) goOn();
    });
    return this.#states();
  }

  *#states(): Iterable<InterestState | MemberState> {
    const told = new Set<string>();
    for (const subscription of this.#host.subscriptions.book.all()) {
      if (subscription.subscribers.size === 0) continue;
      const pattern = { topic: subscription.uri, match: subscription.match };
      const key = keyOf(pattern);
      told.add(key);
      yield { ...this.#stateOf(pattern, subscription, this.#awaited.get(key)), known: true };
    }
    for (const [key, awaited] of this.#awaited) if (!told.has(key)) yield this.#stateOf(awaited, undefined, awaited);
    if (this.#isWatched) yield* this.#members();
  }

  /** Carries out a frame of another node about its interests. */
  carryOut(node: NodeId, state: InterestState | UninterestedState | MemberState | UnwatchedState): void {
    if (this.#early) return void this.#early.push(() => this.carryOut(node, state));
    const { subscriptions } = this.#host;
    switch (state.kind) {
      case "interest": {
        const { topic, match, session, created: createdMs, nodeKeys = [], keyless = true, known = false } = state;
        subscriptions.add(node, { topic, match, session, createdMs, nodeKeys, keyless, isKnown: known });
        return this.#watch(state);
      }
      case "uninterested":
        subscriptions.remove(node, { ...state, session: state.session });
        return this.#watch(state);
      case "member":
        return subscriptions.tell(node, { ...state, isKnown: state.known === true });
      case "unwatched":
        return subscriptions.forgetMembers(node);
    }
  }

  /** A node has sent its whole state. */
  introduced(node: NodeId): void {
    if (this.#early) this.#early.push(() => this.introduced(node));
    else this.#host.subscriptions.introduced(node);
  }

  /** A node has gone down, and its interests with it. `isSilent` says that nobody is informed. */
  down({ node, incarnation }: Incarnation, { isSilent }: { readonly isSilent: boolean }): void {
    if (this.#early) return void this.#early.push(() => this.down({ node, incarnation }, { isSilent }));
    this.#host.subscriptions.routerGone(node, { stamp: `gone ${incarnation}`, isSilent });
    if (!isSilent) this.#watch(); // otherwise the listeners will return soon, and need the local subscribers
  }

  /**
   * Checks whether somebody listens for subscribers, after a change of a pattern. Sends the others the local subscribers, or that
   * no more will follow.
   */
  #watch(changed?: TopicPattern): void {
    const { subscriptions, tellAll } = this.#host;
    if (changed && !MEMBER_EVENTS.some((event) => matchesPattern(event, { ...changed, uri: changed.topic }))) return;
    const isWatched = MEMBER_EVENTS.some((event) => subscriptions.book.matching(event).length > 0);
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    if (!isWatched) return tellAll({ kind: "unwatched" });
    this.#tellings.pushEach(this.#members());
    this.#tellings.flush();
  }

  /** Returns the members of each subscription at this node. */
  *#members(): Iterable<MemberState> {
    for (const { uri: topic, match, subscribers } of this.#host.subscriptions.book.all())
      for (const { id: session } of subscribers)
        if (this.#isWatched)
          yield {
            kind: "member",
            event: "wamp.subscription.on_subscribe",
            session,
            topic,
            match,
            stamp: 0,
            known: true,
          };
  }

  #waitToBeSure(session: RealmSession, goOn: () => void): void {
    this.#count(session, 1);
    this.#whenSure.push(() => {
      this.#count(session, -1);
      goOn();
    });
  }

  #begin(pattern: TopicPattern, session: Id): Awaited {
    const awaited = { ...pattern, wishes: new Map(), session, createdMs: this.#host.now() };
    this.#awaited.set(keyOf(pattern), awaited);
    return awaited;
  }

  /** The others know that there are subscribers with this node key. Those that waited are subscribed, unless they have left. */
  #known(awaited: Awaited, nodeKey: string | undefined): void {
    for (const added of awaited.wishes.get(nodeKey) ?? []) added();
    awaited.wishes.delete(nodeKey);
    if (awaited.wishes.size === 0) this.#awaited.delete(keyOf(awaited));
    this.uninterested(awaited, awaited.session, 0); // if none of them is subscribed
  }

  #count(session: RealmSession, change: number): void {
    const count = this.awaitedBy(session) + change;
    if (count === 0) this.#awaitedBy.delete(session);
    else this.#awaitedBy.set(session, count);
  }

  /** Returns the state of a pattern for the others, and remembers it if it has node keys. */
  #stateOf(
    { topic, match }: TopicPattern,
    subscription: Subscription | undefined,
    awaited: Awaited | undefined,
  ): InterestState {
    const takers = takersOf(subscription, awaited);
    const key = keyOf({ topic, match });
    if (takers.nodeKeys.size > 0) this.#sharded.set(key, takers);
    else this.#sharded.delete(key);
    const [first] = subscription?.subscribers ?? [];
    const created =
      this.#told.get(key) ?? Math.min(subscription?.createdMs ?? Infinity, awaited?.createdMs ?? Infinity);
    this.#told.set(key, created);
    return {
      kind: "interest",
      topic,
      match,
      session: first?.id ?? awaited?.session ?? 0,
      created,
      ...(takers.nodeKeys.size > 0 && { nodeKeys: [...takers.nodeKeys], keyless: takers.keyless }),
    };
  }
}

const MEMBER_EVENTS: readonly MemberEvent[] = ["wamp.subscription.on_subscribe", "wamp.subscription.on_unsubscribe"];

/** Returns whether a subscription has a local subscriber with this node key, or without one for `undefined`. */
function takes(subscription: Subscription | undefined, nodeKey: string | undefined): boolean {
  if (!subscription) return false;
  const { subscribers, nodeKeys } = subscription;
  return nodeKey === undefined ? subscribers.size > nodeKeys.size : nodeKeys.all.has(nodeKey);
}

function takersOf(subscription: Subscription | undefined, awaited: Awaited | undefined): Takers {
  const nodeKeys = new Set(subscription?.nodeKeys.all.keys());
  for (const nodeKey of awaited?.wishes.keys() ?? []) if (nodeKey !== undefined) nodeKeys.add(nodeKey);
  return { nodeKeys, keyless: takes(subscription, undefined) || awaited?.wishes.has(undefined) === true };
}

function isSame(one: Takers, other: Takers): boolean {
  if (one.keyless !== other.keyless || one.nodeKeys.size !== other.nodeKeys.size) return false;
  return [...one.nodeKeys].every((nodeKey) => other.nodeKeys.has(nodeKey));
}

function keyOf({ topic, match }: TopicPattern): string {
  return `${match}:${topic}`;
}
