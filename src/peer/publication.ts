import type { Clock } from "../session/clock.js";
import type * as m from "../wire/messages.js";
import type { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { canceled } from "./failures.js";
import { awaitWithin } from "./limits.js";
import { limitsOf, type Offline } from "./offline.js";
import { estimateBytes, type OfflineQueue } from "./offline-queue.js";
import { toPublishOptions } from "./request-options.js";
import type { PublishOptions, PublishResult } from "./types.js";

/** An event to publish. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly payload: Payload;
  readonly options: PublishOptions;
}

/** The peer of a publication. */
export interface PublicationHost {
  readonly clock: Clock;
  readonly offline: OfflineQueue;
  readonly offlineDefault: Offline | undefined;
  /** Throws `wampact.error.disconnected` if no session is established. */
  requireSession(): ClientSession;
}

/**
 * Sends a PUBLISH. With `acknowledge` it resolves when the broker has answered, and fails with its error. Throws the error that
 * prevents sending.
 */
export function publish(session: ClientSession, { topic, payload, options }: OutgoingEvent): Promise<PublishResult> {
  const own = toPublishOptions(options);
  const packed = session.schemes.pack(payload, options.passthru ?? session.schemes.packing(topic));
  const wire: m.Publish["options"] = packed.keys ? { ...own, ...packed.keys } : own;
  if (options.signal?.aborted) throw canceled();
  if (wire.ppt_scheme !== undefined) session.require("broker", "payload_passthru_mode");
  const request = session.nextRequest();
  const message: m.Publish = { type: "PUBLISH", request, options: wire, topic, payload: packed.payload };
  if (!options.acknowledge) {
    session.requests.begin(message);
    return Promise.resolve({ publication: undefined });
  }
  return awaitWithin(session.requests.ask(message, "PUBLISHED"), options, session).then(({ publication }) => ({
    publication,
  }));
}

/**
 * Publishes an event in its current state when a session is established, if it may wait for one. `signal` and `timeoutMs` apply
 * from now on.
 */
export async function publishAway(host: PublicationHost, event: OutgoingEvent): Promise<PublishResult> {
  const { topic, payload, options } = event;
  toPublishOptions(options); // throws the same errors as sending
  const limits = limitsOf(options.offline ?? host.offlineDefault ?? "fail");
  if (!limits) return publish(host.requireSession(), event); // fails, because there is none
  const kept = payload.copy();
  const { signal: _, timeoutMs: __, ...own } = options;
  let withdraw = () => {};
  const published = new Promise<PublishResult>((resolve, reject) => {
    const send = () => {
      try {
        resolve(publish(host.requireSession(), { topic, payload: kept, options: own }));
      } catch (error) {
        reject(error);
      }
    };
    withdraw = host.offline.add({ bytes: estimateBytes(kept), send, fail: reject }, limits);
  });
  try {
    return await awaitWithin(published, options, host);
  } finally {
    withdraw();
  }
}
