import type * as m from "../wire/messages.js";
import type { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { canceled } from "./failures.js";
import { awaitWithin } from "./limits.js";
import { noPassthru } from "./payload-schemes.js";
import { toPublishOptions } from "./request-options.js";
import type { PublishOptions, PublishResult } from "./types.js";

/** An event to be published. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly payload: Payload;
  readonly options: PublishOptions;
}

/** Sends a PUBLISH; with `acknowledge` resolves when the broker has answered, and fails with its error. */
export async function publish(
  session: ClientSession,
  { topic, payload, options }: OutgoingEvent,
): Promise<PublishResult> {
  const own = toPublishOptions(options);
  const packed = session.schemes.pack(payload, options.passthru ?? session.schemes.packing(topic));
  const wire: m.Publish["options"] = packed.keys ? { ...own, ...packed.keys } : own;
  if (options.signal?.aborted) throw canceled();
  if (wire.ppt_scheme !== undefined && !session.announces("broker", "payload_passthru_mode")) throw noPassthru();
  const request = session.nextRequest();
  const message: m.Publish = { type: "PUBLISH", request, options: wire, topic, payload: packed.payload };
  if (!options.acknowledge) {
    session.request(message);
    return { publication: undefined };
  }
  const { publication } = await awaitWithin(session.ask(message, "PUBLISHED"), options, session);
  return { publication };
}
