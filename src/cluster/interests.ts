import type { MemberEvent, TopicPattern } from "../router/interest.js";
import type { PatternEntry } from "../router/pattern-book.js";
import type { LinkedSubscriptions } from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import type { Subscription, SubscriptionRequest } from "../router/subscriptions.js";
import type { Id } from "../wire/ids.js";
import type { NodeId } from "./engine.js";
import type { InterestState, MemberState, UninterestedState } from "./frames/state.js";

/** What interests ask of their link. */
export interface InterestsHost {
  readonly subscriptions: LinkedSubscriptions;
  now(): number;
  /** Tells all peers. */
  tellAll(state: InterestState | UninterestedState): void;
  tell(node: NodeId, state: InterestState | MemberState): void;
  /** The node that tells of what has an ID. */
  ownerOf(id: Id): NodeId;
  /** Calls back when all peers have carried out what they were told. */
  settled(callback: () => void): void;
}

/** Sessions that wait to be in a subscription until the other nodes know. */
interface Awaited extends TopicPattern {
  /** Node key, or none → what those do who wait with it, when the others know. */
  readonly wishes: Map<string | undefined, (() => void)[]>;
  /** Who has come first, and when. */
  readonly session: Id;
  readonly createdMs: number;
}

/** Whether subscribers with some node keys, and some without one, are here. */
interface Takers {
  readonly nodeKeys: ReadonlySet<string>;
  readonly keyless: boolean;
}

/**
 * Which topics and patterns this node has subscribers of, as the other nodes know it. They are told before the first subscriber is in, and its
 * subscription waits until they know; what they know costs nothing. When the last is out they are told, and nobody waits.
 */
export class Interests {
  readonly #host: InterestsHost;
  readonly #awaited = new Map<string, Awaited>(); // by pattern
  readonly #awaitedBy = new Map<RealmSession, number>();
  readonly #told = new Map<string, number>(); // patterns that the others were told of → when they were subscribed to first
  readonly #sharded = new Map<string, Takers>(); // patterns with node keys → what the others were told
  #unsure = 0; // nodes that are being told of all
  readonly #whenSure: (() => void)[] = []; // what waits until there are none
  #early: (() => void)[] | undefined = []; // what peers have told before subscriptions could be given IDs

  constructor(host: InterestsHost) {
    this.#host = host;
  }

  /** Subscriptions can be given IDs from now on. */
  open(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const carryOut of early) carryOut();
  }

  /** How many subscriptions of a session wait. */
  awaitedBy(session: RealmSession): number {
    return this.#awaitedBy.get(session) ?? 0;
  }

  /** As `RealmLink.interested` says. */
  interested(request: SubscriptionRequest, session: RealmSession, add: (createdMs?: number) => void): void {
    const { topic, match, nodeKey } = request;
    const subscription = this.#host.subscriptions.book.lookup(topic, match);
    if (takes(subscription, nodeKey)) {
      if (this.#unsure === 0) return add();
      return this.#waitToBeSure(session, () => this.interested(request, session, add)); // which may not be so any more by then
    }
    const pattern = { topic, match };
    const awaited = this.#awaited.get(keyOf(pattern)) ?? this.#begin(pattern, session.id);
    this.#count(session, 1);
    const added = () => {
      this.#count(session, -1);
      add(this.#told.get(keyOf(pattern)));
    };
    const waiting = awaited.wishes.get(nodeKey);
    if (waiting) return void waiting.push(added);
    awaited.wishes.set(nodeKey, [added]);
    this.#host.tellAll(this.#stateOf(pattern, subscription, awaited));
    this.#host.settled(() => this.#known(awaited, nodeKey));
  }

  /** As `SubscriptionLink.uninterested` says. */
  uninterested({ topic, match }: TopicPattern, session: Id | undefined): void {
    const key = keyOf({ topic, match });
    const awaited = this.#awaited.get(key);
    const subscription = this.#host.subscriptions.book.lookup(topic, match);
    if (!awaited && !subscription?.subscribers.size) {
      this.#sharded.delete(key);
      this.#told.delete(key);
      this.#host.tellAll({ kind: "uninterested", topic, match, session });
      return;
    }
    const told = this.#sharded.get(key);
    if (told && !isSame(told, takersOf(subscription, awaited)))
      this.#host.tellAll(this.#stateOf({ topic, match }, subscription, awaited));
  }

  /** As `SubscriptionLink.passOn` says. While nobody is subscribed to such events nothing is sent. */
  passOn(event: MemberEvent, session: Id, { id, uri: topic, match }: PatternEntry): void {
    const { subscriptions, tell, ownerOf } = this.#host;
    if (subscriptions.book.matching(event).length > 0)
      tell(ownerOf(id), { kind: "member", event, session, topic, match });
  }

  /** Tells a node that has come up what the others know. Until it has been told, what the others know is not known by all. */
  tellAllTo(node: NodeId): void {
    this.#unsure++;
    this.#host.settled(() => {
      this.#unsure--;
      if (this.#unsure === 0) for (const goOn of this.#whenSure.splice(0)) goOn();
    });
    const told = new Set<string>();
    for (const subscription of this.#host.subscriptions.book.all()) {
      if (subscription.subscribers.size === 0) continue;
      const pattern = { topic: subscription.uri, match: subscription.match };
      const key = keyOf(pattern);
      told.add(key);
      this.#host.tell(node, this.#stateOf(pattern, subscription, this.#awaited.get(key)));
    }
    for (const [key, awaited] of this.#awaited)
      if (!told.has(key)) this.#host.tell(node, this.#stateOf(awaited, undefined, awaited));
  }

  /** Another node says what it is interested in. */
  carryOut(node: NodeId, state: InterestState | UninterestedState | MemberState): void {
    if (this.#early) return void this.#early.push(() => this.carryOut(node, state));
    const { subscriptions } = this.#host;
    const { topic, match } = state;
    switch (state.kind) {
      case "interest":
        return subscriptions.addElsewhere(node, {
          topic,
          match,
          session: state.session,
          createdMs: state.created,
          nodeKeys: state.nodeKeys ?? [],
          keyless: state.keyless !== false,
        });
      case "uninterested":
        return subscriptions.removeElsewhere(node, { topic, match, session: state.session });
      case "member":
        return subscriptions.tell(state.event, state.session, { topic, match });
    }
  }

  /** A node is gone, and with it its interests. */
  down(node: NodeId): void {
    if (this.#early) this.#early.push(() => this.down(node));
    else this.#host.subscriptions.routerGone(node);
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

  /** The others know that there are subscribers with this node key: those who have waited are in, or have left meanwhile. */
  #known(awaited: Awaited, nodeKey: string | undefined): void {
    for (const added of awaited.wishes.get(nodeKey) ?? []) added();
    awaited.wishes.delete(nodeKey);
    if (awaited.wishes.size === 0) this.#awaited.delete(keyOf(awaited));
    this.uninterested(awaited, awaited.session); // where none of them is in
  }

  #count(session: RealmSession, change: number): void {
    const count = this.awaitedBy(session) + change;
    if (count === 0) this.#awaitedBy.delete(session);
    else this.#awaitedBy.set(session, count);
  }

  /** What the others are to know of a pattern; it is remembered where they are told of node keys. */
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

/** Whether a subscription has a subscriber here that takes part in what one with this node key would. */
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
