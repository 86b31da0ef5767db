import type { TopicDefinition } from "../contract/contract.js";
import { invalidInput } from "../contract/errors.js";
import { describeIssues } from "../contract/issues.js";
import { createMapper, type Mapper } from "../contract/mapper.js";
import { createTypedTemplate, type ParamValues, type TypedTemplate } from "../contract/template-params.js";
import { disconnected } from "../peer/failures.js";
import type { Peer, PublishOptions, PublishResult, RequestOptions, Subscription, WampEvent } from "../peer/types.js";
import { EventQueue } from "./event-queue.js";
import type { ClientOptions, EventsOptions, PlainTopicClient, TopicClient, TypedEvent } from "./types.js";

type Handler = (event: TypedEvent<ParamValues, unknown>) => void | Promise<void>;

/** A topic's definition, made ready for publishers and subscribers. */
interface TopicPlan {
  readonly uri: string;
  readonly definition: TopicDefinition<string>;
  readonly template: TypedTemplate;
  readonly event: Mapper;
}

/** The member of a topic: it takes parameters first where its URI has them. */
export function createTopicMember(
  peer: Peer,
  { uri, definition }: { readonly uri: string; readonly definition: TopicDefinition<string> },
  options: ClientOptions,
): TopicClient<ParamValues, unknown, unknown> | PlainTopicClient<unknown, unknown> {
  const event = createMapper(definition.event, {
    direction: "input",
    wire: definition.wire,
    validate: options.validate ?? "both",
  });
  const plan: TopicPlan = { uri, definition, event, template: createTypedTemplate(uri, definition.params) };
  const subscribe = (params: ParamValues, handler: Handler, limits: RequestOptions = {}) =>
    subscribeTyped(peer, { plan, options, params, handler, limits });
  const events = (params: ParamValues, limits: EventsOptions = {}) =>
    eventsOf(peer, { limits, subscribe: (handler, request) => subscribe(params, handler, request) });
  const publish = (params: ParamValues, value: unknown, limits: PublishOptions = {}) =>
    publishTyped(peer, { plan, params, value, limits });
  if (plan.template.template.names.length > 0) return { subscribe, events, publish };
  const plain: PlainTopicClient<unknown, unknown> = {
    subscribe: (handler, limits) => subscribe({}, handler, limits),
    events: (limits) => events({}, limits),
    publish: (value, limits) => publish({}, value, limits),
  };
  return plain;
}

async function publishTyped(
  peer: Peer,
  { plan, params, value, limits }: { plan: TopicPlan; params: ParamValues; value: unknown; limits: PublishOptions },
): Promise<PublishResult> {
  const topic = plan.template.fill(params);
  if (!topic.ok) throw invalidInput(`${plan.uri} params`, topic.issues);
  const sent = plan.event.send(value);
  const mapped = sent instanceof Promise ? await sent : sent; // no turn is lost where nothing waits
  if (!mapped.ok) throw invalidInput(`${plan.uri} event`, mapped.issues);
  const disclose = limits.disclose ?? plan.definition.disclose;
  const retain = limits.retain ?? plan.definition.retain;
  return peer.publish(topic.value, mapped.value.args, mapped.value.kwargs, {
    ...limits,
    ...(disclose !== undefined && { disclose }),
    ...(retain !== undefined && { retain }),
  });
}

async function subscribeTyped(
  peer: Peer,
  {
    plan,
    options,
    params,
    handler,
    limits,
  }: { plan: TopicPlan; options: ClientOptions; params: ParamValues; handler: Handler; limits: RequestOptions },
): Promise<Subscription> {
  const pattern = plan.template.pattern(params);
  if (!pattern.ok) throw invalidInput(`${plan.uri} params`, pattern.issues);
  const invalid =
    options.onInvalid ??
    ((issues) => peer.onError(new Error(describeIssues(`an event of ${plan.uri} was dropped: event`, issues))));
  const { uri, match } = pattern.value;
  return peer.subscribe(
    uri,
    async (event) => {
      const found = plan.template.read(event.topic);
      if (!found)
        return invalid(
          [{ path: ["params"], code: "custom", message: "the topic's parameters do not fit their schemas" }],
          event,
        );
      const received = plan.event.receive(event);
      const outcome = received instanceof Promise ? await received : received;
      if (!outcome.ok) return invalid(outcome.issues, event);
      return handler(typedEvent(event, { data: outcome.value, params: found }));
    },
    { ...limits, match },
  );
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

async function* eventsOf(
  peer: Peer,
  {
    limits,
    subscribe,
  }: { limits: EventsOptions; subscribe: (handler: Handler, request: RequestOptions) => Promise<Subscription> },
): AsyncGenerator<TypedEvent<ParamValues, unknown>, void, void> {
  const { signal, queue: limit = 1_000 } = limits;
  if (signal?.aborted) return;
  const queue = new EventQueue<TypedEvent<ParamValues, unknown>>(limit);
  const onAbort = () => queue.end();
  signal?.addEventListener("abort", onAbort, { once: true });
  const unwatch = peer.on("state", (state, reason) => {
    if (state === "left" || state === "closed") queue.end(disconnected(reason ?? `the peer is ${state}`));
  });
  try {
    const subscription = await subscribe((event) => queue.push(event), signal ? { signal } : {});
    try {
      for (let next = await queue.next(); next; next = await queue.next()) {
        yield next.dropped > 0 ? { ...next.value, dropped: next.dropped } : next.value;
      }
    } finally {
      await subscription.unsubscribe();
    }
  } catch (error) {
    if (!signal?.aborted) throw error; // an aborted loop ends, and says nothing
  } finally {
    unwatch();
    signal?.removeEventListener("abort", onAbort);
  }
}
