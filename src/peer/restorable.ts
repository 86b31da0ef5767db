import type { SessionDetails } from "../session/details.js";
import { isWampError } from "../wire/error.js";
import type * as m from "../wire/messages.js";
import type { Arguments } from "../wire/payload.js";
import { DISCONNECTED } from "../wire/uris.js";
import type { ClientSession } from "./client-session.js";
import type { PayloadSchemes } from "./payload-schemes.js";
import type { Invocation } from "./types.js";

/** What an application registered. */
export interface MadeRegistration {
  readonly procedure: string;
  readonly handler: (invocation: Invocation) => unknown;
  /** The options of the REGISTER. */
  readonly options: m.Register["options"];
}

/** A session, and the transport's end that carries it: after `leave` and `join` that carries another one. */
interface Standing {
  readonly session: ClientSession;
  readonly details: SessionDetails | undefined;
}

/** A registration as the application made it. Each new session is given it again, under the same options. */
export class RegistrationEntry {
  readonly #made: MadeRegistration;
  #id = 0;
  #standing: Standing | undefined; // that it is registered in
  #establishing: Promise<unknown> | undefined;

  constructor(made: MadeRegistration) {
    this.#made = made;
  }

  /** The ID in the session it was established in last. */
  get id(): number {
    return this.#id;
  }

  get procedure(): string {
    return this.#made.procedure;
  }

  async establish(session: ClientSession): Promise<void> {
    const { procedure, handler, options } = this.#made;
    const request = session.nextRequest();
    const message: m.Register = { type: "REGISTER", request, options, procedure };
    this.#establishing = session.ask(message, "REGISTERED", ({ registration }) => {
      this.#id = registration;
      this.#standing = { session, details: session.details };
      session.onInvocation(registration, { procedure, handle: handler });
    });
    await this.#establishing;
  }

  /** Takes it back from the session that stands, or is being restored. Resolves at once where it stands in none. */
  async end(): Promise<void> {
    await this.#establishing?.catch(() => {}); // whoever registered was told
    const standing = this.#standing;
    this.#standing = undefined;
    if (!standing?.details || standing.session.details !== standing.details) return; // it went with its session
    const { session } = standing;
    session.offInvocation(this.#id);
    const request = session.nextRequest();
    await unlessGone(session.ask({ type: "UNREGISTER", request, registration: this.#id }, "UNREGISTERED"));
  }
}

/** What an application subscribed to. */
export interface MadeSubscription {
  readonly topic: string;
  /** The options of the SUBSCRIBE, but for `get_retained`: each listener asks for itself. */
  readonly options: m.Subscribe["options"];
}

/** Hears the events of a subscription, with their values as the publisher gave them. */
export type EventListener = (event: m.Event, values: Arguments) => void | Promise<void>;

/** One subscription and all who listen to it, as the application made them. */
export class SubscriptionEntry {
  readonly #made: MadeSubscription;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Map<EventListener, { readonly getRetained: boolean }>();
  #retainedFor: ReadonlySet<EventListener> = new Set(); // who asked with the SUBSCRIBE answered last
  #id = 0;
  #standing: ClientSession | undefined; // that it is subscribed in
  #establishing: Promise<void> | undefined;

  constructor(made: MadeSubscription, onError: (error: unknown) => void) {
    this.#made = made;
    this.#onError = onError;
  }

  /** The ID in the session it was established in last. */
  get id(): number {
    return this.#id;
  }

  get topic(): string {
    return this.#made.topic;
  }

  get inUse(): boolean {
    return this.#listeners.size > 0;
  }

  /** The attempt to establish it, by whoever came first; `undefined` where none was made, or the last one failed. */
  get established(): Promise<void> | undefined {
    return this.#establishing;
  }

  /** Adds a listener; resolves when the subscription stands. Retained events are asked for, and given, to each who wants them. */
  add(session: ClientSession, listener: EventListener, getRetained: boolean): Promise<void> {
    this.#listeners.set(listener, { getRetained });
    if (this.#establishing && !getRetained) return this.#establishing;
    return this.#subscribe(session, getRetained ? [listener] : []);
  }

  remove(listener: EventListener): boolean {
    return this.#listeners.delete(listener);
  }

  /** Subscribes in a new session, for all who listen. */
  establish(session: ClientSession): Promise<void> {
    return this.#subscribe(
      session,
      [...this.#listeners].flatMap(([listener, { getRetained }]) => (getRetained ? [listener] : [])),
    );
  }

  /** Takes it back from the session that stands: UNSUBSCRIBE is sent before this returns. */
  async end(): Promise<void> {
    const session = this.#standing;
    this.#standing = undefined;
    if (!session?.details) return;
    session.offEvent(this.#id);
    const request = session.nextRequest();
    await unlessGone(session.ask({ type: "UNSUBSCRIBE", request, subscription: this.#id }, "UNSUBSCRIBED"));
  }

  #subscribe(session: ClientSession, retainedFor: readonly EventListener[]): Promise<void> {
    const { topic, options } = this.#made;
    const wire = retainedFor.length > 0 ? { ...options, get_retained: true } : options;
    const request = session.nextRequest();
    const message: m.Subscribe = { type: "SUBSCRIBE", request, options: wire, topic };
    const answer = session.ask(message, "SUBSCRIBED", ({ subscription }) => {
      this.#id = subscription;
      this.#standing = session;
      this.#retainedFor = new Set(retainedFor);
      session.onEvent(subscription, (event) => {
        this.#deliver(event, session.schemes);
        if (event.details.x_acknowledged_delivery)
          session.send({ type: "EVENT_RECEIVED", publication: event.publication });
      });
    });
    const establishing = answer.then(
      () => {},
      (error: unknown) => {
        if (this.#establishing === establishing) this.#establishing = undefined; // the next listener asks anew
        throw error;
      },
    );
    this.#establishing = establishing;
    return establishing;
  }

  #deliver(event: m.Event, schemes: PayloadSchemes): void {
    let values: Arguments;
    try {
      values = schemes.unpack(event.payload, event.details, event.details.topic ?? this.#made.topic);
    } catch (error) {
      return this.#onError(error); // an event that cannot be read is nobody's
    }
    for (const listener of this.#listeners.keys()) {
      const isFor = !event.details.retained || this.#retainedFor.size === 0 || this.#retainedFor.has(listener);
      if (isFor) void this.#tell(listener, event, values);
    }
  }

  async #tell(listener: EventListener, event: m.Event, values: Arguments): Promise<void> {
    try {
      await listener(event, values);
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** What a session held is gone when the session is: taking it back has then succeeded. */
async function unlessGone(answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!isWampError(error) || error.uri !== DISCONNECTED) throw error;
  }
}
