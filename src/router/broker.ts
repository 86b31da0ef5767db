import { ProtocolViolation, WampError } from "../wire/error.js";
import { type Id, randomId } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { type EventDetails, type Mutable, type PublishOptions, passthruOf } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import { traceContextOf } from "../wire/trace-context.js";
import { type MatchPolicy, matchesPattern, NO_SUCH_SUBSCRIPTION, type Uri } from "../wire/uris.js";
import { TopicReaders } from "./access/visible.js";
import { checkDisclosure, type Disclosure, isDisclosed } from "./disclosure.js";
import type { Enforcement } from "./enforcement.js";
import { EventCopies } from "./event-copies.js";
import { type HistoryPage, pageOf } from "./history.js";
import type { HistoryFilters } from "./history-filters.js";
import type { MetaSubject, RealmSession, Surroundings } from "./realm-session.js";
import { lastingLists, namesIn, namesSessions, passesLists, receiverFilter } from "./receivers.js";
import { checkNotReserved, checkUri, requireMatchPolicy } from "./requests.js";
import { RetainedDeliveries } from "./retained-deliveries.js";
import { checkShardKey, nodeOf } from "./shards.js";
import type { GuardedStore } from "./store/guarded.js";
import type { HistoryKey, StoredEvent } from "./store/store.js";
import { type Subscription, Subscriptions } from "./subscriptions.js";
import type { RealmWatch } from "./watch.js";

/** A topic or pattern whose events are kept for `wamp.subscription.get_events`. */
export interface HistoryConfig extends HistoryKey {
  /** Events kept; the oldest beyond it are dropped. */
  readonly limit: number;
}

/** What a broker keeps, and what it holds events to. */
export interface BrokerConfig {
  readonly store: GuardedStore;
  readonly history: readonly HistoryConfig[];
  /** How long a retained event is given to new subscribers, in milliseconds; 0 for ever. */
  readonly retainMs: number;
  /** The contracts that events are held to, if any are. */
  readonly enforcement: Enforcement | undefined;
  /** Who is told of events. */
  readonly watch: RealmWatch;
}

/** What of a history is asked for, and for whom. */
export interface HistoryRequest {
  readonly subscription: Id;
  readonly filters: HistoryFilters;
}

/** What a name in a list counts that a receiver is looked for in, as bytes. */
const NAME_BYTES = 16;

/** An event on its way to subscribers. */
interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** Without one it is the router's own: a meta event, or a testament. */
  readonly publisher: RealmSession | undefined;
  /** What a meta event tells of. */
  readonly about?: MetaSubject | undefined;
  /** What every subscriber is told, the topic aside. */
  readonly details: EventDetails;
}

/**
 * The broker of one realm: who subscribes to what, and who gets which event. Pure: it sends to sessions and a store, and its
 * clock is handed in. A request it refuses throws `WampError` before any map has changed. Spec: "Publish and Subscribe".
 */
export class Broker {
  readonly subscriptions: Subscriptions;
  readonly #surroundings: Surroundings;
  readonly #config: BrokerConfig;
  readonly #retained: RetainedDeliveries;
  readonly #histories = new Map<Id, HistoryConfig>(); // subscription → what is kept of it

  constructor(surroundings: Surroundings, config: BrokerConfig) {
    this.#surroundings = surroundings;
    this.#config = config;
    this.#retained = new RetainedDeliveries(surroundings, (...delivery) => this.#sendRetained(...delivery));
    this.subscriptions = new Subscriptions(surroundings);
    for (const history of config.history)
      this.#histories.set(this.subscriptions.keep(history.topic, history.match).id, history);
  }

