import { WampError } from "../wire/error.js";
import { UNAVAILABLE, type Uri } from "../wire/uris.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Subscription } from "./subscriptions.js";

/** Bytes of retained events that are sent to one session in one turn of the event loop. */
const TURN_BYTES = 1024 * 1024;
/** What a topic counts beside its event's payload, for the work that it makes. */
const TOPIC_BYTES = 4 * 1024;
/** How long is waited for a session that has much to read, in milliseconds. */
const PAUSE_MS = 50;
/** Deliveries of one session that are not done. */
const MOST = 16;

/** The retained events that one subscription has brought to one session, and that are not sent yet. */
interface Delivery {
  readonly session: RealmSession;
  readonly subscription: Subscription;
  /** Topics whose event is to be sent. */
  readonly left: Set<Uri>;
}

/** Sends the retained event of a topic, where there is one for this session. Returns about how many bytes that was to go through. */
export type SendRetained = (session: RealmSession, subscription: Subscription, topic: Uri) => number;

/**
 * Sends new subscribers the retained events of their topics. A pattern may match 100,000 topics: the first events go out at once, further
 * ones in later turns, and only while their receiver reads. A topic that has had a live event meanwhile is left out, so that no older
 * event follows a newer one.
 */
export class RetainedDeliveries {
  readonly #surroundings: Pick<Surroundings, "clock" | "defer">;
  readonly #send: SendRetained;
  readonly #bySession = new Map<RealmSession, Map<Subscription, Delivery>>(); // those that are not done

  constructor(surroundings: Pick<Surroundings, "clock" | "defer">, send: SendRetained) {
    this.#surroundings = surroundings;
    this.#send = send;
  }

  /** Whether some delivery is not done. */
  get areRunning(): boolean {
    return this.#bySession.size > 0;
  }

  /** Throws `wamp.error.unavailable` for a session that has so many deliveries to read that it gets no other. */
  check(session: RealmSession): void {
    if ((this.#bySession.get(session)?.size ?? 0) < MOST) return;
    throw new WampError(UNAVAILABLE, {
      args: [
        `the retained events of ${MOST} other subscriptions still wait to be sent to this session; try again later`,
      ],
    });
  }

  /** Begins to send the events of these topics. One that runs for the same subscription is replaced. */
  start(session: RealmSession, subscription: Subscription, topics: Iterable<Uri>): void {
    this.#end(session, subscription);
    const left = new Set<Uri>();
    let room = TURN_BYTES;
    for (const topic of topics) {
      if (room <= 0) left.add(topic);
      else room -= TOPIC_BYTES + this.#send(session, subscription, topic);
    }
    if (left.size > 0) this.#goOnLater({ session, subscription, left });
  }

  /** A session was sent a live event of a topic: an older one is not to follow. */
  sentLive(session: RealmSession, subscription: Subscription, topic: Uri): void {
    this.#bySession.get(session)?.get(subscription)?.left.delete(topic);
  }

  #goOnLater(delivery: Delivery): void {
    const { session, subscription } = delivery;
    const own = this.#bySession.get(session) ?? new Map<Subscription, Delivery>();
    this.#bySession.set(session, own.set(subscription, delivery));
    this.#wait(delivery);
  }

  #wait(delivery: Delivery): void {
    const { clock, defer } = this.#surroundings;
    const goOn = () => this.#goOn(delivery);
    if (delivery.session.flow?.isCongested()) clock.after(PAUSE_MS, goOn);
    else defer(goOn);
  }

  #goOn(delivery: Delivery): void {
    const { session, subscription, left } = delivery;
    if (this.#bySession.get(session)?.get(subscription) !== delivery) return; // it was replaced
    if (!subscription.subscribers.has(session)) return this.#end(session, subscription);
    if (session.flow?.isCongested()) return this.#wait(delivery);
    let room = TURN_BYTES;
    for (const topic of left) {
      if (room <= 0) return this.#wait(delivery);
      left.delete(topic);
      room -= TOPIC_BYTES + this.#send(session, subscription, topic);
    }
    this.#end(session, subscription);
  }

  #end(session: RealmSession, subscription: Subscription): void {
    const own = this.#bySession.get(session);
    if (own?.delete(subscription) && own.size === 0) this.#bySession.delete(session);
  }
}
