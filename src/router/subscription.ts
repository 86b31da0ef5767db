import type { Id } from "../wire/ids.js";
import type { RemoteInterest, RouterId } from "./interest.js";
import type { NodeKeys } from "./node-keys.js";
import type { PatternEntry } from "./pattern-book.js";
import { type MetaEvent, type MetaSubject, type RealmSession, timestamp } from "./realm-session.js";
import type { SmallSet } from "./small-set.js";

/** The subscribers of one topic or pattern under one match policy. */
export interface Subscription extends PatternEntry {
  /** The time of its creation, in milliseconds since 1970. */
  readonly createdMs: number;
  /** The subscribers at this router. */
  readonly subscribers: Pick<SmallSet<RealmSession>, "has" | "size"> & Iterable<RealmSession>;
  /** The node keys of subscribers that share events by resource key. */
  readonly nodeKeys: Pick<NodeKeys, "all" | "of" | "size">;
  /** Other routers with subscribers, or `undefined` if there are none. */
  readonly elsewhere: ReadonlyMap<RouterId, RemoteInterest> | undefined;
  /** Whether it exists without subscribers, because its history is kept. */
  readonly permanent: boolean;
}

/** A subscription as its own realm changes it. */
export interface OwnSubscription extends Subscription {
  createdMs: number;
  /** The time since which this router has subscribers, as the others know it, or `undefined` if it has none. */
  sinceMs: number | undefined;
  readonly subscribers: SmallSet<RealmSession>;
  nodeKeys: NodeKeys;
  elsewhere: Map<RouterId, RemoteInterest> | undefined;
}

/** Distinguishes meta events of the same session and subscription. */
export type Stamp = string | number;

/** The last holder of a subscription if that is another router. */
export const GONE_ELSEWHERE = {};

/** Sets the creation time, which is the same on all routers: the earliest of those that have subscribers. */
export function date(subscription: OwnSubscription): void {
  const { sinceMs, elsewhere, permanent } = subscription;
  if (permanent || (sinceMs === undefined && !elsewhere)) return;
  let firstMs = sinceMs ?? Number.POSITIVE_INFINITY;
  for (const { createdMs } of elsewhere?.values() ?? []) firstMs = Math.min(firstMs, createdMs);
  subscription.createdMs = firstMs;
}

/** Returns whether a subscription can be dropped. */
export function isOver({ subscribers, elsewhere, permanent }: OwnSubscription): boolean {
  return subscribers.size === 0 && !elsewhere && !permanent;
}

export function createdEvent(session: Id, subscription: Subscription): MetaEvent {
  return ["wamp.subscription.on_create", [session, detailsOf(subscription)], subjectOf(subscription)];
}

export function joinedEvent(session: Id, subscription: Subscription, stamp: Stamp): MetaEvent {
  return ["wamp.subscription.on_subscribe", [session, subscription.id], subjectOf(subscription), stamp];
}

export function leftEvent(session: Id, subscription: Subscription, stamp: Stamp): MetaEvent {
  return ["wamp.subscription.on_unsubscribe", [session, subscription.id], subjectOf(subscription), stamp];
}

export function deletedEvent(session: Id, subscription: Subscription, stamp: Stamp): MetaEvent {
  return ["wamp.subscription.on_delete", [session, subscription.id], subjectOf(subscription), stamp];
}

function subjectOf({ uri, match }: Subscription): MetaSubject {
  return { kind: "topic", uri, match };
}

/** Returns a subscription's details for the meta API. */
export function detailsOf({ id, createdMs, uri, match }: Subscription): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match };
}
