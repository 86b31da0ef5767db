import { isWampError } from "../wire/error.js";
import type * as m from "../wire/messages.js";
import { toWireOptions } from "../wire/options.js";
import { DISCONNECTED } from "../wire/uris.js";
import type { ClientSession } from "./client-session.js";
import type { Invocation, RegisterOptions, SubscribeOptions } from "./types.js";

/** What an application registered. */
interface MadeRegistration {
  readonly procedure: string;
  readonly handler: (invocation: Invocation) => unknown;
  readonly options: RegisterOptions;
}

/** A registration as the application made it. Each new session is given it again, under the same options. */
export class RegistrationEntry {
  readonly #made: MadeRegistration;
  #id = 0;
  #standing: ClientSession | undefined; // that it is registered in

  constructor(made: MadeRegistration) {
    this.#made = made;
  }

  /** The ID in the session it was established in last. */
  get id(): number {
    return this.#id;
  }

  async establish(session: ClientSession): Promise<void> {
    const { procedure, handler, options } = this.#made;
    const wire = toWireOptions(options, ["match", "invoke", "discloseCaller"]);
    const build = (request: number): m.Register => ({ type: "REGISTER", request, options: wire, procedure });
    await session.ask(build, { requestType: "REGISTER", answer: "REGISTERED" }, ({ registration }) => {
      this.#id = registration;
      this.#standing = session;
      session.onInvocation(registration, { procedure, handle: handler });
    });
  }

  /** Takes it back from the session that stands. Resolves at once where it stands in none. */
  async end(): Promise<void> {
    const session = this.#standing;
    this.#standing = undefined;
    if (!session?.details) return; // it went with its session
    session.offInvocation(this.#id);
    const build = (request: number): m.Unregister => ({ type: "UNREGISTER", request, registration: this.#id });
    await unlessGone(session.ask(build, { requestType: "UNREGISTER", answer: "UNREGISTERED" }));
  }
}

/** What an application subscribed to. */
interface MadeSubscription {
  readonly topic: string;
  readonly options: SubscribeOptions;
  readonly onError: (error: unknown) => void;
}

/** Hears the events of a subscription. */
export type EventListener = (event: m.Event) => void | Promise<void>;

/** One subscription and all who listen to it, as the application made them. */
export class SubscriptionEntry {
  readonly #made: MadeSubscription;
  readonly #listeners = new Set<EventListener>();
  #id = 0;
  #standing: ClientSession | undefined; // that it is subscribed in
  #establishing: Promise<void> | undefined;

  constructor(made: MadeSubscription) {
    this.#made = made;
  }

  /** The ID in the session it was established in last. */
  get id(): number {
    return this.#id;
  }

  get inUse(): boolean {
    return this.#listeners.size > 0;
  }

  /** The attempt to establish it that was made last, by whoever came first. */
  get established(): Promise<void> | undefined {
    return this.#establishing;
  }

  add(listener: EventListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: EventListener): boolean {
    return this.#listeners.delete(listener);
  }

  establish(session: ClientSession): Promise<void> {
    const { topic, options } = this.#made;
    const wire = toWireOptions(options, ["match"]);
    const build = (request: number): m.Subscribe => ({ type: "SUBSCRIBE", request, options: wire, topic });
    const answer = session.ask(build, { requestType: "SUBSCRIBE", answer: "SUBSCRIBED" }, ({ subscription }) => {
      this.#id = subscription;
      this.#standing = session;
      session.onEvent(subscription, (event) => this.#deliver(event));
    });
    this.#establishing = answer.then(() => {});
    return this.#establishing;
  }

  /** Takes it back from the session that stands: UNSUBSCRIBE is sent before this returns. */
  async end(): Promise<void> {
    const session = this.#standing;
    this.#standing = undefined;
    if (!session?.details) return;
    session.offEvent(this.#id);
    const build = (request: number): m.Unsubscribe => ({ type: "UNSUBSCRIBE", request, subscription: this.#id });
    await unlessGone(session.ask(build, { requestType: "UNSUBSCRIBE", answer: "UNSUBSCRIBED" }));
  }

  #deliver(event: m.Event): void {
    for (const listener of this.#listeners) void this.#tell(listener, event);
  }

  async #tell(listener: EventListener, event: m.Event): Promise<void> {
    try {
      await listener(event);
    } catch (error) {
      this.#made.onError(error);
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
