import type { TopicDefinition } from "../contract/definition.js";
import { invalidInput } from "../contract/errors.js";
import { createMapper, type Mapper, whenReady } from "../contract/mapper.js";
import type { Pattern } from "../contract/params.js";
import { createTypedTemplate, type ParamValues, type TypedTemplate } from "../contract/template-params.js";
import type { CallerPeer, WampEvent } from "../peer/types.js";
import type { Issue } from "../wire/issue.js";
import type { ClientOptions, TypedEvent } from "./types.js";

/** A topic's definition, made ready for publishers and subscribers. */
export interface TopicPlan {
  readonly name: string;
  readonly uri: string;
  readonly definition: Pick<TopicDefinition<string>, "deprecated" | "retain" | "disclose" | "metaApi">;
  readonly template: TypedTemplate;
  readonly event: Mapper;
  readonly options: ClientOptions;
}

/** A topic of a contract, and what the client does beside it. */
export interface TopicMember {
  /** Its name in the contract. */
  readonly name: string;
  readonly member: { readonly uri: string; readonly definition: TopicDefinition<string> };
  readonly options: ClientOptions;
}

/** Throws `TypeError` for a URI that is no valid template. */
export function planTopic({ name, member: { uri, definition }, options }: TopicMember): TopicPlan {
  const { event: schema, wire, params } = definition;
  const event = createMapper(schema, { direction: "input", wire, validate: options.validate ?? "both" });
  return { name, uri, definition, event, options, template: createTypedTemplate(uri, params) };
}

/** The pattern that leaves open what is left out. Throws `wamp.error.invalid_argument`. */
export function requirePattern(plan: TopicPlan, params: ParamValues): Pattern {
  const pattern = plan.template.pattern(params);
  if (!pattern.ok) throw invalidInput(`${plan.uri} params`, pattern.issues);
  return pattern.value;
}

/** The receiver of reports about events that do not fit their schema. */
export function invalidTo({ uri, options }: TopicPlan, peer: CallerPeer): NonNullable<ClientOptions["onInvalid"]> {
  return (
    options.onInvalid ??
    ((issues, { topic }) => {
      const error = invalidInput(`an event of ${uri} was dropped: event`, issues);
      peer.onError(Object.assign(error, { topic }));
    })
  );
}

/** An event checked and decoded, or what is wrong with it. */
export type ReadEvent =
  | { readonly ok: true; readonly value: TypedEvent<ParamValues, unknown> }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export function readEvent(plan: TopicPlan, event: WampEvent): ReadEvent | Promise<ReadEvent> {
  const params = plan.template.read(event.topic);
  if (!params) {
    const issue = { path: ["params"], code: "custom", message: "the topic's parameters do not fit their schemas" };
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
