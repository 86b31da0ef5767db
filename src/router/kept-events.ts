import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { detached, payloadLength } from "../wire/payload-bytes.js";
import { matchesPattern, type Uri } from "../wire/uris.js";
import { type HistoryPage, pageOf } from "./history.js";
import type { HistoryFilters } from "./history-filters.js";
import { lentPayload } from "./lent-payload.js";
import { type Publication, withTopic } from "./publication.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { lastingLists, namesIn, namesSessions, passesLists } from "./receivers.js";
import { type FoundEvent, RetainedDeliveries } from "./retained-deliveries.js";
import { SentRetained } from "./sent-retained.js";
import type { GuardedStore } from "./store/guarded.js";
import type { HistoryKey, StoredEvent } from "./store/store.js";
import type { Subscription } from "./subscription.js";
import type { Subscriptions } from "./subscriptions.js";

/** A topic or pattern whose events are kept for `wamp.subscription.get_events`. */
export interface HistoryConfig extends HistoryKey {
  /** The maximum number of events. The oldest beyond it are dropped. */
  readonly limit: number;
}

/** The settings for kept events. */
export interface KeepingConfig {
  readonly store: GuardedStore;
  readonly history: readonly HistoryConfig[];
  /** The time for which new subscribers receive a retained event, in milliseconds. 0 means forever. */
  readonly retainMs: number;
}

/** A request for a part of a history, and the session that asks. */
export interface HistoryRequest {
  readonly subscription: Subscription;
  readonly filters: HistoryFilters;
}

/** The services that kept events use. */
export interface KeepingHost {
  readonly surroundings: Surroundings;
  readonly subscriptions: Pick<Subscriptions, "keep" | "book">;
  send(session: RealmSession, event: m.Event, topic: Uri): void;
  /** On a linked realm, the first event is kept that other routers do not have. */
  keptApart(topic: Uri): void;
  /** Resolves when everything that other routers have sent so far has been processed. `undefined` if there are none. Never rejects. */
  arrived(): Promise<void> | undefined;
}

/** The cost of one name in a list of receivers, in bytes. */
const NAME_BYTES = 16;

/** The events that a broker keeps: the last of each topic for new subscribers, and histories. */
export class KeptEvents {
  readonly retained: RetainedDeliveries;
  /** The retained events whose live copies may follow. */
  readonly sent: SentRetained;
  readonly #config: KeepingConfig;
  readonly #host: KeepingHost;
  readonly #histories = new Map<Id, HistoryConfig>(); // subscription → its history
  #tellsApart = false; // the next kept event is the first of a linked realm
  #keepsLate = false; // an event may be shown before it is delivered

  constructor(config: KeepingConfig, host: KeepingHost) {
    this.#config = config;
    this.#host = host;
    this.sent = new SentRetained(host.surroundings.clock);
    this.retained = new RetainedDeliveries(host.surroundings, {
      find: (...place) => this.#findRetained(...place),
      arrived: () => (this.isShared ? host.arrived() : undefined),
    });
    this.open();
  }

  /** Links the realm to those of other routers. */
  link(): void {
    this.#tellsApart = !this.isShared;
  }

  /** Whether all routers of the realm keep the same events. */
  get isShared(): boolean {
    return this.#config.store.isShared;
  }

  /** Creates the subscriptions that have a history, or gives them their final IDs. */
  open(): void {
    this.#histories.clear();
    for (const history of this.#config.history)
      this.#histories.set(this.#host.subscriptions.keep(history.topic, history.match).id, history);
  }

  /**
   * Keeps an event before it is delivered. Returns an error if that failed. The promise of an asynchronous store never rejects. An
   * event that names its receivers is not kept.
   */
  keep({ id, topic, options, payload, publisher, details }: Publication): ReturnType<GuardedStore["keep"]> {
    if (namesSessions(options)) return undefined;
    const histories =
      this.#histories.size === 0
        ? []
        : this.#host.subscriptions.book.matching(topic).flatMap((each) => this.#histories.get(each.id) ?? []);
    if (!options.retain && histories.length === 0) return undefined;
    if (this.#tellsApart) this.#host.keptApart(topic);
    this.#tellsApart = false;
    const event: StoredEvent = {
      publication: id,
      topic,
      atMs: this.#host.surroundings.clock.now(),
      details,
      payload: detached(payload),
      lists: lastingLists(options),
    };
    const kept = this.#config.store.keep(event, {
      retain: options.retain === true,
      histories,
      isAnswered: publisher !== undefined && options.acknowledge === true,
    });
    if (kept instanceof Promise) this.#keepsLate = true;
    return kept;
  }

