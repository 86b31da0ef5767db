import { WampError } from "../wire/error.js";
import type { Payload } from "../wire/payload.js";
import { payloadLength } from "../wire/payload-bytes.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../wire/uris.js";
import type { RealmSession } from "./realm-session.js";

/** The maximum size of one publication's events to one session, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The fixed cost of an event besides its payload, in bytes. */
const COPY_BYTES = 1_024;

/**
 * Limits the events of one publication to each session. A session may have thousands of patterns that match one topic, each with
 * its own EVENT. Without a limit, one large event would block the router for seconds. The first event is always sent.
 */
export class EventCopies {
  readonly #bytes: number;
  readonly #sent = new Map<RealmSession, number>(); // session → bytes

  constructor(payload: Payload) {
    this.#bytes = bytesOf(payload);
  }

  /** Returns whether this many subscriptions can exceed the limit. */
  static matter(subscriptions: number, payload: Payload): boolean {
    return subscriptions * bytesOf(payload) > MOST_BYTES;
  }

  /** Counts another event. Returns the error if the session does not get it. */
  add(session: RealmSession): WampError | undefined {
    const sent = this.#sent.get(session) ?? 0;
    if (sent > 0 && sent + this.#bytes > MOST_BYTES) return tooMany();
    this.#sent.set(session, sent + this.#bytes);
    return undefined;
  }
}

function bytesOf(payload: Payload): number {
  return payloadLength(payload) + COPY_BYTES;
}

function tooMany(): WampError {
  return new WampError(PAYLOAD_SIZE_EXCEEDED, {
    args: [
      `the publication matches so many subscriptions of this session that its events would exceed ${MOST_BYTES} bytes`,
    ],
  });
}
