import type * as m from "../wire/messages.js";
import type { Arguments } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { canceled } from "./failures.js";
import { publisherOf } from "./identity.js";
import { awaitWithin } from "./limits.js";
import { checkHandler, checkUri, toRegisterOptions, toSubscribeOptions } from "./request-options.js";
import { type EventListener, RegistrationEntry, SubscriptionEntry } from "./restorable.js";
import type { Invocation, RegisterOptions, Registration, SubscribeOptions, Subscription, WampEvent } from "./types.js";

/** What an application asks for when it registers. */
export interface RegisterRequest {
  readonly procedure: string;
  readonly handler: (invocation: Invocation) => unknown;
  readonly options: RegisterOptions;
}

/** What an application asks for when it subscribes. */
export interface SubscribeRequest {
  readonly topic: string;
  readonly handler: (event: WampEvent) => void | Promise<void>;
  readonly options: SubscribeOptions;
}

/** What an application has registered and subscribed. It outlives sessions: each new one is given it again. */
export class Registry {
  readonly #onError: (error: unknown) => void;
  readonly #registrations = new Set<RegistrationEntry>();
  readonly #subscriptions = new Map<string, SubscriptionEntry>(); // match policy and topic → the one subscription

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Throws `TypeError` for what cannot be asked; nothing is sent then. */
  async register(session: ClientSession, { procedure, handler, options }: RegisterRequest): Promise<Registration> {
    checkUri("procedure", procedure);
    checkHandler(handler);
    const entry = new RegistrationEntry({ procedure, handler, options: toRegisterOptions(options) });
    if (options.signal?.aborted) throw canceled();
    await awaitWithin(entry.establish(session), options, {
      clock: session.clock,
      abandoned: () => void entry.end().catch(this.#onError),
    });
    this.#registrations.add(entry);
    const unregister = async () => {
      this.#registrations.delete(entry);
      await entry.end();
    };
    return {
      get id() {
        return entry.id;
      },
      procedure,
      unregister,
      [Symbol.asyncDispose]: unregister,
    };
  }

  /** Throws `TypeError` for what cannot be asked; nothing is sent then. */
  async subscribe(session: ClientSession, { topic, handler, options }: SubscribeRequest): Promise<Subscription> {
    checkUri("topic", topic);
    checkHandler(handler);
    const { get_retained: _, ...wire } = toSubscribeOptions(options);
    if (options.signal?.aborted) throw canceled();
    const key = `${options.match ?? "exact"} ${topic}`;
    const entry = this.#subscriptions.get(key) ?? new SubscriptionEntry({ topic, options: wire }, this.#onError);
    this.#subscriptions.set(key, entry);
    const listener: EventListener = (event, values) => handler(eventOf(topic, event, values));
    const unsubscribe = () => this.#unlisten(key, { entry, listener });
    try {
      await awaitWithin(entry.add(session, listener, options.getRetained === true), options, session);
    } catch (error) {
      unsubscribe().catch(this.#onError); // not waited for: SUBSCRIBED may still be to come
      throw error;
    }
    return {
      get id() {
        return entry.id;
      },
      topic,
      unsubscribe,
      [Symbol.asyncDispose]: unsubscribe,
    };
  }

  /** Gives a new session everything. Rejects when one is refused. */
  async restore(session: ClientSession): Promise<void> {
    await Promise.all([
      ...[...this.#registrations].map((entry) => entry.establish(session)),
      ...[...this.#subscriptions.values()].map((entry) => entry.establish(session)),
    ]);
  }

  /** What the router has taken back is not restored. */
  revoked(
    what: "registration" | "subscription",
    { id, reason }: { readonly id: number; readonly reason: string },
  ): void {
    const tell = (uri: string) => this.#onError(new Error(`the router has revoked the ${what} of ${uri}: ${reason}`));
    if (what === "registration") {
      for (const entry of this.#registrations) {
        if (entry.id === id && this.#registrations.delete(entry)) tell(entry.procedure);
      }
    } else {
      for (const [key, entry] of this.#subscriptions) {
        if (entry.id === id && this.#subscriptions.delete(key)) tell(entry.topic);
      }
    }
  }

  /** Forgets everything; what a session still holds of it ends with that session. */
  clear(): void {
    this.#registrations.clear();
    this.#subscriptions.clear();
  }

  /** The last listener out ends the subscription; one that is still being established is waited for. */
  async #unlisten(
    key: string,
    { entry, listener }: { readonly entry: SubscriptionEntry; readonly listener: EventListener },
  ): Promise<void> {
    if (!entry.remove(listener)) return;
    await entry.established?.catch(() => {}); // whoever subscribed was told
    if (entry.inUse || this.#subscriptions.get(key) !== entry) return;
    this.#subscriptions.delete(key);
    await entry.end();
  }
}

function eventOf(topic: string, { details, publication }: m.Event, { args, kwargs }: Arguments): WampEvent {
  const publisher = publisherOf(details);
  return {
    topic: details.topic ?? topic,
    publication,
    args,
    kwargs,
    details: { ...details },
    ...(publisher && { publisher }),
  };
}