  /** As `GuardedStore.settled`, for the history of a subscription. */
  settled(subscription: Id): ReturnType<GuardedStore["settled"]> {
    const config = this.#histories.get(subscription);
    return config && this.#config.store.settled(config);
  }

  /** Returns a page of the history of a subscription, as far as a session may see it. Throws `wampact.error.store_failed`. */
  history(session: RealmSession, { subscription, filters }: HistoryRequest): HistoryPage {
    const config = this.#histories.get(subscription.id);
    if (!config) return { records: [], next: undefined };
    const { limit, topic } = filters;
    return pageOf(this.#config.store.history(config, filters), {
      subscription: subscription.id,
      pattern: config.match !== "exact",
      passes: (event) =>
        (topic === undefined || event.topic === topic) &&
        passesLists(event.lists, session) &&
        mayRead(session, event.topic),
      limit,
      maxReceiveBytes: session.maxReceiveBytes,
    });
  }

  /**
   * Starts to send the retained events of a subscription to a new subscriber once they can be read. If that fails, sends those that
   * can be read.
   */
  startRetained(session: RealmSession, subscription: Subscription): void {
    const settled = this.#config.store.settled();
    if (settled) this.#keepsLate = true;
    this.retained.start(session, subscription, this.#retainedTopics(subscription), settled);
  }

  /** Finds the most recent retained event of a topic that the session may receive. Its cost includes events that it may not receive. */
  #findRetained(session: RealmSession, subscription: Subscription, topic: Uri): FoundEvent {
    if (!mayRead(session, topic)) return { bytes: 0, send: undefined };
    const oldest = this.#config.retainMs === 0 ? 0 : this.#host.surroundings.clock.now() - this.#config.retainMs;
    let bytes = 0;
    for (const event of this.#config.store.retained(topic)) {
      bytes += namesIn(event.lists) * NAME_BYTES;
      if (event.atMs < oldest || !passesLists(event.lists, session)) continue;
      const send = () => this.#sendRetained(session, subscription, event);
      return { bytes: bytes + payloadLength(event.payload), send };
    }
    return { bytes, send: undefined };
  }

  #sendRetained(session: RealmSession, subscription: Subscription, event: StoredEvent): void {
    const { publication, topic } = event;
    const payload = lentPayload(event.payload);
    const details = { ...withTopic(event, subscription), retained: true };
    this.#host.send(session, { type: "EVENT", subscription: subscription.id, publication, details, payload }, topic);
    if (this.#keepsLate) this.sent.add(publication, { subscription: subscription.id, session: session.id });
  }

  #retainedTopics({ uri: topic, match }: Subscription): Iterable<Uri> {
    const { store } = this.#config;
    if (match === "exact") return [topic];
    if (match === "prefix") return store.retainedTopics(topic);
    const literal = topic.startsWith(".") || topic === "" ? "" : (topic.split("..")[0] as string);
    return filtered(store.retainedTopics(literal), (each) => matchesPattern(each, { uri: topic, match }));
  }
}

function mayRead({ grants }: RealmSession, topic: Uri): boolean {
  return grants.permissions?.allows("subscribe", topic) !== false;
}

function* filtered<T>(values: Iterable<T>, passes: (value: T) => boolean): Iterable<T> {
  for (const value of values) if (passes(value)) yield value;
}
