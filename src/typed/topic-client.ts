import { checkEvents } from "#check-options";
import { DEVELOPMENT } from "#development";
import { invalidInput } from "../contract/errors.js";
import type { ParamValues } from "../contract/uri-params.js";
import { whenReady } from "../contract/when-ready.js";
import { eventsOf } from "../peer/events.js";
import { reported } from "../peer/reported-promise.js";
import { checkHandler } from "../peer/request-options.js";
import type { CallerPeer, PublishOptions, PublishResult, Subscription, WampEvent } from "../peer/types.js";
import { misuse } from "../wire/misuse.js";
import type { Arguments } from "../wire/payload.js";
import { deprecation } from "./deprecation.js";
import { encoded } from "./encoded.js";
import type { HistoryQuery } from "./history.js";
import type { Layers } from "./layers.js";
import { describeMember } from "./member-info.js";
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

/** The parts of a topic's member that thin clients contain only on request. */
export interface TopicParts {
  readonly readHistory: ReadHistory;
  /** Runs the middleware of the client's options. Without it there is none. */
  readonly layers: Layers | undefined;
}

/** Creates the member of a topic. Its methods take parameters first if its URI has any. */
export function createTopicMember(
  peer: CallerPeer,
  plan: TopicPlan,
  { readHistory, layers }: TopicParts,
): TopicClient<ParamValues, unknown, unknown> | PlainTopicClient<unknown, unknown> {
  const { deprecated } = plan.definition;
  const { onDeprecated } = plan.options;
  const warn = deprecation({ what: `${plan.name} (${plan.uri})`, deprecated, onDeprecated, onError: peer.onError });
  const client: TopicClient<ParamValues, unknown, unknown> = {
    async subscribe(params, handler, limits = {}) {
      warn();
      return subscribeTyped(peer, { plan, params, handler, limits, layers });
    },
    events(params, limits = {}) {
      warn();
      checkEvents(limits);
      return eventsOf(peer, limits, (handler, request) =>
        subscribeTyped(peer, { plan, params, handler, limits: request, layers }),
      );
    },
    history(params, limits = {}) {
      warn();
      return readHistory(peer, { plan, params, limits });
    },
    publish(params, value, limits = {}) {
      warn();
      try {
        return publishTyped(peer, { plan, params, value, limits, layers });
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
  readonly layers: Layers | undefined;
}

/** Publishes. Throws the error that prevents it. */
function publishTyped(
  peer: CallerPeer,
  { plan, params, value, limits, layers }: TypedPublication,
): Promise<PublishResult> {
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
  if (!options.use?.length || !layers) return send(own);
  return layers.publish(peer, { plan, topic: topic.value, params, value, options: own }, send);
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
  readonly layers: Layers | undefined;
}

async function subscribeTyped(
  peer: CallerPeer,
  { plan, params, handler, limits, layers }: TypedListener,
): Promise<Subscription> {
  checkHandler(handler, `${plan.uri} handler`);
  const { uri, match } = requirePattern(plan, params);
  const invalid = invalidTo(plan, peer);
  const hear = (event: AnyEvent, { details }: WampEvent) => {
    if (!plan.options.use?.length || !layers) return handler(event);
    return layers.event(peer, { plan, event, details }, () => handler(event));
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
