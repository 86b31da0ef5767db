import { callStackAbove } from "#call-stack";
import type { Call } from "../peer/call.js";
import { reported } from "../peer/reported-promise.js";
import {
  checkHandler,
  checkUri,
  pickPublishOptions,
  toCallOptions,
  toPublishOptions,
} from "../peer/request-options.js";
import type { Invocation, Peer, PublishResult, WampEvent, WampResult } from "../peer/types.js";
import { LayeredCall } from "../typed/layered-call.js";
import { extend, type MiddlewareCall, runThrough } from "../typed/middleware.js";
import { type TracingOptions, tracing } from "./tracing.js";

/** A peer whose calls, handlers and publications create spans. */
export type TracedPeer = Pick<Peer, "call" | "publish" | "register" | "subscribe">;

/**
 * Wraps the untyped methods of a peer so that each call, invocation, publication and event creates a span, as `tracing` does for
 * typed ones. Spans are named by the concrete URI, so a URI that contains an ID creates a name per ID. Loops over `events` create
 * no spans.
 *
 * ```ts
 * const traced = tracedPeer(peer);
 * await traced.register("com.app.add2", ({ args: [a, b] }) => Number(a) + Number(b));
 * ```
 *
 * Throws `TypeError` for an unknown option or an invalid value.
 */
export function tracedPeer(peer: Peer, options: TracingOptions = {}): TracedPeer {
  const use = [tracing(options)];

  const call: Peer["call"] = (procedure, args, kwargs, own = {}) => {
    const callStack = peer.callStacks ? callStackAbove(call) : undefined;
    checkUri("procedure", procedure);
    toCallOptions(own); // throws for options that the peer would refuse
    const layered = new LayeredCall({
      use,
      call: seen(peer, { kind: "call", uri: procedure, context: { ...own } }),
      start: (given) => peer.call(procedure, args, kwargs, given),
      failure: (error) => error,
      callStack,
    });
    layered.start();
    return layered as Call<WampResult, WampResult>; // the result of `start`
  };

  const publish: Peer["publish"] = (topic, args, kwargs, own = {}) => {
    try {
      checkUri("topic", topic);
      toPublishOptions(own);
    } catch (error) {
      return reported(Promise.reject(error), peer.onError);
    }
    const publication = seen(peer, { kind: "publish", uri: topic, context: { ...own } });
    const published = runThrough(use, publication, (added) =>
      peer.publish(topic, args, kwargs, pickPublishOptions(extend(publication.context, added))),
    );
    return reported(published as Promise<PublishResult>, peer.onError); // the result of `peer.publish`
  };

  return {
    call,
    publish,
    async register(procedure, handler, own) {
      checkHandler(handler);
      const handle = (invocation: Invocation) => {
        const { procedure: uri, details } = invocation;
        const invoked = seen(peer, { kind: "invoke", uri, template: procedure, details });
        return runThrough(use, invoked, () => handler(invocation));
      };
      return peer.register(procedure, handle, own);
    },
    async subscribe(topic, handler, own) {
      checkHandler(handler);
      const hear = (event: WampEvent) => {
        const { topic: uri, publication, details } = event;
        const heard = seen(peer, { kind: "event", uri, template: topic, details, context: { publication } });
        return runThrough(use, heard, () => handler(event));
      };
      return peer.subscribe(topic, hear, own);
    },
  };
}

interface Seen extends Pick<MiddlewareCall, "kind" | "uri" | "details">, Partial<Pick<MiddlewareCall, "context">> {
  /** The registered or subscribed URI. Default: the concrete one. */
  readonly template?: string;
}

/** Returns the description of an untyped request for middleware. */
function seen(peer: Peer, { kind, uri, template = uri, context = {}, details }: Seen): MiddlewareCall {
  return {
    peer,
    kind,
    name: template,
    uri,
    declared: { uri: template },
    params: {},
    input: undefined,
    idempotent: false,
    ...(details && { details }),
    context,
  };
}
