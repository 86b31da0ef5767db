import type { NatsConnection } from "@nats-io/transport-node";
import { BOUND_RULES, checkFits, DEFAULT_MAX_BYTES, type StoreBounds } from "../../router/store/bounds.js";
import { sizeOf } from "../../router/store/event-size.js";
import { memoryStore } from "../../router/store/memory.js";
import type {
  EventStore,
  EventStoreMaker,
  EventStoreStats,
  HistoryKey,
  HistoryRange,
  StoredEvent,
  StorePlace,
} from "../../router/store/store.js";
import { createEventCodec } from "../../router/store/stored-event.js";
import { WampError } from "../../wire/error.js";
import { checkSettings } from "../../wire/settings.js";
import { PAYLOAD_SIZE_EXCEEDED, type Uri } from "../../wire/uris.js";
import { KeptStream, type StreamView } from "./kept-stream.js";
import { NatsMember } from "./nats-cluster.js";
import type { NatsPackages } from "./packages.js";
import { maxValueBytes } from "./payload-size.js";
import { historyStream, retainedStream, type StreamPlace, subjectOf } from "./stream-config.js";
import type { Tenant } from "./tenant.js";

/** Limits of the events that a cluster keeps in NATS. They must be the same on all routers. */
export interface NatsStoreOptions extends StoreBounds {
  /**
   * The maximum number of topics with a retained event. Beyond it, the topic retained longest ago is dropped. Default 10,000. A
   * number above 0.
   */
  readonly maxRetainedTopics?: number;
}

/** The maximum number of events of one topic that only some may receive, as in every store. */
const MOST_OF_ONE_TOPIC = 16;
/** The factor for JetStream's overhead, which may be as large as the event. */
const AROUND = 2;

type Bounds = Required<StoreBounds>;

/**
 * Keeps retained events and histories in the JetStream of the router's cluster, so that all routers have the same:
 * `createRouter({ realms: [{ name, store: natsStore() }], cluster: natsCluster({ servers }) })`. Servers, credentials, name and
 * replicas are those of `natsCluster()`. Each router reads from memory, and reads the streams again when it starts. The limits are
 * counted as in `memoryStore()`; a stream takes up to twice its bytes in NATS. Throws `TypeError` for an unknown option or a value
 * that is not a number above 0. `createRouter` throws `TypeError` if the router has no `natsCluster()`.
 */
export function natsStore(options: NatsStoreOptions = {}): EventStoreMaker {
  checkSettings(options, BOUND_RULES, "natsStore");
  const bounds: Bounds = {
    maxRetainedTopics: options.maxRetainedTopics ?? 10_000,
    maxRetainedBytes: options.maxRetainedBytes ?? DEFAULT_MAX_BYTES,
    maxHistoryBytes: options.maxHistoryBytes ?? DEFAULT_MAX_BYTES,
  };
  const make = (realm: string, place: StorePlace) => {
    if (!(place.member instanceof NatsMember))
      throw new TypeError(
        `store of realm "${realm}": natsStore() keeps events in the NATS of a cluster: give the router cluster: natsCluster({ servers }), or the realm another store`,
      );
    const { carrier } = place.member;
    const store = new NatsStore(realm, { bounds, place, ...carrier.settings });
    carrier.host(store);
    return store;
  };
  const { maxRetainedTopics, maxRetainedBytes, maxHistoryBytes } = bounds;
  const agreed = `nats ${maxRetainedTopics} ${maxRetainedBytes} ${maxHistoryBytes}`;
  return Object.assign(make, { agreed });
}

interface StoreParts {
  readonly bounds: Bounds;
  readonly place: StorePlace;
  /** The name of the cluster. */
  readonly name: string;
  readonly replicas: number;
}

/** The kept events of one realm: a stream of retained events, and one for each history. */
class NatsStore implements EventStore, Tenant {
  readonly shared = true;
  readonly #bounds: Bounds;
  readonly #codec = createEventCodec();
  readonly #retained: KeptStream<EventsView>;
  readonly #histories = new Map<string, KeptStream<EventsView>>(); // by match policy and topic
  #connection: NatsConnection | undefined;

