import { WampError } from "../wire/error.js";
import { UNAVAILABLE, type Uri } from "../wire/uris.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Subscription } from "./subscription.js";

/** Bytes of retained events that are sent in one turn of the event loop, to whomever. */
const TURN_BYTES = 1024 * 1024;
/** Bytes of them that one delivery has before it is the next one's turn. */
const SHARE_BYTES = TURN_BYTES / 4;
/** What a topic counts beside its event's payload, for the work that it makes. */
const TOPIC_BYTES = 4 * 1024;
/** What it counts to find a topic whose event is sent later. */
const FIND_BYTES = 64;
/** How long is waited for a session that has much to read, in milliseconds. */
const PAUSE_MS = 50;
/** Deliveries of one session that are not done. */
const MOST = 16;

/** The retained events that one subscription has brought to one session, and that are not sent yet. */
interface Delivery {
  readonly session: RealmSession;
  readonly subscription: Subscription;
  /** Where the topics come from, each looked at once, when it is this delivery's first turn. */
  readonly topics: Iterable<Uri>;
  /** Topics whose event is to be sent; `undefined` before the first turn. */
  left: Set<Uri> | undefined;
  /** Topics that have had a live event before it. */
  readonly live: Set<Uri>;
}

/** Sends the retained event of a topic, where there is one for this session. Returns about how many bytes that was to go through. */
export type SendRetained = (session: RealmSession, subscription: Subscription, topic: Uri) => number;

/**
 * Sends new subscribers the retained events of their topics. A pattern may match 100,000 topics, and many may subscribe at once: the first
 * events go out at once, further ones in later turns, to each receiver in turn and only while it reads. A topic that has had a live event meanwhile is left out, so that no older
 * event follows a newer one.
 */
export class RetainedDeliveries {
  readonly #surroundings: Pick<Surroundings, "clock" | "defer">;
  readonly #send: SendRetained;
  readonly #bySession = new Map<RealmSession, Map<Subscription, Delivery>>(); // those that are not done
  readonly #ready = new Set<Delivery>(); // of these, those whose receiver reads, in the order of their turns
  #room = TURN_BYTES; // left of this turn
  #scheduled = false;

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
    this.stop(session, subscription);
    const delivery: Delivery = { session, subscription, topics, left: undefined, live: new Set() };
    const own = this.#bySession.get(session) ?? new Map<Subscription, Delivery>();
    this.#bySession.set(session, own.set(subscription, delivery));
    if (this.#room > 0) this.#goOn(delivery, this.#room);
    else this.#wait(delivery);
    this.#schedule(); // so that there is room again
  }

  /** A session was sent a live event of a topic: an older one is not to follow. */
  sentLive(session: RealmSession, subscription: Subscription, topic: Uri): void {
    const delivery = this.#bySession.get(session)?.get(subscription);
    if (delivery?.left) delivery.left.delete(topic);
    else delivery?.live.add(topic);
  }

  /** Sends no more of what this subscription has brought to the session. */
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
        if (this.#isRunning(delivery)) this.#goOn(delivery, SHARE_BYTES); // else it was replaced
      }
    } finally {
      if (this.#ready.size > 0) this.#schedule();
    }
  }

  /** Sends a share of a delivery. Where that is not all, it is the last in turn from now on. */
  #goOn(delivery: Delivery, share: number): void {
    const { session, subscription, left } = delivery;
    if (!subscription.subscribers.has(session)) return this.stop(session, subscription);
    const most = Math.max(0, this.#room - share);
    delivery.left ??= found(delivery);
    for (const topic of delivery.left) {
      if (this.#room <= most || session.flow?.isCongested()) break;
      delivery.left.delete(topic);
      this.#sendOne(delivery, topic);
    }
    if (!left) this.#room -= delivery.left.size * FIND_BYTES;
    if (delivery.left.size > 0) this.#wait(delivery);
    else this.stop(session, subscription);
  }

  #sendOne({ session, subscription }: Delivery, topic: Uri): void {
    this.#room -= TOPIC_BYTES + this.#send(session, subscription, topic);
  }

  #isRunning(delivery: Delivery): boolean {
    return this.#bySession.get(delivery.session)?.get(delivery.subscription) === delivery;
  }
}

function found({ topics, live }: Delivery): Set<Uri> {
  const all = new Set(topics);
  for (const topic of live) all.delete(topic);
  return all;
}
