import { ProtocolViolation, WampError } from "../wire/error.js";
import { type Id, randomId } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { passthruOf } from "../wire/options.js";
import { detached, payloadLength } from "../wire/payload-bytes.js";
import { NO_SUCH_SUBSCRIPTION, type Uri } from "../wire/uris.js";
import type { Announcement } from "./announcer.js";
import type { Disclosure } from "./disclosure.js";
import type { Enforcement } from "./enforcement.js";
import { EventDelivery } from "./event-delivery.js";
import type { HistoryPage } from "./history.js";
import type { HistoryFilters } from "./history-filters.js";
import type { SubscriptionLink } from "./interest.js";
import { type KeepingConfig, type KeepingHost, KeptEvents } from "./kept-events.js";
import { LatePublications } from "./late-publications.js";
import { eventDetails, type Publication, traced } from "./publication.js";
import type { RealmLink } from "./realm-link.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { checkNotReserved, checkUri, requireMatchPolicy } from "./requests.js";
import { checkShardKey } from "./shards.js";
import type { Subscription } from "./subscription.js";
import { type SubscriptionRequest, Subscriptions } from "./subscriptions.js";
import type { RealmWatch } from "./watch.js";

/** The settings of a broker: its kept events, contracts and observers. */
export interface BrokerConfig extends KeepingConfig {
  /** Validates events against contracts, if any. */
  readonly enforcement: Enforcement | undefined;
  /** Receives information about events. */
  readonly watch: RealmWatch;
}

/** The services that a broker uses on a linked realm. */
export interface BrokerLink {
  readonly link: Pick<RealmLink, "awaitedBy" | "flush" | "interested" | "publish" | keyof SubscriptionLink>;
  /** Answers a SUBSCRIBE that had to wait with an error. */
  refuse(session: RealmSession, message: m.Subscribe, error: unknown): void;
  /** A SUBSCRIBE that had to wait is complete. Sends its meta events. */
  changed(): void;
  /** The first event is kept that other routers do not have. */
  keptApart(topic: Uri): void;
}

/**
 * The broker of one realm. It keeps the subscriptions and sends each event to its subscribers. It is pure: it sends messages to
 * sessions and events to a store, and its clock is passed in. It throws `WampError` for a refused request before any map has
 * changed. Spec: "Publish and Subscribe".
 */
export class Broker {
  readonly subscriptions: Subscriptions;
  readonly #surroundings: Surroundings;
  readonly #config: BrokerConfig;
  readonly #kept: KeptEvents;
  readonly #delivery: EventDelivery;
  #linked: BrokerLink | undefined; // to the other routers of the realm
  readonly #late = new LatePublications(); // for a store that returns promises

  constructor(surroundings: Surroundings, config: BrokerConfig) {
    this.#surroundings = surroundings;
    this.#config = config;
    this.subscriptions = new Subscriptions(surroundings);
    const send = (...event: Parameters<KeepingHost["send"]>) => this.#delivery.send(...event);
    const keptApart = (topic: Uri) => this.#linked?.keptApart(topic);
    const arrived = () => this.#linked?.link.flush();
    this.#kept = new KeptEvents(config, { surroundings, subscriptions: this.subscriptions, send, keptApart, arrived });
    this.#delivery = new EventDelivery(surroundings, this.#kept);
  }

  /** Links the realm to those of other routers. No subscription can be made before `open`. */
  link(linked: BrokerLink): void {
    this.#linked = linked;
    this.subscriptions.link(linked.link);
    this.#kept.link();
  }

  /** From now on, the link gives IDs to subscriptions. */
  open(): void {
    this.#kept.open();
  }

