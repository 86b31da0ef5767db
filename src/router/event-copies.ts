import { WampError } from "../wire/error.js";
import type { Payload } from "../wire/payload.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../wire/uris.js";
import type { RealmSession } from "./realm-session.js";

/** Bytes of one publication that a session is sent for all of its subscriptions. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What a copy counts beside its payload, for the work that it makes. */
const COPY_BYTES = 1_024;

/**
 * Counts what one publication makes for each session. A session may hold thousands of patterns that match one topic, and each gets a copy
 * of the event, made at once: without a bound, one large event would stop the router for seconds. The first copy is always sent.
 */
export class EventCopies {
  readonly #bytes: number;
  readonly #sent = new Map<RealmSession, number>(); // session → bytes

  constructor(payload: Payload) {
    this.#bytes = bytesOf(payload);
  }

  /** Whether so many subscriptions can make more than a session is sent. */
  static matter(subscriptions: number, payload: Payload): boolean {
    return subscriptions * bytesOf(payload) > MOST_BYTES;
  }

  /** Counts one more copy. Returns why the session does not get it; `undefined` where it does. */
  add(session: RealmSession): WampError | undefined {
    const sent = this.#sent.get(session) ?? 0;
    if (sent > 0 && sent + this.#bytes > MOST_BYTES) return tooMany();
    this.#sent.set(session, sent + this.#bytes);
    return undefined;
  }
}

function bytesOf(payload: Payload): number {
  return payload.byteLength + COPY_BYTES;
}

function tooMany(): WampError {
  return new WampError(PAYLOAD_SIZE_EXCEEDED, {
    args: [
      `one publication matches so many subscriptions of this session that it would take more than ${MOST_BYTES} bytes`,
    ],
  });
}
