import type { ParamValues } from "../contract/uri-params.js";
import type { Call } from "../peer/call.js";
import type { CallStack } from "../peer/call-stack.js";
import { reported } from "../peer/reported-promise.js";
import { pickPublishOptions } from "../peer/request-options.js";
import type { CallerPeer, PublishOptions, PublishResult, UntypedCallOptions, WampEvent } from "../peer/types.js";
import type { DeclaredError, TypedCallMapping } from "./call-mapping.js";
import { LayeredCall } from "./layered-call.js";
import { extend, type Middleware, type MiddlewareCall, runThrough } from "./middleware.js";
import type { ProcedurePlan } from "./procedure-plan.js";
import type { TopicPlan } from "./topic-plan.js";
import type { TypedEvent } from "./types.js";

/** A typed call, with its parsed arguments. */
export interface CallThrough {
  readonly name: string;
  readonly plan: ProcedurePlan;
  readonly procedure: string;
  readonly params: ParamValues;
  readonly input: unknown;
  readonly options: UntypedCallOptions;
  readonly mapping: TypedCallMapping;
  readonly callStack: CallStack | undefined;
}

/** A typed publication before it is encoded. */
export interface PublishThrough {
  readonly plan: TopicPlan;
  readonly topic: string;
  readonly params: ParamValues;
  readonly value: unknown;
  readonly options: PublishOptions;
}

/** A typed event, and the details of its EVENT. */
export interface EventThrough {
  readonly plan: TopicPlan;
  readonly event: TypedEvent<ParamValues, unknown>;
  readonly details: WampEvent["details"];
}

/** The code that runs a client's calls, publications and events through middleware. Thin clients contain it only on request. */
export interface Layers {
  call(peer: CallerPeer, use: readonly Middleware[], call: CallThrough): Call<unknown, unknown, DeclaredError>;
  publish(
    peer: CallerPeer,
    publication: PublishThrough,
    send: (options: PublishOptions) => Promise<PublishResult>,
  ): Promise<PublishResult>;
  event(peer: CallerPeer, received: EventThrough, handle: () => unknown): Promise<void>;
}

export const middleware: Layers = {
  call(peer, use, { name, plan, procedure, params, input, options, mapping, callStack }) {
    const idempotent = plan.definition.idempotent === true;
    const context = { ...options };
    const layered = new LayeredCall({
      use,
      call: { peer, kind: "call", name, uri: procedure, declared: plan, params, input, idempotent, context },
      start: (own) => peer.callMapped(mapping, { procedure, input, options: own, callStack }),
      failure: mapping.failure,
      callStack,
    });
    layered.start();
    return layered;
  },
  publish(peer, { plan, topic, params, value, options }, send) {
    const call = seenByLayers(peer, plan, {
      kind: "publish",
      uri: topic,
      params,
      input: value,
      context: { ...options },
    });
    const published = runThrough(plan.options.use ?? [], call, async (added) =>
      send(pickPublishOptions(extend(call.context, added))),
    );
    return reported(published as Promise<PublishResult>, peer.onError); // the result of `send`, unless a layer replaces it
  },
  event(peer, { plan, event, details }, handle) {
    const { topic, params, data } = event;
    const call = seenByLayers(peer, plan, {
      kind: "event",
      uri: topic,
      params,
      input: data,
      context: { ...event },
      details,
    });
    return runThrough(plan.options.use ?? [], call, handle).then(() => {});
  },
};

type Passing = Pick<MiddlewareCall, "kind" | "uri" | "params" | "input" | "context" | "details">;

function seenByLayers(peer: CallerPeer, plan: TopicPlan, passing: Passing): MiddlewareCall {
  return { peer, name: plan.name, declared: plan, idempotent: false, ...passing };
}
