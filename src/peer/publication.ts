import type { Clock } from "../session/clock.js";
import type * as m from "../wire/messages.js";
import type { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { canceled, noPassthru } from "./failures.js";
import { awaitWithin } from "./limits.js";
import { limitsOf, type Offline } from "./offline.js";
import { estimateBytes, type OfflineQueue } from "./offline-queue.js";
import { toPublishOptions } from "./request-options.js";
import type { PublishOptions, PublishResult } from "./types.js";

/** An event to be published. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly payload: Payload;
  readonly options: PublishOptions;
}

/** The peer that a publication belongs to. */
export interface PublicationHost {
  readonly clock: Clock;
  readonly offline: OfflineQueue;
  readonly offlineDefault: Offline | undefined;
  /** Throws `wampact.error.disconnected` where no session stands. */
  requireSession(): ClientSession;
}

/**
 * Sends a PUBLISH; with `acknowledge` resolves when the broker has answered, and fails with its error. Throws what keeps it from
 * being sent.
 */
export function publish(session: ClientSession, { topic, payload, options }: OutgoingEvent): Promise<PublishResult> {
  const own = toPublishOptions(options);
  const packed = session.schemes.pack(payload, options.passthru ?? session.schemes.packing(topic));
  const wire: m.Publish["options"] = packed.keys ? { ...own, ...packed.keys } : own;
  if (options.signal?.aborted) throw canceled();
  if (wire.ppt_scheme !== undefined && !session.announces("broker", "payload_passthru_mode")) throw noPassthru();
  const request = session.nextRequest();
  const message: m.Publish = { type: "PUBLISH", request, options: wire, topic, payload: packed.payload };
  if (!options.acknowledge) {
    session.request(message);
    return Promise.resolve({ publication: undefined });
  }
  return awaitWithin(session.ask(message, "PUBLISHED"), options, session).then(({ publication }) => ({ publication }));
}

/** Publishes an event, as it is now, once a session stands, where it may wait for one. `signal` and `timeoutMs` count from now on. */
export async function publishAway(host: PublicationHost, event: OutgoingEvent): Promise<PublishResult> {
  const { topic, payload, options } = event;
  toPublishOptions(options); // throws what the sending would
  const limits = limitsOf(options.offline ?? host.offlineDefault ?? "fail");
  if (!limits) return publish(host.requireSession(), event); // there is none, which is what it fails with
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