  /** Adds the session to the subscription of this topic and policy, made if it is new. Subscribing twice gives the same ID. */
  subscribe(session: RealmSession, message: m.Subscribe): void {
    const { topic, options } = message;
    const match = requireMatchPolicy(options.match);
    checkUri(topic, this.#surroundings, match);
    checkShardKey("nkey", options.nkey);
    if (options.get_retained) this.#retained.check(session);

    const subscription = this.subscriptions.add(session, { topic, match, nodeKey: options.nkey });
    session.send({ type: "SUBSCRIBED", request: message.request, subscription: subscription.id });
    if (options.get_retained) this.#retained.start(session, subscription, this.#retainedTopics(subscription));
  }

  /** Throws `wamp.error.no_such_subscription` for an ID the session does not hold. */
  unsubscribe(session: RealmSession, message: m.Unsubscribe): void {
    this.#remove(session, message.subscription);
    session.send({ type: "UNSUBSCRIBED", request: message.request });
  }

  /** Takes a session out of a subscription, and tells it where it can be told. Spec: "Subscription Revocation". */
  revoke(session: RealmSession, subscription: Id, reason: string | undefined): void {
    this.#remove(session, subscription);
    if (!session.announces("subscriber", "subscription_revocation")) return;
    session.send({
      type: "UNSUBSCRIBED",
      request: 0,
      details: { subscription, ...(reason !== undefined && { reason }) },
    });
  }

  /** Accepts a session's publication, routes it, and acknowledges it where that was asked for. */
  publish(publisher: RealmSession, message: m.Publish, disclosure?: Disclosure): void {
    const publication = this.#accept(publisher, message, disclosure);
    const refusal = this.#keep(publication);
    if (refusal && message.options.acknowledge) throw refusal; // without acknowledgement it is routed all the same
    this.route(message.options._traceparent === undefined ? publication : traced(publication));
    if (!message.options.acknowledge) return;
    publisher.send({ type: "PUBLISHED", request: message.request, publication: publication.id });
  }

  /** Throws for what a session may not publish, whenever that is to be. */
  checkPublication(
    publisher: RealmSession,
    { topic, options, payload }: Pick<m.Publish, "topic" | "options" | "payload">,
  ): void {
    checkUri(topic, this.#surroundings);
    checkNotReserved(topic);
    checkShardKey("rkey", options.rkey);
    if (options.ppt_scheme !== undefined && !publisher.announces("publisher", "payload_passthru_mode")) {
      throw new ProtocolViolation("PUBLISH.options.ppt_scheme: this publisher has not announced payload_passthru_mode");
    }
    const fault = options.ppt_scheme === undefined ? this.#config.enforcement?.checkPublish(topic, payload) : undefined;
    if (fault) throw fault;
  }

  /** Publishes an event of the router's own: a meta event, or the testament of a session that is gone. Returns how many got it. */
  announce(
    topic: Uri,
    payload: Payload,
    {
      options = {},
      about,
    }: { readonly options?: PublishOptions | undefined; readonly about?: MetaSubject | undefined } = {},
  ): number {
    const publication: Publication = {
      id: randomId(this.#surroundings.random),
      topic,
      options,
      payload,
      publisher: undefined,
      about,
      details: passthruOf(options),
    };
    this.#keep(publication);
    return this.route(publication);
  }

  /**
   * Sends an event to every subscriber of every matching subscription that its publisher does not rule out. A session that holds several
   * of them gets several, under one publication ID, of at most 16 MiB in all. Returns how many were sent.
   */
  route(publication: Publication): number {
    const { id, payload, options, topic, about } = publication;
    const receives = receiverFilter(publication.publisher, options);
    let sent = 0;
    const subscriptions = this.subscriptions.book.matching(topic);
    const copies = EventCopies.matter(subscriptions.length, payload) ? new EventCopies(payload) : undefined;
    for (const subscription of subscriptions) {
      const event: m.Event = {
        type: "EVENT",
        subscription: subscription.id,
        publication: id,
        details: withTopic(publication, subscription),
        payload,
      };
      const readers = subscription.match === "exact" && !about ? undefined : new TopicReaders(topic, about);
      const node = options.rkey === undefined ? undefined : nodeOf(options.rkey, subscription.nodeKeys.values());
      for (const subscriber of subscription.subscribers) {
        if (!receives(subscriber) || !takesPart(subscriber, { subscription, node })) continue;
        if (readers && !readers.include(subscriber)) continue;
        if (options.ppt_scheme !== undefined && !subscriber.announces("subscriber", "payload_passthru_mode")) continue;
        const refusal = copies?.add(subscriber);
        if (refusal) this.#surroundings.dropped(subscriber, topic, refusal);
        else this.#send(subscriber, event, topic);
        if (this.#retained.areRunning) this.#retained.sentLive(subscriber, subscription, topic);
        sent++;
      }
    }
    this.#config.watch.published(publication, sent);
    return sent;
  }

  /**
   * Returns a page of the history of a subscription, as one session may see it. Throws `wamp.error.no_such_subscription`, and
   * `wampact.error.store_failed` where the store cannot be read.
   */
  history(session: RealmSession, { subscription, filters }: HistoryRequest): HistoryPage {
    if (!this.subscriptions.book.byId(subscription)) throw noSuchSubscription(subscription);
    const config = this.#histories.get(subscription);
    if (!config) return { records: [], next: undefined };
    const { limit, topic } = filters;
    return pageOf(this.#config.store.history(config, filters), {
      subscription,
      pattern: config.match !== "exact",
      passes: (event) =>
        (topic === undefined || event.topic === topic) &&
        passesLists(event.lists, session) &&
        mayRead(session, event.topic),
      limit,
      maxReceiveBytes: session.maxReceiveBytes,
    });
  }

  /** Undoes all that a session holds here. */
  leave(session: RealmSession): void {
    this.subscriptions.leave(session);
  }

  /** Checks a publication and gives it an ID. One that is refused has changed nothing. */
  #accept(publisher: RealmSession, message: m.Publish, disclosure: Disclosure | undefined): Publication {
    this.checkPublication(publisher, message);
    const { topic, options, payload } = message;
    const details = eventDetails(publisher, message, disclosure); // throws where disclosure is refused
    return { id: randomId(this.#surroundings.random), topic, options, payload, publisher, details };
  }

  /** An event that one receiver cannot be given is dropped for it, and for nobody else. */
  #send(subscriber: RealmSession, event: m.Event, topic: Uri): void {
    const refusal = subscriber.send(event);
    if (refusal) this.#surroundings.dropped(subscriber, topic, refusal);
  }

  /** Keeps what is to be kept, before anybody is told. Returns why it could not be. An event that names sessions is kept for nobody. */
  #keep({ id, topic, options, payload, details }: Publication): WampError | undefined {
    if (namesSessions(options)) return undefined;
    const histories =
      this.#histories.size === 0
        ? []
        : this.subscriptions.book.matching(topic).flatMap((each) => this.#histories.get(each.id) ?? []);
    if (!options.retain && histories.length === 0) return undefined;
    const atMs = this.#surroundings.clock.now();
    const event: StoredEvent = {
      publication: id,
      topic,
      atMs,
      details,
      payload: payload.detached(),
      lists: lastingLists(options),
    };
    return this.#config.store.keep(event, { retain: options.retain === true, histories });
  }

  /** Sends the most recent retained event of a topic that the session may get. Returns about how many bytes that was to go through. */
  #sendRetained(session: RealmSession, subscription: Subscription, topic: Uri): number {
    if (!mayRead(session, topic)) return 0;
    const oldest = this.#config.retainMs === 0 ? 0 : this.#surroundings.clock.now() - this.#config.retainMs;
    let bytes = 0;
    for (const event of this.#config.store.retained(topic)) {
      bytes += namesIn(event.lists) * NAME_BYTES;
      if (event.atMs < oldest || !passesLists(event.lists, session)) continue;
      const details = { ...withTopic(event, subscription), retained: true };
      const { publication, payload } = event;
      this.#send(session, { type: "EVENT", subscription: subscription.id, publication, details, payload }, topic);
      return bytes + payload.byteLength;
    }
    return bytes;
  }

  #retainedTopics({ uri: topic, match }: Subscription): Iterable<Uri> {
    const { store } = this.#config;
    if (match === "exact") return [topic];
    if (match === "prefix") return store.retainedTopics(topic);
    const literal = topic.startsWith(".") || topic === "" ? "" : (topic.split("..")[0] as string);
    return filtered(store.retainedTopics(literal), (each) => matchesPattern(each, { uri: topic, match }));
  }

  #remove(session: RealmSession, id: Id): void {
    const subscription = this.subscriptions.book.byId(id);
    if (!subscription?.subscribers.has(session)) throw noSuchSubscription(id);
    this.#retained.stop(session, subscription);
    this.subscriptions.remove(session, id);
  }
}

