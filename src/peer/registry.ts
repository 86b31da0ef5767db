import type { Clock } from "../session/clock.js";
import { checkSettings } from "../wire/settings.js";
import { backoffMs } from "./backoff.js";
import type { ClientSession } from "./client-session.js";
import { canceled } from "./failures.js";
import { awaitWithin } from "./limits.js";
import { RegistrationEntry } from "./registration-entry.js";
import { checkHandler, checkUri, DRAIN_OPTIONS, toRegisterOptions, toSubscribeOptions } from "./request-options.js";
import { type EventListener, SubscriptionEntry } from "./subscription-entry.js";
import type {
  DrainOptions,
  Invocation,
  LostEntry,
  RegisterOptions,
  Registration,
  SubscribeOptions,
  Subscription,
  WampEvent,
} from "./types.js";

/** The arguments of `Peer.register`. */
export interface RegisterRequest {
  readonly procedure: string;
  readonly handler: (invocation: Invocation) => unknown;
  readonly options: RegisterOptions;
}

/** The arguments of `Peer.subscribe`. */
export interface SubscribeRequest {
  readonly topic: string;
  readonly handler: (event: WampEvent) => unknown;
  readonly options: SubscribeOptions;
}

/** The peer that a registry belongs to. */
export interface RegistryHost {
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Told once of what the router has taken back, or does not give again. */
  lost(entry: LostEntry): void;
}

type Entry = RegistrationEntry | SubscriptionEntry;

/** Waits between attempts to restore what a router has refused. */
const RESTORE_BACKOFF = { minMs: 1_000, maxMs: 60_000 };

/** Holds what an application has registered and subscribed. It outlives sessions: each new one is given all of it again. */
export class Registry {
  readonly #host: RegistryHost;
  readonly #registrations = new Set<RegistrationEntry>();
  readonly #subscriptions = new Map<string, SubscriptionEntry>(); // match policy and topic → the one subscription
  readonly #refused = new Map<Entry, () => void>(); // what could not be restored → what calls the next attempt off

  constructor(host: RegistryHost) {
    this.#host = host;
  }

  /** Throws `TypeError` for what cannot be asked; nothing is sent then. */
  async register(session: ClientSession, { procedure, handler, options }: RegisterRequest): Promise<Registration> {
    checkUri("procedure", procedure);
    checkHandler(handler);
    const entry = new RegistrationEntry({ procedure, handler, options: toRegisterOptions(options) });
    if (options.signal?.aborted) throw canceled();
    await awaitWithin(entry.establish(session), options, {
      clock: session.clock,
      abandoned: () => void entry.end().catch(this.#host.onError),
    });
    this.#registrations.add(entry);
    const unregister = async (drain: DrainOptions = {}) => {
      checkSettings(drain, DRAIN_OPTIONS, "unregister");
      this.#registrations.delete(entry);
      this.#settled(entry);
      await entry.end(drain.drainMs);
    };
    return {
      get id() {
        return entry.id;
      },
      procedure,
      unregister,
      [Symbol.asyncDispose]: () => unregister(),
    };
  }

  /** Whether anything is registered. */
  get serves(): boolean {
    return this.#registrations.size > 0;
  }

  /** Takes all registrations back, then waits at most `drainMs` for the handlers that run. */
  async drain(drainMs: number): Promise<void> {
    const ended = [...this.#registrations].map((entry) => entry.end(drainMs).catch(this.#host.onError));
    await Promise.all(ended);
  }

  /** Throws `TypeError` for what cannot be asked; nothing is sent then. */
  async subscribe(session: ClientSession, { topic, handler, options }: SubscribeRequest): Promise<Subscription> {
    checkUri("topic", topic);
    checkHandler(handler);
    const { get_retained: _, ...wire } = toSubscribeOptions(options);
    if (options.signal?.aborted) throw canceled();
    const key = `${options.match ?? "exact"} ${topic}`;
    const entry = this.#subscriptions.get(key) ?? new SubscriptionEntry({ topic, options: wire }, this.#host.onError);
    this.#subscriptions.set(key, entry);
    const listener: EventListener = { handler, getRetained: options.getRetained === true };
    const unsubscribe = () => this.#unlisten(key, entry, listener);
    try {
      await awaitWithin(entry.add(session, listener), options, session);
    } catch (error) {
      unsubscribe().catch(this.#host.onError); // not waited for: SUBSCRIBED may still be to come
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

  /**
   * Gives a new session everything. What the router refuses is told once, and asked for again with back-off while the session stands;
   * it keeps nothing else from being restored. Rejects when the session is lost.
   */
  async restore(session: ClientSession): Promise<void> {
    await Promise.all(
      [...this.#registrations, ...this.#subscriptions.values()].map((entry) => this.#restore(session, entry, 0)),
    );
  }

  /** Forgets an entry that the router has taken back, and reports it. */
  revoked(kind: Entry["kind"], { id, reason }: { readonly id: number; readonly reason: string }): void {
    const found = [...this.#registrations, ...this.#subscriptions.values()].filter(
      (entry) => entry.kind === kind && entry.id === id,
    );
    for (const entry of found) {
      this.#forget(entry);
      const error = new Error(`the router has revoked the ${kind} of ${entry.uri}: ${reason}`);
      this.#host.lost({ kind, uri: entry.uri, error });
    }
  }

  /** Forgets everything; what a session still holds of it ends with that session. */
  clear(): void {
    for (const callOff of this.#refused.values()) callOff();
    this.#refused.clear();
    this.#registrations.clear();
    this.#subscriptions.clear();
  }

  async #restore(session: ClientSession, entry: Entry, failed: number): Promise<void> {
    try {
      await entry.establish(session);
      this.#settled(entry);
    } catch (cause) {
      if (!session.details) throw cause; // the next session restores all of it
      if (!this.#holds(entry)) return;
      if (!this.#refused.has(entry))
        this.#host.lost({ kind: entry.kind, uri: entry.uri, error: refusal(entry, cause) });
      this.#refused.get(entry)?.();
      const waitMs = backoffMs(failed, RESTORE_BACKOFF, Math.random);
      this.#refused.set(
        entry,
        this.#host.clock.after(waitMs, () => this.#again(session, entry, failed + 1)),
      );
    }
  }

  #again(session: ClientSession, entry: Entry, failed: number): void {
    if (!session.details) return;
    this.#restore(session, entry, failed).catch(() => {}); // the session is lost, and the next one restores all of it
  }

  #holds(entry: Entry): boolean {
    return entry.kind === "registration"
      ? this.#registrations.has(entry)
      : [...this.#subscriptions.values()].includes(entry);
  }

  #forget(entry: Entry): void {
    this.#settled(entry);
    if (entry.kind === "registration") this.#registrations.delete(entry);
    else for (const [key, held] of this.#subscriptions) if (held === entry) this.#subscriptions.delete(key);
  }

  /** It stands, or nobody wants it any more. */
  #settled(entry: Entry): void {
    this.#refused.get(entry)?.();
    this.#refused.delete(entry);
  }

  /** The last listener out ends the subscription; one that is still being established is waited for. */
  async #unlisten(key: string, entry: SubscriptionEntry, listener: EventListener): Promise<void> {
    if (!entry.remove(listener)) return;
    await entry.established?.catch(() => {}); // whoever subscribed was told
    if (entry.inUse || this.#subscriptions.get(key) !== entry) return;
    this.#forget(entry);
    await entry.end();
  }
}

function refusal({ kind, uri }: Entry, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`the ${kind} of ${uri} could not be restored, and is tried again: ${why}`, { cause });
}
