import { WampError } from "../wire/error.js";
import { type Id, IdCounter, randomId } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { EventDetails, PublishOptions } from "../wire/options.js";
import { type MatchPolicy, NO_SUCH_SUBSCRIPTION } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { checkNotReserved, checkUri, requireMatchPolicy } from "./requests.js";

/** Subscribers of one topic or pattern under one match policy. */
interface Subscription {
  readonly id: Id;
  readonly topic: string;
  readonly match: MatchPolicy;
  readonly subscribers: Set<RealmSession>;
}

/**
 * The broker of one realm: who subscribes to what, and who gets which event. Pure: it sends to sessions and reads no
 * clock. A request it refuses throws `WampError` before any map has changed. Spec: "Publish and Subscribe".
 */
export class Broker {
  readonly #surroundings: Surroundings;
  readonly #index = new PatternIndex<Subscription>();
  readonly #byId = new Map<Id, Subscription>();
  readonly #bySession = new Map<RealmSession, Set<Subscription>>();
  readonly #ids = new IdCounter();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Adds the session to the subscription of this topic and policy, made if it is new. Subscribing twice gives the same ID. */
  subscribe(session: RealmSession, message: m.Subscribe): void {
    const match = requireMatchPolicy(message.options.match);
    checkUri(message.topic, { match, strict: this.#surroundings.strictUris });

    const subscription = this.#index.get(message.topic, match) ?? this.#create(message.topic, match);
    subscription.subscribers.add(session);
    const own = this.#bySession.get(session);
    if (own) own.add(subscription);
    else this.#bySession.set(session, new Set([subscription]));
    session.send({ type: "SUBSCRIBED", request: message.request, subscription: subscription.id });
  }

  /** Throws `wamp.error.no_such_subscription` for an ID the session does not hold. */
  unsubscribe(session: RealmSession, message: m.Unsubscribe): void {
    const subscription = this.#byId.get(message.subscription);
    if (!subscription?.subscribers.has(session)) {
      throw new WampError(NO_SUCH_SUBSCRIPTION, {
        args: [`this session holds no subscription ${message.subscription}`],
      });
    }
    this.#remove(session, subscription);
    session.send({ type: "UNSUBSCRIBED", request: message.request });
  }

  /**
   * Sends an event to every subscriber of every matching subscription that the publisher does not rule out. A session
   * that holds several of them gets several, under one publication ID.
   */
  publish(publisher: RealmSession, message: m.Publish): void {
    checkUri(message.topic, { strict: this.#surroundings.strictUris });
    checkNotReserved(message.topic);

    const publication = randomId(this.#surroundings.random);
    const receives = receiverFilter(publisher, message.options);
    for (const subscription of this.#index.all(message.topic)) {
      const event: m.Event = {
        type: "EVENT",
        subscription: subscription.id,
        publication,
        details: eventDetails(publisher, message, subscription),
        payload: message.payload,
      };
      for (const subscriber of subscription.subscribers) if (receives(subscriber)) subscriber.send(event);
    }
    if (message.options.acknowledge) publisher.send({ type: "PUBLISHED", request: message.request, publication });
  }

  /** Undoes all that a session holds here. */
  leave(session: RealmSession): void {
    for (const subscription of this.#bySession.get(session) ?? []) this.#remove(session, subscription);
  }

  #create(topic: string, match: MatchPolicy): Subscription {
    const subscription: Subscription = { id: this.#ids.next(), topic, match, subscribers: new Set() };
    this.#index.set(topic, match, subscription);
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  #remove(session: RealmSession, subscription: Subscription): void {
    subscription.subscribers.delete(session);
    const own = this.#bySession.get(session);
    own?.delete(subscription);
    if (own?.size === 0) this.#bySession.delete(session);
    if (subscription.subscribers.size > 0) return;
    this.#index.delete(subscription.topic, subscription.match);
    this.#byId.delete(subscription.id);
  }
}

/** The topic goes along for patterns only, since an exact subscriber knows it; each subscription has details of its own. */
function eventDetails(publisher: RealmSession, message: m.Publish, subscription: Subscription): EventDetails {
  const topic = subscription.match === "exact" ? undefined : { topic: message.topic };
  if (!message.options.disclose_me) return { ...topic };
  return {
    ...topic,
    publisher: publisher.id,
    publisher_authid: publisher.authid,
    publisher_authrole: publisher.authrole,
  };
}

/** Who may get an event: all six lists are ANDed, an empty `eligible` means nobody, an absent list does not constrain. */
function receiverFilter(publisher: RealmSession, options: PublishOptions): (session: RealmSession) => boolean {
  const excludesMe = options.exclude_me !== false;
  const constrained =
    options.exclude ||
    options.exclude_authid ||
    options.exclude_authrole ||
    options.eligible ||
    options.eligible_authid ||
    options.eligible_authrole;
  if (!constrained) return excludesMe ? (session) => session !== publisher : () => true;

  const exclude = new Set(options.exclude);
  const excludeAuthid = new Set(options.exclude_authid);
  const excludeAuthrole = new Set(options.exclude_authrole);
  const eligible = options.eligible && new Set(options.eligible);
  const eligibleAuthid = options.eligible_authid && new Set(options.eligible_authid);
  const eligibleAuthrole = options.eligible_authrole && new Set(options.eligible_authrole);
  return (session) =>
    !(excludesMe && session === publisher) &&
    !exclude.has(session.id) &&
    !excludeAuthid.has(session.authid) &&
    !excludeAuthrole.has(session.authrole) &&
    (eligible?.has(session.id) ?? true) &&
    (eligibleAuthid?.has(session.authid) ?? true) &&
    (eligibleAuthrole?.has(session.authrole) ?? true);
}
