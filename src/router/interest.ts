import type { Id } from "../wire/ids.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import type { PatternEntry } from "./pattern-book.js";

/** The name of a router that has the same realm. */
export type RouterId = string;

/** The interest of another router's subscribers in one topic or pattern. */
export interface RemoteInterest {
  /** The session with which the router has announced it. */
  readonly session: Id;
  /** The node keys of its subscribers that share events by resource key. */
  readonly nodeKeys: readonly string[];
  /** Whether it has subscribers without node key, which receive every event. */
  readonly keyless: boolean;
  /** When the first subscriber of the router subscribed, in milliseconds since 1970. */
  readonly createdMs: number;
}

/** The topic and match policy of a subscription. */
export interface TopicPattern {
  readonly topic: Uri;
  readonly match: MatchPolicy;
}

/** The interest of another router, with its topic or pattern. */
export interface AnnouncedInterest extends RemoteInterest, TopicPattern {}

/** A meta event about a subscriber, which one of the routers publishes. */
export type MemberEvent = "wamp.subscription.on_subscribe" | "wamp.subscription.on_unsubscribe";

/** The interface of a realm's subscriptions to other routers. */
export interface SubscriptionLink {
  /** Returns the ID that all routers use for a subscription. `isTaken` returns whether another subscription has an ID. */
  subscriptionId(pattern: TopicPattern, isTaken: (id: Id) => boolean): Id;
  /** Returns whether this router is responsible for an ID: it publishes the meta events of a subscription and counts an event. */
  tellsOf(id: Id): boolean;
  /** Asks the responsible router to publish that a session has joined or left a subscription. */
  passOn(event: MemberEvent, session: Id, subscription: PatternEntry): void;
  /**
   * Tells other routers that a session was the last one here to leave a subscription. Without a session, no meta event is
   * published.
   */
  uninterested(pattern: TopicPattern, session: Id | undefined): void;
}
