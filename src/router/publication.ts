import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { type EventDetails, type Mutable, type PublishOptions, passthruOf } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import { traceContextOf } from "../wire/trace-context.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import { checkDisclosure, type Disclosure, isDisclosed } from "./disclosure.js";
import type { MetaSubject, RealmSession } from "./realm-session.js";

/** A publication that is being routed. */
export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** The publisher; `undefined` for meta events, testaments and publications from another router. */
  readonly publisher: RealmSession | undefined;
  /** The subject of a meta event. */
  readonly about?: MetaSubject | undefined;
  /** The details for every subscriber, except the topic. */
  readonly details: EventDetails;
  /** Subscription → the node key for its `rkey`, as determined by the publisher's router. */
  readonly shards?: ReadonlyMap<Id, string> | undefined;
}

/** Returns the details for every subscriber, except the topic. Throws if disclosure is refused. */
export function eventDetails(
  publisher: RealmSession,
  { topic, options }: m.Publish,
  decided: Disclosure | undefined,
): EventDetails {
  const trustlevel = publisher.grants.trustLevel(topic, "publish");
  const disclosure = decided ?? publisher.grants.disclosure(topic, "publish");
  checkDisclosure(disclosure, options.disclose_me);
  const details: Mutable<EventDetails> = {};
  if (options.ppt_scheme !== undefined) Object.assign(details, passthruOf(options));
  if (isDisclosed(disclosure, options.disclose_me)) {
    details.publisher = publisher.id;
    details.publisher_authid = publisher.authid;
    details.publisher_authrole = publisher.authrole;
  }
  if (trustlevel !== undefined) details.trustlevel = trustlevel;
  return details;
}

/**
 * Adds the trace context to a publication that is routed now. Stored events have none, since their trace is over when they
 * are read.
 */
export function traced(publication: Publication): Publication {
  return { ...publication, details: { ...publication.details, ...traceContextOf(publication.options) } };
}

/** Returns the details of one subscription. Only patterns need the topic, since other subscribers know it. */
export function withTopic(
  { details, topic }: { readonly details: EventDetails; readonly topic: Uri },
  { match }: { readonly match: MatchPolicy },
): EventDetails {
  return match === "exact" ? { ...details } : { ...details, topic };
}
