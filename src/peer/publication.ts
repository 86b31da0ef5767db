import type * as m from "../wire/messages.js";
import { toWireOptions } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { canceled, checkLimits, within } from "./limits.js";
import { noPassthru } from "./payload-schemes.js";
import type { PublishOptions, PublishResult } from "./types.js";

/** An event to be published. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly payload: Payload;
  readonly options: PublishOptions;
}

const PUBLISH_OPTIONS: readonly string[] = [
  "acknowledge",
  "disclose",
  "eligible",
  "eligibleAuthid",
  "eligibleAuthrole",
  "exclude",
  "excludeAuthid",
  "excludeAuthrole",
  "excludeMe",
  "retain",
  "resourceKey",
];

/** Sends a PUBLISH; with `acknowledge` resolves when the broker has answered, and fails with its error. */
export async function publish(
  session: ClientSession,
  { topic, payload, options }: OutgoingEvent,
): Promise<PublishResult> {
  checkLimits(options);
  const packed = session.schemes.pack(payload, options.passthru ?? session.schemes.packing(topic));
  const wire: m.Publish["options"] = { ...toWireOptions(options, PUBLISH_OPTIONS), ...packed.keys };
  if (options.signal?.aborted) throw canceled();
  if (wire.ppt_scheme !== undefined && !session.announces("broker", "payload_passthru_mode")) throw noPassthru();
  const build = (request: number): m.Publish => ({
    type: "PUBLISH",
    request,
    options: wire,
    topic,
    payload: packed.payload,
  });
  if (!options.acknowledge) {
    session.tell(build);
    return { publication: undefined };
  }
  const answer = session.ask(build, { requestType: "PUBLISH", answer: "PUBLISHED" });
  const { publication } = await within(answer, options, session);
  return { publication };
}
