import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { type EventDetails, type Mutable, type PublishOptions, passthruOf } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import { traceContextOf } from "../wire/trace-context.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import { checkDisclosure, type Disclosure, isDisclosed } from "./disclosure.js";
import type { MetaSubject, RealmSession } from "./realm-session.js";

/** An event on its way to subscribers. */
export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** Without one it is the router's own, a meta event or a testament, or comes from another router. */
  readonly publisher: RealmSession | undefined;
  /** What a meta event tells of. */
  readonly about?: MetaSubject | undefined;
  /** What every subscriber is told, the topic aside. */
  readonly details: EventDetails;
  /** Subscription → the node key that its `rkey` belongs to, as the publisher's router has found. */
  readonly shards?: ReadonlyMap<Id, string> | undefined;
}

/** What every subscriber is told of a publication, the topic aside. Throws where disclosure is refused. */
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

/** A publication as it is routed now. What is kept of it carries no trace: that is over when the event is read. */
export function traced(publication: Publication): Publication {
  return { ...publication, details: { ...publication.details, ...traceContextOf(publication.options) } };
}

/** The topic goes along for patterns only, since an exact subscriber knows it; each subscription has details of its own. */
export function withTopic(
  { details, topic }: { readonly details: EventDetails; readonly topic: Uri },
  { match }: { readonly match: MatchPolicy },
): EventDetails {
  return match === "exact" ? { ...details } : { ...details, topic };
}
