import type { Id } from "../wire/ids.js";
import type { RemoteInterest, RouterId } from "./interest.js";
import type { NodeKeys } from "./node-keys.js";
import type { PatternEntry } from "./pattern-book.js";
import { type MetaEvent, type MetaSubject, type RealmSession, timestamp } from "./realm-session.js";
import type { SmallSet } from "./small-set.js";

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

/** A subscription as the realm that has it changes it. */
export interface OwnSubscription extends Subscription {
  createdMs: number;
  /** Since when this router has subscribers of it, as the others were told; `undefined` where it has none. */
  sinceMs: number | undefined;
  readonly subscribers: SmallSet<RealmSession>;
  nodeKeys: NodeKeys;
  elsewhere: Map<RouterId, RemoteInterest> | undefined;
}

/** Tells meta events of the same session and subscription apart. */
export type Stamp = string | number;

/** What holds a subscription last where that is another router. */
export const GONE_ELSEWHERE = {};

/** All routers give a subscription the same date: that of the router which has had it longest, of those that have it. */
export function date(subscription: OwnSubscription): void {
  const { sinceMs, elsewhere, permanent } = subscription;
  if (permanent || (sinceMs === undefined && !elsewhere)) return;
  let firstMs = sinceMs ?? Number.POSITIVE_INFINITY;
  for (const { createdMs } of elsewhere?.values() ?? []) firstMs = Math.min(firstMs, createdMs);
  subscription.createdMs = firstMs;
}

/** Whether nothing keeps a subscription any more. */
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

/** A subscription as the meta API describes it. */
export function detailsOf({ id, createdMs, uri, match }: Subscription): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match };
}