  constructor(realm: string, { bounds, place: { history, report }, name: cluster, replicas }: StoreParts) {
    this.#bounds = bounds;
    const streamOf = (
      place: StreamPlace,
      add: (view: EventStore, event: StoredEvent) => void,
      { maxOfSubject, maxBytes }: { readonly maxOfSubject: number; readonly maxBytes: number },
    ) => {
      const config = { ...place, maxOfSubject, maxBytes: AROUND * maxBytes, replicas };
      const read = (message: Uint8Array) => this.#codec.read(Buffer.from(message));
      return new KeptStream({ config, report, createView: () => new EventsView(memoryStore(bounds), { add, read }) });
    };
    this.#retained = streamOf(retainedStream(cluster, realm), (view, event) => void view.retain(event), {
      maxOfSubject: MOST_OF_ONE_TOPIC,
      maxBytes: bounds.maxRetainedBytes,
    });
    for (const { limit, ...key } of history) {
      const add = (view: EventStore, event: StoredEvent) => void view.append(key, event, limit);
      const sizes = { maxOfSubject: limit, maxBytes: bounds.maxHistoryBytes };
      this.#histories.set(textOf(key), streamOf(historyStream(cluster, realm, key), add, sizes));
    }
  }

  async retain(event: StoredEvent): Promise<void> {
    await this.#write(this.#retained, event, subjectOf(this.#retained.place, event.topic));
  }

  retained(topic: Uri): readonly StoredEvent[] {
    return this.#retained.view.events.retained(topic);
  }

  retainedTopics(prefix: string): Iterable<Uri> {
    return this.#retained.view.events.retainedTopics(prefix);
  }

  async append(key: HistoryKey, event: StoredEvent): Promise<void> {
    const stream = this.#historyOf(key);
    await this.#write(stream, event, subjectOf(stream.place, "")); // one stream for all topics of a pattern: they share its limit
  }

  history(key: HistoryKey, range?: HistoryRange): Iterable<StoredEvent> {
    return this.#historyOf(key).view.events.history(key, range);
  }

  settled(history?: HistoryKey): Promise<void> {
    return (history ? this.#historyOf(history) : this.#retained).settled();
  }

  stats(): EventStoreStats {
    const total = { retainedEvents: 0, retainedBytes: 0, historyEvents: 0, historyBytes: 0, dropped: 0 };
    for (const { view } of this.#streams)
      for (const [name, count] of Object.entries(view.stats)) total[name as keyof EventStoreStats] += count;
    return total;
  }

  async open(connection: NatsConnection, packages: NatsPackages): Promise<void> {
    this.#connection = connection;
    await Promise.all(this.#streams.map((stream) => stream.open(connection, packages)));
  }

  disconnected(): void {
    for (const stream of this.#streams) stream.disconnected();
  }

  reconnected(): void {
    for (const stream of this.#streams) stream.reconnected();
  }

  async leave(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.leave()));
  }

  /** Does nothing: the connection belongs to the cluster, and is closed with it. */
  close(): void {}

  get #streams(): readonly KeptStream<EventsView>[] {
    return [this.#retained, ...this.#histories.values()];
  }

  #historyOf(key: HistoryKey): KeptStream<EventsView> {
    const stream = this.#histories.get(textOf(key));
    if (!stream) throw new TypeError(`the realm has no history of "${key.topic}" (${key.match})`);
    return stream;
  }

  async #write(stream: KeptStream<EventsView>, event: StoredEvent, subject: string): Promise<void> {
    checkFits(sizeOf(event), this.#bounds);
    const message = this.#codec.write([event]);
    const most = this.#connection ? maxValueBytes(this.#connection) : Infinity;
    if (message.length > most)
      throw new WampError(PAYLOAD_SIZE_EXCEEDED, {
        args: [`an event of ${message.length} bytes cannot be kept: NATS takes at most ${most}`],
      });
    await stream.write(subject, message, String(event.publication));
  }
}

/** The parts that turn messages into events of a view. */
interface ViewParts {
  readonly read: (message: Uint8Array) => readonly StoredEvent[];
  readonly add: (events: EventStore, event: StoredEvent) => void;
}

/** The events of one stream, in memory. */
class EventsView implements StreamView {
  readonly events: EventStore;
  readonly #parts: ViewParts;

  constructor(events: EventStore, parts: ViewParts) {
    this.events = events;
    this.#parts = parts;
  }

  get stats(): EventStoreStats {
    return this.events.stats?.() as EventStoreStats; // a store in memory counts
  }

  get size(): number {
    const { retainedEvents, historyEvents } = this.stats;
    return retainedEvents + historyEvents;
  }

  add(message: Uint8Array): void {
    for (const event of this.#parts.read(message)) this.#parts.add(this.events, event);
  }
}

function textOf({ match, topic }: HistoryKey): string {
  return `${match} ${topic}`;
}
