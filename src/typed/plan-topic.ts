import type { TopicDefinition } from "../contract/definition.js";
import { createMapper } from "../contract/mapper.js";
import { createTypedTemplate } from "../contract/template-params.js";
import type { TopicPlan } from "./topic-plan.js";
import type { ClientOptions } from "./types.js";

/** A topic of a contract, with the settings of the client. */
export interface TopicMember {
  /** Its name in the contract. */
  readonly name: string;
  readonly member: { readonly uri: string; readonly definition: TopicDefinition<string> };
  readonly options: ClientOptions;
}

/** Throws `TypeError` for an invalid URI template. */
export function planTopic({ name, member: { uri, definition }, options }: TopicMember): TopicPlan {
  const { event: schema, wire, params } = definition;
  const event = createMapper(schema, { direction: "input", wire, validate: options.validate ?? "both" });
  return { name, uri, definition, event, options, template: createTypedTemplate(uri, params) };
}
