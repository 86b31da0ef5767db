import { attempt } from "../wire/attempt.js";
import type * as m from "../wire/messages.js";
import type { Payload } from "../wire/payload.js";
import { type ClientSession, type EventReceiver, unlessGone } from "./client-session.js";
import { publisherOf } from "./identity.js";
import type { WampEvent } from "./types.js";

/** A subscription as the application requested it. */
export interface MadeSubscription {
  readonly topic: string;
  /** The options of the SUBSCRIBE without `get_retained`, which is a separate option of each listener. */
  readonly options: m.Subscribe["options"];
}

/** A handler of a subscription. */
export interface EventListener {
  readonly handler: (event: WampEvent) => unknown;
  readonly getRetained: boolean;
}

/** One subscription and all its listeners, as the application created them. It is subscribed again in each new session. */
export class SubscriptionEntry implements EventReceiver {
  readonly kind = "subscription";
  readonly #made: MadeSubscription;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<EventListener>();
  #retainedFor: ReadonlySet<EventListener> = new Set(); // listeners that requested the retained event with the last SUBSCRIBE
  #id = 0;
  #standing: ClientSession | undefined; // the session in which it is subscribed
  #establishing: Promise<void> | undefined;

  constructor(made: MadeSubscription, onError: (error: unknown) => void) {
    this.#made = made;
    this.#onError = onError;
  }

  /** The ID in the last session in which it was established. */
  get id(): number {
    return this.#id;
  }

  get uri(): string {
    return this.#made.topic;
  }

  get inUse(): boolean {
    return this.#listeners.size > 0;
  }

  /** The attempt to establish it; `undefined` if there was none, or the last one failed. */
  get established(): Promise<void> | undefined {
    return this.#establishing;
  }

  /** Adds a listener. Resolves when the subscription is established. Each listener that wants retained events receives them. */
  add(session: ClientSession, listener: EventListener): Promise<void> {
    this.#listeners.add(listener);
    if (this.#establishing && !listener.getRetained) return this.#establishing;
    return this.#subscribe(session, listener.getRetained ? [listener] : []);
  }

  remove(listener: EventListener): boolean {
    return this.#listeners.delete(listener);
  }

  /** Subscribes in a new session for all listeners. */
  async establish(session: ClientSession): Promise<void> {
    await this.#subscribe(
      session,
      [...this.#listeners].filter(({ getRetained }) => getRetained),
    );
  }

  /** Unsubscribes in the established session. UNSUBSCRIBE is sent before this returns. */
  async end(): Promise<void> {
    const session = this.#standing;
    this.#standing = undefined;
    if (!session?.details) return;
    session.offEvent(this.#id);
    const request = session.nextRequest();
    await unlessGone(session.requests.ask({ type: "UNSUBSCRIBE", request, subscription: this.#id }, "UNSUBSCRIBED"));
  }

  /** Passes an event to each listener with its own copy of the values. Decoding them again costs less than freezing them. */
  receive(event: m.Event, session: ClientSession): void {
    let left = this.#listeners.size;
    for (const listener of this.#listeners) {
      const { handler } = listener;
      if (left === 0) break; // the handlers of this event have added the others
      left--;
      if (event.details.retained && this.#retainedFor.size > 0 && !this.#retainedFor.has(listener)) continue;
      const payload = left === 0 ? event.payload : event.payload.copy();
      const given = this.#read(event, payload, session);
      if (!given) break;
      attempt(handler, this.#onError, given);
    }
    if (event.details.x_acknowledged_delivery) session.send({ type: "EVENT_RECEIVED", publication: event.publication });
  }

  /** Returns the event. Reports an unreadable event and returns `undefined`. */
  #read({ details, publication }: m.Event, payload: Payload, { schemes }: ClientSession): WampEvent | undefined {
    const topic = details.topic ?? this.#made.topic;
    try {
      const { args, kwargs } = schemes.unpack(payload, details, topic);
      const publisher = publisherOf(details);
      const event = { topic, publication, args, kwargs, details: { ...details } };
      return publisher ? { ...event, publisher } : event; // spread is slow, and few publishers are disclosed
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #subscribe(session: ClientSession, retainedFor: readonly EventListener[]): Promise<void> {
    const { topic, options } = this.#made;
    const wire = retainedFor.length > 0 ? { ...options, get_retained: true } : options;
    const request = session.nextRequest();
    const message: m.Subscribe = { type: "SUBSCRIBE", request, options: wire, topic };
    const answer = session.requests.ask(message, "SUBSCRIBED", ({ subscription }) => {
      this.#id = subscription;
      this.#standing = session;
      this.#retainedFor = new Set(retainedFor);
      session.onEvent(subscription, this);
    });
    const establishing = answer.then(
      () => {},
      (error: unknown) => {
        if (this.#establishing === establishing) this.#establishing = undefined; // the next listener subscribes again
        throw error;
      },
    );
    this.#establishing = establishing;
    return establishing;
  }
}
