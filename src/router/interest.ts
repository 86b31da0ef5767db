import type { Id } from "../wire/ids.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";

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
  /** Its sessions in the subscription. Sent only while somebody listens for subscribers. */
  members?: Set<Id> | undefined;
}

/** The topic and match policy of a subscription. */
export interface TopicPattern {
  readonly topic: Uri;
  readonly match: MatchPolicy;
}

/** The interest of another router, with its topic or pattern. */
export interface AnnouncedInterest extends Omit<RemoteInterest, "members">, TopicPattern {
  /** Whether the other routers knew it before this router joined. */
  readonly isKnown: boolean;
}

/** A meta event about a subscriber. Each router publishes it to its own sessions. */
export type MemberEvent = "wamp.subscription.on_subscribe" | "wamp.subscription.on_unsubscribe";

/** The news that a session has joined or left a subscription. */
export interface MemberNews extends TopicPattern {
  readonly event: MemberEvent;
  readonly session: Id;
  /** A number of the session's router that distinguishes the news. */
  readonly stamp: number;
  /** Whether it is not news, or has no audience: no meta event is published. */
  readonly isKnown: boolean;
}

/** The interface of a realm's subscriptions to other routers. */
export interface SubscriptionLink {
  /** Returns the ID that all routers use for a subscription. `isTaken` returns whether another subscription has an ID. */
  subscriptionId(pattern: TopicPattern, isTaken: (id: Id) => boolean): Id;
  /** Returns whether this router reports an event that all routers publish to their own sessions. */
  tellsOf(publication: Id): boolean;
  /** Informs the other routers that a session of this router has joined or left a subscription. */
  passOn(news: MemberNews): void;
  /**
   * Informs the other routers that a session was the last one here to leave a subscription. Without a session, no meta event is
   * published.
   */
  uninterested(pattern: TopicPattern, session: Id | undefined, stamp: number): void;
}
