import type { Id } from "../wire/ids.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";

/** The name of a router that has the same realm. */
export type RouterId = string;

/** What another router's subscribers of one topic or pattern take part in. */
export interface RemoteInterest {
  /** The session that the router has announced it for. */
  readonly session: Id;
  /** The node keys of its subscribers that share events by resource key. */
  readonly nodeKeys: readonly string[];
  /** Whether it has subscribers without a node key, which get every event. */
  readonly keyless: boolean;
  /** When the router's first subscriber has subscribed, in milliseconds since 1970. */
  readonly createdMs: number;
  /** Its sessions that are in it, as far as it has told: it does while somebody hears who subscribes. */
  members?: Set<Id> | undefined;
}

/** What somebody subscribes to. */
export interface TopicPattern {
  readonly topic: Uri;
  readonly match: MatchPolicy;
}

/** An interest of another router, with what it is in. */
export interface AnnouncedInterest extends Omit<RemoteInterest, "members">, TopicPattern {
  /** The others had been told of it before this router came up. */
  readonly isKnown: boolean;
}

/** A change that is told of as a meta event, by each router to its own sessions. */
export type MemberEvent = "wamp.subscription.on_subscribe" | "wamp.subscription.on_unsubscribe";

/** A session is in a subscription, or out of it. */
export interface MemberNews extends TopicPattern {
  readonly event: MemberEvent;
  readonly session: Id;
  /** Counted by the session's router. */
  readonly stamp: number;
  /** It was so before, or nobody is left to hear of it: no session is to be told. */
  readonly isKnown: boolean;
}

/** What the subscriptions of a realm ask of its link to other routers. */
export interface SubscriptionLink {
  /** Returns the ID that all routers give a subscription. `isTaken` says of an ID whether another subscription has it. */
  subscriptionId(pattern: TopicPattern, isTaken: (id: Id) => boolean): Id;
  /** Whether it is this router that counts an event which all routers publish for their own sessions. */
  tellsOf(publication: Id): boolean;
  /** The others are told that a session of this router is in a subscription, or out of it. */
  passOn(news: MemberNews): void;
  /** A session has left a subscription: the others are told where nobody here is in it any more. Without a session nobody is to hear of it. */
  uninterested(pattern: TopicPattern, session: Id | undefined, stamp: number): void;
}
