import type { Id } from "../wire/ids.js";
import type { Uri } from "../wire/uris.js";
import { CHANNELS } from "./channels.js";
import type { RealmMeter } from "./meter.js";
import type { CalledEvent, PublishedEvent } from "./observer.js";
import type { PendingCall } from "./pending-calls.js";
import type { RealmSession } from "./realm-session.js";

/** An event that was sent to those who get it. */
interface RoutedEvent {
  readonly id: Id;
  readonly topic: Uri;
  readonly publisher: RealmSession | undefined;
}

/** Tells of the calls and events of one realm: its meter, and whoever has subscribed to the channels `called` and `published`. */
export class RealmWatch {
  readonly #realm: string;
  readonly #meter: RealmMeter | undefined;

  constructor(realm: string, meter: RealmMeter | undefined) {
    this.#realm = realm;
    this.#meter = meter;
  }

  /** The time at which a call starts, in milliseconds from any point; 0 while nobody is told of calls. */
  now(): number {
    return this.#meter !== undefined || CHANNELS.called.hasSubscribers ? performance.now() : 0;
  }

  /** A call has had its last answer: a result, or an error with this URI. */
  ended(call: PendingCall, outcome?: string): void {
    if (call.startedMs === 0) return; // nobody was told of calls when it was made
    const durationMs = performance.now() - call.startedMs;
    this.#meter?.called(call.registration.uri, outcome, durationMs);
    if (!CHANNELS.called.hasSubscribers) return;
    const { procedure, registration, caller, callee } = call;
    const event: CalledEvent = {
      type: "called",
      realm: this.#realm,
      procedure,
      registered: registration.uri,
      outcome,
      durationMs,
      caller: caller.id,
      callee: callee.session.id,
    };
    CHANNELS.called.publish(event);
  }

  /** The realm has answered a call itself. */
  answered(startedMs: number): void {
    if (startedMs !== 0) this.#meter?.called("wamp.", undefined, performance.now() - startedMs);
  }

  /** A call was refused before any callee had it. */
  refused(outcome: string): void {
    this.#meter?.refused(outcome);
  }

  published({ topic, id, publisher }: RoutedEvent, receivers: number): void {
    this.#meter?.published(receivers);
    if (!CHANNELS.published.hasSubscribers) return;
    const event: PublishedEvent = {
      type: "published",
      realm: this.#realm,
      topic,
      publication: id,
      publisher: publisher?.id,
      receivers,
    };
    CHANNELS.published.publish(event);
  }
}
