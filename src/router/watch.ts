import type { Id } from "../wire/ids.js";
import type { Uri } from "../wire/uris.js";
import { CHANNELS } from "./channels.js";
import type { RealmMeter } from "./meter.js";
import type { CalledEvent, PublishedEvent } from "./observer.js";
import type { PendingCall } from "./pending-calls.js";
import type { RealmSession } from "./realm-session.js";
import { RELAYED, type Timing } from "./timing.js";

const UNTIMED: Timing = { startedMs: 0, weight: 0 };
/** With fewer pending calls, each call is timed. */
const FEW = 4;
/**
 * Otherwise one in this many calls is timed, because reading the clock twice per call would cost a busy router some percent
 * of its time.
 */
const SAMPLE = 16;

/** An event that was sent. */
interface RoutedEvent {
  readonly id: Id;
  readonly topic: Uri;
  readonly publisher: RealmSession | undefined;
}

/** Reports the calls and events of one realm to its meter and to the channels `called` and `published`. */
export class RealmWatch {
  readonly #realm: string;
  readonly #meter: RealmMeter | undefined;
  #untimed = 0; // calls since the last timed one

  constructor(realm: string, meter: RealmMeter | undefined) {
    this.#realm = realm;
    this.#meter = meter;
  }

  /** Starts timing a call; `underWay` is the number of pending calls. */
  begin(underWay: number): Timing {
    if (CHANNELS.called.hasSubscribers) return { startedMs: performance.now(), weight: 1 };
    if (!this.#meter) return UNTIMED;
    if (underWay < FEW) return { startedMs: performance.now(), weight: 1 };
    this.#untimed = (this.#untimed + 1) % SAMPLE;
    return this.#untimed === 0 ? { startedMs: performance.now(), weight: SAMPLE } : UNTIMED;
  }

  /** Reports the end of a call: a result, or an error with this URI. */
  ended(call: PendingCall, outcome?: string): void {
    if (call.timing === RELAYED) return;
    const { startedMs, weight } = call.timing;
    const durationMs = weight === 0 ? 0 : performance.now() - startedMs;
    this.#meter?.called(call.registration.uri, outcome, durationMs, weight);
    if (weight === 0) return;
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

  /** Reports a call that the realm has answered itself. */
  answered({ startedMs, weight }: Timing): void {
    this.#meter?.called("wamp.", undefined, weight === 0 ? 0 : performance.now() - startedMs, weight);
  }

  /** Reports a call that was refused before it was routed to a callee. */
  refused(outcome: string): void {
    this.#meter?.refused(outcome);
  }

  /** Reports an event of another router, which counts it, that was sent to this number of subscribers here. */
  delivered(receivers: number): void {
    this.#meter?.delivered?.(receivers);
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
