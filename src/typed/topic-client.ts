import { checkEvents } from "#check-options";
import { DEVELOPMENT } from "#development";
import { invalidInput } from "../contract/errors.js";
import type { ParamValues } from "../contract/uri-params.js";
import { whenReady } from "../contract/when-ready.js";
import { eventsOf } from "../peer/events.js";
import { reported } from "../peer/reported-promise.js";
import { checkHandler, pickPublishOptions } from "../peer/request-options.js";
import type { CallerPeer, PublishOptions, PublishResult, Subscription, WampEvent } from "../peer/types.js";
import { misuse } from "../wire/misuse.js";
import type { Arguments } from "../wire/payload.js";
import { encoded } from "./call-mapping.js";
import { deprecation } from "./deprecation.js";
import type { HistoryQuery } from "./history.js";
import { describeMember } from "./member-info.js";
import { extend, type MiddlewareCall, runThrough } from "./middleware.js";
import { invalidTo, readEvent, requirePattern, type TopicPlan } from "./topic-plan.js";
import type {
  ClientOptions,
  HistoricEvent,
  ListenOptions,
  PlainTopicClient,
  TopicClient,
  TypedEvent,
} from "./types.js";

type AnyEvent = TypedEvent<ParamValues, unknown>;
type Handler = (event: AnyEvent) => unknown;

/** Reads past events. Throws `TypeError` for invalid limits. */
export type ReadHistory = (peer: CallerPeer, query: HistoryQuery) => AsyncIterable<HistoricEvent<ParamValues, unknown>>;

/** Creates the member of a topic. Its methods take parameters first if its URI has any. */
export function createTopicMember(
  peer: CallerPeer,
  plan: TopicPlan,
  readHistory: ReadHistory,
): TopicClient<ParamValues, unknown, unknown> | PlainTopicClient<unknown, unknown> {
  const { deprecated } = plan.definition;
  const { onDeprecated } = plan.options;
  const warn = deprecation({ what: `${plan.name} (${plan.uri})`, deprecated, onDeprecated, onError: peer.onError });
  const client: TopicClient<ParamValues, unknown, unknown> = {
    async subscribe(params, handler, limits = {}) {
      warn();
      return subscribeTyped(peer, { plan, params, handler, limits });
    },
    events(params, limits = {}) {
      warn();
      checkEvents(limits);
      return eventsOf(peer, limits, (handler, request) =>
        subscribeTyped(peer, { plan, params, handler, limits: request }),
      );
    },
    history(params, limits = {}) {
      warn();
      return readHistory(peer, { plan, params, limits });
    },
    publish(params, value, limits = {}) {
      warn();
      try {
        return publishTyped(peer, { plan, params, value, limits });
      } catch (error) {
        return reported(Promise.reject(error), peer.onError);
      }
    },
  };
  if (plan.template.template.names.length > 0) return describeMember(client, { uri: plan.uri, leading: 1 });
  const plain: PlainTopicClient<unknown, unknown> = {
    subscribe: (handler, limits) => client.subscribe({}, handler, limits),
    events: (limits) => client.events({}, limits),
    history: (limits) => client.history({}, limits),
    publish: (value, limits) => client.publish({}, value, limits),
  };
  return describeMember(plain, { uri: plan.uri, leading: 0 });
}

/** A publication before it is encoded. */
interface TypedPublication {
  readonly plan: TopicPlan;
  readonly params: ParamValues;
  readonly value: unknown;
  readonly limits: PublishOptions;
}

/** Publishes. Throws the error that prevents it. */
function publishTyped(peer: CallerPeer, { plan, params, value, limits }: TypedPublication): Promise<PublishResult> {
  const { uri, definition, options } = plan;
  if (definition.metaApi) throw misuse(uri, DEVELOPMENT && "only the router publishes to a topic of the meta API");
  const topic = plan.template.fill(params);
  if (!topic.ok) throw invalidInput(`${uri} params`, topic.issues);
  const send = (own: PublishOptions): Promise<PublishResult> => {
    const publish = ({ args, kwargs }: Arguments) => peer.publish(topic.value, args, kwargs, own);
    const sent = encoded(plan.event, value, `${uri} event`);
    return sent instanceof Promise ? reported(sent.then(publish), peer.onError) : publish(sent); // no turn is lost if nothing is asynchronous
  };
  const own = withDefaults(limits, definition, options);
  if (!options.use?.length) return send(own);
  const call = seenByLayers(peer, plan, {
    kind: "publish",
    uri: topic.value,
    params,
    input: value,
    context: { ...own },
  });
  const published = runThrough(options.use, call, async (added) =>
    send(pickPublishOptions(extend(call.context, added))),
  );
  return reported(published as Promise<PublishResult>, peer.onError); // the result of `send`, unless a layer replaces it
}

function withDefaults(
  given: PublishOptions,
  definition: TopicPlan["definition"],
  options: ClientOptions,
): PublishOptions {
  const disclose = given.disclose ?? definition.disclose;
  const retain = given.retain ?? definition.retain;
  const offline = given.offline ?? options.offline;
  if (disclose === given.disclose && retain === given.retain && offline === given.offline) return given;
  return {
    ...given,
    ...(offline !== undefined && { offline }),
    ...(disclose !== undefined && { disclose }),
    ...(retain !== undefined && { retain }),
  };
}

/** A handler to subscribe. */
interface TypedListener {
  readonly plan: TopicPlan;
  readonly params: ParamValues;
  readonly handler: Handler;
  readonly limits: ListenOptions;
}

async function subscribeTyped(
  peer: CallerPeer,
  { plan, params, handler, limits }: TypedListener,
): Promise<Subscription> {
  checkHandler(handler, `${plan.uri} handler`);
  const { use } = plan.options;
  const { uri, match } = requirePattern(plan, params);
  const invalid = invalidTo(plan, peer);
  const hear = (event: AnyEvent, { details }: WampEvent) => {
    if (!use?.length) return handler(event);
    const call = seenByLayers(peer, plan, {
      kind: "event",
      uri: event.topic,
      params: event.params,
      input: event.data,
      context: { ...event },
      details,
    });
    return runThrough(use, call, () => handler(event)).then(() => {});
  };
  return peer.subscribe(
    uri,
    (event) =>
      whenReady(readEvent(plan, event), (found) =>
        found.ok ? hear(found.value, event) : invalid(found.issues, event),
      ),
    { ...limits, match },
  );
}

type Passing = Pick<MiddlewareCall, "kind" | "uri" | "params" | "input" | "context" | "details">;

function seenByLayers(peer: CallerPeer, plan: TopicPlan, passing: Passing): MiddlewareCall {
  return { peer, name: plan.name, declared: plan, idempotent: false, ...passing };
}