  /**
   * Adds the session to the subscription of this topic and policy, which is created if needed. A second SUBSCRIBE gives the same
   * ID. On a linked realm, the other routers may have to know first.
   */
  subscribe(session: RealmSession, message: m.Subscribe): void {
    const { topic, options } = message;
    const match = requireMatchPolicy(options.match);
    checkUri(topic, this.#surroundings, match);
    checkShardKey("nkey", options.nkey);
    if (options.get_retained) this.#kept.retained.check(session, match);

    const request = { topic, match, nodeKey: options.nkey };
    if (!this.#linked) return this.#add(session, message, request);
    const { link, refuse, changed } = this.#linked;
    this.subscriptions.check(session, request, link.awaitedBy(session));
    link.interested(request, session, (createdMs) => {
      try {
        if (this.#surroundings.stands(session)) this.#add(session, message, { ...request, createdMs });
      } catch (error) {
        refuse(session, message, error);
      }
      changed();
    });
  }

  /** Removes a session from a subscription. Throws `wamp.error.no_such_subscription` for an ID that the session does not hold. */
  unsubscribe(session: RealmSession, message: m.Unsubscribe): void {
    this.#remove(session, message.subscription);
    session.send({ type: "UNSUBSCRIBED", request: message.request });
  }

  /** Removes a session from a subscription, and informs it if it supports that. Spec: "Subscription Revocation". */
  revoke(session: RealmSession, subscription: Id, reason: string | undefined): void {
    this.#remove(session, subscription);
    if (!session.announces("subscriber", "subscription_revocation")) return;
    session.send({
      type: "UNSUBSCRIBED",
      request: 0,
      details: { subscription, ...(reason !== undefined && { reason }) },
    });
  }

  /**
   * Accepts a session's publication, routes it, and acknowledges it if requested. Returns a promise if the store answers later, or
   * if an earlier publication of the session waits for the store.
   */
  publish(publisher: RealmSession, message: m.Publish, disclosure?: Disclosure): Promise<void> | void {
    const publication = this.#accept(publisher, message, disclosure);
    if (!this.#late.isEmpty && this.#late.has(publisher)) return this.#publishLater(publisher, message, publication);
    const kept = this.#kept.keep(publication);
    if (kept instanceof Promise) return this.#publishLater(publisher, message, publication, kept);
    this.#published(publisher, message, publication, kept);
  }

  /** Checks whether a session may publish an event, now or later. Throws if it may not. */
  checkPublication(publisher: RealmSession, message: Pick<m.Publish, "topic" | "options" | "payload">): void {
    const { topic, options } = message;
    checkUri(topic, this.#surroundings);
    checkNotReserved(topic);
    checkShardKey("rkey", options.rkey);
    if (options.ppt_scheme !== undefined && !publisher.announces("publisher", "payload_passthru_mode")) {
      throw new ProtocolViolation("PUBLISH.options.ppt_scheme: this publisher has not announced payload_passthru_mode");
    }
    const fault = this.#config.enforcement?.checkPublish(topic, message);
    if (fault) throw fault;
  }

  /**
   * Publishes an event of the router itself: a meta event, or the testament of a session that has left. Returns the number of
   * receivers, or a promise if the store answers later.
   */
  announce({ topic, payload, options = {}, about, publication: id }: Announcement): Promise<void> | number {
    const publication: Publication = {
      id: id ?? randomId(this.#surroundings.random),
      topic,
      options,
      payload,
      publisher: undefined,
      about,
      details: passthruOf(options),
    };
    const isLate = this.#late.has(this);
    const kept = isLate ? undefined : this.#keepOwn(publication, id);
    if (isLate || kept instanceof Promise) return this.#announceLater(publication, id, kept);
    return this.#routeOwn(publication, id);
  }

  /** As `GuardedStore.settled`, for the history of a subscription. */
  historySettled(id: Id): ReturnType<KeptEvents["settled"]> {
    return this.#kept.settled(id);
  }

  /** Resolves when all publications of a session so far are complete. Returns `undefined` if they already are. Never rejects. */
  publishedBy(session: RealmSession): Promise<void> | undefined {
    return this.#late.of(session);
  }

  /** The number of times that a session was not read because of its waiting publications. */
  get stops(): number {
    return this.#late.stops;
  }

  /** The number of times that sent retained events were forgotten early. */
  get forgotten(): number {
    return this.#kept.sent.forgotten;
  }

  /** Resolves when all publications so far are complete. Never rejects. */
  async settled(): Promise<void> {
    await this.#late.settled();
  }

  /**
   * Sends an event to every subscriber of every matching subscription, at all routers, except those that its publisher excludes.
   * Returns the number of receivers here plus the number of other routers.
   */
  route(publication: Publication): number {
    const subscriptions = this.subscriptions.book.matching(publication.topic);
    const relayed = this.#linked ? this.#linked.link.publish(publication, subscriptions) : 0;
    return relayed + this.#routeHere(publication, subscriptions);
  }

  /** Sends an event to the subscribers of this router, and reports it to observers. Returns the number of receivers. */
  #routeHere(publication: Publication, subscriptions: readonly Subscription[]): number {
    const sent = this.#delivery.deliverOnce(publication, subscriptions);
    this.#config.watch.published(publication, sent);
    return sent;
  }

  /** Sends an event that every router publishes by itself to the subscribers of this router. */
  #routeEqual(publication: Publication): number {
    if (this.#linked?.link.tellsOf(publication.id) !== false)
      return this.#routeHere(publication, this.subscriptions.book.matching(publication.topic));
    return this.deliver(publication);
  }

  /** Sends an event that another router reports to the subscribers of this one. Returns the number of receivers. */
  deliver(publication: Publication): number {
    const sent = this.#delivery.deliverOnce(publication, this.subscriptions.book.matching(publication.topic));
    this.#config.watch.delivered(sent);
    return sent;
  }

  /**
   * Returns a page of the history of a subscription, as far as a session may see it. Throws `wamp.error.no_such_subscription`, and
   * `wampact.error.store_failed` if the store cannot be read.
   */
  history(session: RealmSession, id: Id, filters: HistoryFilters): HistoryPage {
    const subscription = this.subscriptions.book.byId(id);
    if (!subscription) throw noSuchSubscription(id);
    return this.#kept.history(session, { subscription, filters });
  }

  /** Removes everything that a session holds here. */
  leave(session: RealmSession): void {
    this.subscriptions.leave(session);
  }

  /** Checks a publication and gives it an ID. A refused publication has changed nothing. */
  #accept(publisher: RealmSession, message: m.Publish, disclosure: Disclosure | undefined): Publication {
    this.checkPublication(publisher, message);
    const { topic, options, payload } = message;
    const details = eventDetails(publisher, message, disclosure); // throws if disclosure is refused
    return { id: randomId(this.#surroundings.random), topic, options, payload, publisher, details };
  }

  /** Publishes after the publisher's waiting publications. `kept` is the result of the store, if the store was called. */
  #publishLater(
    publisher: RealmSession,
    { request, options }: m.Publish,
    publication: Publication,
    kept?: Promise<WampError | undefined>,
  ): Promise<void> {
    const own = { ...publication, payload: detached(publication.payload) };
    const { flow } = publisher;
    return this.#late.push({ publisher, flow, bytes: payloadLength(own.payload) }, async () => {
      const refusal = await (kept ?? this.#kept.keep(own));
      this.#published(publisher, { request, options }, own, refusal);
    });
  }

  /** Routes an event after the store has kept or refused it. */
  #published(
    publisher: RealmSession,
    { request, options }: Pick<m.Publish, "request" | "options">,
    publication: Publication,
    refusal: WampError | undefined,
  ): void {
    if (refusal && options.acknowledge) throw refusal; // without acknowledgement, it is routed all the same
    this.route(options._traceparent === undefined ? publication : traced(publication));
    if (!options.acknowledge) return;
    publisher.send({ type: "PUBLISHED", request, publication: publication.id });
  }

  /** Publishes an event of the router itself after waiting ones. `kept` is the result of the store, if the store was called. */
  #announceLater(publication: Publication, id: Id | undefined, kept: ReturnType<KeptEvents["keep"]>): Promise<void> {
    const bytes = payloadLength(publication.payload);
    return this.#late.push({ publisher: this, flow: undefined, bytes }, async () => {
      await (kept ?? this.#keepOwn(publication, id));
      this.#routeOwn(publication, id);
    });
  }

  /** Keeps an event of the router itself. If all routers share a store, only the router that reports the event keeps it. */
  #keepOwn(publication: Publication, id: Id | undefined): ReturnType<KeptEvents["keep"]> {
    if (id !== undefined && this.#kept.isShared && this.#linked?.link.tellsOf(id) === false) return undefined;
    return this.#kept.keep(publication);
  }

  #routeOwn(publication: Publication, id: Id | undefined): number {
    return id === undefined ? this.route(publication) : this.#routeEqual(publication);
  }

  #add(session: RealmSession, { request, options }: m.Subscribe, asked: SubscriptionRequest): void {
    const subscription = this.subscriptions.add(session, asked);
    session.send({ type: "SUBSCRIBED", request, subscription: subscription.id });
    if (options.get_retained) this.#kept.startRetained(session, subscription);
  }

  #remove(session: RealmSession, id: Id): void {
    const subscription = this.subscriptions.book.byId(id);
    if (!subscription?.subscribers.has(session)) throw noSuchSubscription(id);
    this.#kept.retained.stop(session, subscription);
    this.subscriptions.remove(session, id);
  }
}

function noSuchSubscription(id: Id): WampError {
  return new WampError(NO_SUCH_SUBSCRIPTION, { args: [`there is no such subscription here: ${id}`] });
}
