import { DEVELOPMENT } from "#development";
import type { TopicDefinition } from "../contract/definition.js";
import { invalidInput } from "../contract/errors.js";
import type { Mapper } from "../contract/mapper.js";
import type { Pattern } from "../contract/params.js";
import type { ParamValues, TypedTemplate } from "../contract/uri-params.js";
import { whenReady } from "../contract/when-ready.js";
import type { CallerPeer, WampEvent } from "../peer/types.js";
import type { Issue } from "../wire/issue.js";
import type { ClientOptions, TypedEvent } from "./types.js";

/** A topic's definition, prepared for publishers and subscribers. */
export interface TopicPlan {
  readonly name: string;
  readonly uri: string;
  readonly definition: Pick<TopicDefinition<string>, "deprecated" | "retain" | "disclose" | "metaApi">;
  readonly template: TypedTemplate;
  readonly event: Mapper;
  readonly options: ClientOptions;
}

/** Returns the pattern in which missing parameters are open. Throws `wamp.error.invalid_argument`. */
export function requirePattern(plan: TopicPlan, params: ParamValues): Pattern {
  const pattern = plan.template.pattern(params);
  if (!pattern.ok) throw invalidInput(`${plan.uri} params`, pattern.issues);
  return pattern.value;
}

/** Returns the receiver of reports about events that do not match their schema. */
export function invalidTo({ uri, options }: TopicPlan, peer: CallerPeer): NonNullable<ClientOptions["onInvalid"]> {
  return (
    options.onInvalid ??
    ((issues, { topic }) => {
      const error = invalidInput(`an event of ${uri} was dropped: event`, issues);
      peer.onError(Object.assign(error, { topic }));
    })
  );
}

/** An event that was checked and decoded, or its issues. */
export type ReadEvent =
  | { readonly ok: true; readonly value: TypedEvent<ParamValues, unknown> }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export function readEvent(plan: TopicPlan, event: WampEvent): ReadEvent | Promise<ReadEvent> {
  const params = plan.template.read(event.topic);
  if (!params) {
    const issue = {
      path: ["params"],
      code: "custom",
      message: DEVELOPMENT ? "the topic's parameters do not match their schemas" : "not valid",
    };
    return { ok: false, issues: [issue] };
  }
  return whenReady(plan.event.receive(event), (outcome): ReadEvent => {
    return outcome.ok ? { ok: true, value: typedEvent(event, { data: outcome.value, params }) } : outcome;
  });
}

function typedEvent(
  event: WampEvent,
  { data, params }: { data: unknown; params: ParamValues },
): TypedEvent<ParamValues, unknown> {
  const { topic, publication, publisher, details } = event;
  return {
    data,
    params,
    topic,
    publication,
    retained: details.retained === true,
    dropped: 0,
    ...(publisher && { publisher }),
  };
}
