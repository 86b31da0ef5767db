import { invalidInput } from "../contract/errors.js";
import type { ParamValues } from "../contract/template-params.js";
import { EVENTS_OPTIONS, eventsOf } from "../peer/events.js";
import { pickPublishOptions } from "../peer/request-options.js";
import type { Peer, PublishOptions, PublishResult, Subscription } from "../peer/types.js";
import { checkSettings } from "../wire/settings.js";
import { deprecation } from "./deprecation.js";
import { readHistory } from "./history.js";
import { extend, type MiddlewareCall, runThrough } from "./middleware.js";
import { invalidTo, planTopic, readEvent, requirePattern, type TopicMember, type TopicPlan } from "./topic-plan.js";
import type { ListenOptions, PlainTopicClient, TopicClient, TypedEvent } from "./types.js";

type AnyEvent = TypedEvent<ParamValues, unknown>;
type Handler = (event: AnyEvent) => void | Promise<void>;

/** The member of a topic: it takes parameters first where its URI has them. */
export function createTopicMember(
  peer: Peer,
  topic: TopicMember,
): TopicClient<ParamValues, unknown, unknown> | PlainTopicClient<unknown, unknown> {
  const plan = planTopic(topic);
  const warn = deprecation(`${plan.name} (${plan.uri})`, plan.definition.deprecated, plan.options);
  const client: TopicClient<ParamValues, unknown, unknown> = {
    async subscribe(params, handler, limits = {}) {
      warn();
      return subscribeTyped(peer, { plan, params, handler, limits });
    },
    events(params, limits = {}) {
      warn();
      checkSettings(limits, EVENTS_OPTIONS);
      return eventsOf(peer, limits, (handler, request) =>
        subscribeTyped(peer, { plan, params, handler, limits: request }),
      );
    },
    history(params, limits = {}) {
      warn();
      return readHistory(peer, { plan, params, limits });
    },
    async publish(params, value, limits = {}) {
      warn();
      return publishTyped(peer, { plan, params, value, limits });
    },
  };
  if (plan.template.template.names.length > 0) return client;
  const plain: PlainTopicClient<unknown, unknown> = {
    subscribe: (handler, limits) => client.subscribe({}, handler, limits),
    events: (limits) => client.events({}, limits),
    history: (limits) => client.history({}, limits),
    publish: (value, limits) => client.publish({}, value, limits),
  };
  return plain;
}

async function publishTyped(
  peer: Peer,
  {
    plan,
    params,
    value,
    limits,
  }: {
    readonly plan: TopicPlan;
    readonly params: ParamValues;
    readonly value: unknown;
    readonly limits: PublishOptions;
  },
): Promise<PublishResult> {
  if (plan.definition.metaApi) throw new TypeError(`${plan.uri}: only the router publishes to a topic of the meta API`);
  const topic = plan.template.fill(params);
  if (!topic.ok) throw invalidInput(`${plan.uri} params`, topic.issues);
  const { name, definition, options } = plan;
  const disclose = limits.disclose ?? definition.disclose;
  const retain = limits.retain ?? definition.retain;
  const context: PublishOptions = {
    ...limits,
    ...(disclose !== undefined && { disclose }),
    ...(retain !== undefined && { retain }),
  };
  const send = async (wire: PublishOptions) => {
    const sent = plan.event.send(value);
    const mapped = sent instanceof Promise ? await sent : sent; // no turn is lost where nothing waits
    if (!mapped.ok) throw invalidInput(`${plan.uri} event`, mapped.issues);
    return peer.publish(topic.value, mapped.value.args, mapped.value.kwargs, wire);
  };
  if (!options.use?.length) return send(context);
  const call: MiddlewareCall = {
    peer,
    kind: "publish",
    name,
    uri: topic.value,
    params,
    input: value,
    idempotent: false,
    context: { ...context },
  };
  const published = runThrough(options.use, call, (added) => send(pickPublishOptions(extend(context, added))));
  return (await published) as PublishResult;
}

async function subscribeTyped(
  peer: Peer,
  {
    plan,
    params,
    handler,
    limits,
  }: {
    readonly plan: TopicPlan;
    readonly params: ParamValues;
    readonly handler: Handler;
    readonly limits: ListenOptions;
  },
): Promise<Subscription> {
  const { name, options } = plan;
  const { uri, match } = requirePattern(plan, params);
  const invalid = invalidTo(plan, peer);
  return peer.subscribe(
    uri,
    async (event) => {
      const found = readEvent(plan, event);
      const outcome = found instanceof Promise ? await found : found;
      if (!outcome.ok) return invalid(outcome.issues, event);
      const typed = outcome.value;
      if (!options.use?.length) return handler(typed);
      const call: MiddlewareCall = {
        peer,
        kind: "event",
        name,
        uri: event.topic,
        params: typed.params,
        input: typed.data,
        idempotent: false,
        context: { ...typed },
      };
      await runThrough(options.use, call, () => handler(typed));
    },
    { ...limits, match },
  );
}