/** What every subscriber is told of a publication, the topic aside. Throws where disclosure is refused. */
function eventDetails(
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
function traced(publication: Publication): Publication {
  return { ...publication, details: { ...publication.details, ...traceContextOf(publication.options) } };
}

/** The topic goes along for patterns only, since an exact subscriber knows it; each subscription has details of its own. */
function withTopic(
  { details, topic }: { readonly details: EventDetails; readonly topic: Uri },
  { match }: { readonly match: MatchPolicy },
): EventDetails {
  return match === "exact" ? { ...details } : { ...details, topic };
}

/** Those with a node key share the events that have a resource key: each goes to one node. The others get everything. */
function takesPart(
  session: RealmSession,
  { subscription, node }: { readonly subscription: Subscription; readonly node: string | undefined },
): boolean {
  if (node === undefined) return true;
  const own = subscription.nodeKeys.get(session);
  return own === undefined || own === node;
}

function mayRead({ grants }: RealmSession, topic: Uri): boolean {
  return grants.permissions?.allows("subscribe", topic) !== false;
}

function* filtered<T>(values: Iterable<T>, passes: (value: T) => boolean): Iterable<T> {
  for (const value of values) if (passes(value)) yield value;
}

function noSuchSubscription(id: Id): WampError {
  return new WampError(NO_SUCH_SUBSCRIPTION, { args: [`there is no such subscription here: ${id}`] });
}
