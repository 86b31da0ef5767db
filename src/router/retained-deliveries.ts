import { WampError } from "../wire/error.js";
import { type MatchPolicy, UNAVAILABLE, type Uri } from "../wire/uris.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Subscription } from "./subscription.js";

/** The maximum size of retained events sent in one turn of the event loop, in bytes. */
const TURN_BYTES = 1024 * 1024;
/** The maximum size per delivery before the next delivery's turn, in bytes. */
const SHARE_BYTES = TURN_BYTES / 4;
/** The fixed cost of a topic besides its event's payload, in bytes. */
const TOPIC_BYTES = 4 * 1024;
/** The cost of finding a topic whose event is sent later, in bytes. */
const FIND_BYTES = 64;
/** The pause for a session with much unread data, in milliseconds. */
const PAUSE_MS = 50;
/** The maximum number of unfinished deliveries of patterns per session. */
const MOST = 16;

/** The retained events of one subscription that are not sent to one session yet. */
interface Delivery {
  readonly session: RealmSession;
  readonly subscription: Subscription;
  /** The topics, iterated once in the delivery's first turn. */
  readonly topics: Iterable<Uri>;
  /** The topics whose event must be sent; `undefined` before the first turn. */
  left: Set<Uri> | undefined;
  /** The topics with a live event in the meantime. */
  readonly live: Set<Uri>;
  /** The events that are sent when older ones have arrived from other routers, by topic. */
  readonly found: Map<Uri, () => void>;
}

/** The retained event of a topic that a session may receive. */
export interface FoundEvent {
  /** The approximate cost in bytes, also if there is no event. */
  readonly bytes: number;
  /** Sends the event. `undefined` if there is none for this session. */
  readonly send: (() => void) | undefined;
}

/** The source of retained events. */
export interface RetainedSource {
  find(session: RealmSession, subscription: Subscription, topic: Uri): FoundEvent;
  /**
   * Resolves when everything that other routers have sent so far has been processed, so that no event that is found now precedes an
   * older one of its publisher. `undefined` if that is already so. Never rejects.
   */
  arrived(): Promise<void> | undefined;
}

/**
 * Sends the retained events to new subscribers. A pattern may match 100,000 topics, and many sessions may subscribe at the same
 * time. The first events are sent at once, others in later turns, alternating between receivers and only while they read. A topic
 * with a live event in the meantime is skipped, so that no older event follows a newer one.
 */
export class RetainedDeliveries {
  readonly #surroundings: Pick<Surroundings, "clock" | "defer">;
  readonly #source: RetainedSource;
  readonly #bySession = new Map<RealmSession, Map<Subscription, Delivery>>(); // unfinished deliveries
  readonly #ready = new Set<Delivery>(); // those whose receiver reads, in order of their turns
  #room = TURN_BYTES; // remaining bytes of this turn
  #scheduled = false;

  constructor(surroundings: Pick<Surroundings, "clock" | "defer">, source: RetainedSource) {
    this.#surroundings = surroundings;
    this.#source = source;
  }

  /** Whether there are unfinished deliveries. */
  get areRunning(): boolean {
    return this.#bySession.size > 0;
  }

  /** Throws `wamp.error.unavailable` for a pattern of a session with too many unfinished deliveries of patterns. */
  check(session: RealmSession, match: MatchPolicy): void {
    if (match === "exact") return; // at most one topic
    let patterns = 0;
    for (const { match } of this.#bySession.get(session)?.keys() ?? []) if (match !== "exact") patterns++;
    if (patterns < MOST) return;
    throw new WampError(UNAVAILABLE, {
      args: [`the retained events of ${MOST} other patterns are still being sent to this session; try again later`],
    });
  }

  /**
   * Starts to send the events of these topics when `readable` has resolved. Replaces an unfinished delivery of the same subscription.
   */
  start(session: RealmSession, subscription: Subscription, topics: Iterable<Uri>, readable?: Promise<unknown>): void {
    this.stop(session, subscription);
    const delivery: Delivery = { session, subscription, topics, left: undefined, live: new Set(), found: new Map() };
    const own = this.#bySession.get(session) ?? new Map<Subscription, Delivery>();
    this.#bySession.set(session, own.set(subscription, delivery));
    if (readable) return void readable.then(() => this.#wait(delivery));
    if (this.#room > 0) this.#goOn(delivery, this.#room);
    else this.#wait(delivery);
    this.#schedule(); // makes room again
  }

  /** Skips the topic of a live event, so that no older event follows. */
  sentLive(session: RealmSession, subscription: Subscription, topic: Uri): void {
    const delivery = this.#bySession.get(session)?.get(subscription);
    delivery?.found.delete(topic);
    if (delivery?.left) delivery.left.delete(topic);
    else delivery?.live.add(topic);
  }

  /** Stops the delivery of a subscription. */
  stop(session: RealmSession, subscription: Subscription): void {
    const own = this.#bySession.get(session);
    if (own?.delete(subscription) && own.size === 0) this.#bySession.delete(session);
  }

  #wait(delivery: Delivery): void {
    if (!delivery.session.flow?.isCongested()) return this.#getReady(delivery);
    this.#surroundings.clock.after(PAUSE_MS, () => {
      if (this.#isRunning(delivery)) this.#wait(delivery);
    });
  }

  #getReady(delivery: Delivery): void {
    this.#ready.add(delivery);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#surroundings.defer(() => {
      this.#scheduled = false;
      this.#room = TURN_BYTES;
      this.#turn();
    });
  }

  #turn(): void {
    try {
      for (const delivery of this.#ready) {
        if (this.#room <= 0) return;
        this.#ready.delete(delivery);
        if (this.#isRunning(delivery)) this.#goOn(delivery, SHARE_BYTES); // otherwise it was replaced
      }
    } finally {
      if (this.#ready.size > 0) this.#schedule();
    }
  }

  /** Sends a part of a delivery. If it is unfinished, it moves to the end of the queue. */
  #goOn(delivery: Delivery, share: number): void {
    const { session, subscription, left } = delivery;
    if (!subscription.subscribers.has(session)) return this.stop(session, subscription);
    const most = Math.max(0, this.#room - share);
    delivery.left ??= topicsOf(delivery);
    for (const topic of delivery.left) {
      if (this.#room <= most || session.flow?.isCongested()) break;
      delivery.left.delete(topic);
      this.#find(delivery, topic);
    }
    if (!left) this.#room -= delivery.left.size * FIND_BYTES;
    const arrived = delivery.found.size > 0 ? this.#source.arrived() : undefined;
    if (!arrived) return this.#sendFound(delivery);
    void arrived.then(() => {
      if (!this.#isRunning(delivery)) return;
      if (subscription.subscribers.has(session)) this.#sendFound(delivery);
      else this.stop(session, subscription);
    });
  }

  #find({ session, subscription, found }: Delivery, topic: Uri): void {
    const { bytes, send } = this.#source.find(session, subscription, topic);
    this.#room -= TOPIC_BYTES + bytes;
    if (send) found.set(topic, send);
  }

  /** Sends the events that were found, and continues with the other topics. */
  #sendFound(delivery: Delivery): void {
    const { session, subscription, found, left } = delivery;
    for (const send of found.values()) send();
    found.clear();
    if (left && left.size > 0) this.#wait(delivery);
    else this.stop(session, subscription);
  }

  #isRunning(delivery: Delivery): boolean {
    return this.#bySession.get(delivery.session)?.get(delivery.subscription) === delivery;
  }
}

function topicsOf({ topics, live }: Delivery): Set<Uri> {
  const all = new Set(topics);
  for (const topic of live) all.delete(topic);
  return all;
}
