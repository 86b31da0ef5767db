import { type Context, context, type TracerProvider, trace } from "@opentelemetry/api";
import type { Middleware, MiddlewareCall } from "../typed/middleware.js";
import { isWampError } from "../wire/error.js";
import { checkSettings, flag, type SettingRules } from "../wire/settings.js";
import { below, NEW_TRACE, optionsOf, senderOf } from "./propagation.js";
import { recordFailure, recordSuccess, spanOf } from "./spans.js";

/** Options of `tracing`. */
export interface TracingOptions {
  /** Makes the tracer. Default: the provider that the application has registered globally; without one no span is made. */
  readonly tracerProvider?: TracerProvider;
  /**
   * For a callee whose callers are not trusted: an invocation starts a trace of its own, with a link to its caller's span, so that no
   * caller decides what is sampled. Default false: it goes on in its caller's trace. Events always start a trace of their own.
   */
  readonly publicEndpoint?: boolean;
  /** Adds exceptions of handlers with their message and stack, which may quote data. Default false: `error.type` names their class only. */
  readonly recordExceptions?: boolean;
}

const OPTIONS: SettingRules<TracingOptions> = {
  tracerProvider: {
    expected: "a TracerProvider of @opentelemetry/api",
    accepts: (value) => typeof value === "object" && value !== null && "getTracer" in value,
  },
  publicEndpoint: flag,
  recordExceptions: flag,
};

/**
 * Creates middleware for clients and for services that makes an OpenTelemetry span of each call, invocation, publication and event.
 * A callee's span is a child of its caller's, also over the router, and the calls that its handler makes are children of that one;
 * an event's span is linked to its publication's. Needs `@opentelemetry/api`, and a context manager for what handlers call.
 *
 * ```ts
 * await serveCalculator(peer, handlers, { use: [tracing()] });
 * const calculator = createCalculatorClient(peer, { use: [tracing()] });
 * ```
 *
 * Throws `TypeError` for an unknown option or a wrong value.
 */
export function tracing(options: TracingOptions = {}): Middleware {
  checkSettings(options, OPTIONS, "tracing");
  const tracer = (options.tracerProvider ?? trace).getTracer("wampact");
  return async (call, next) => {
    const { name, options: start } = spanOf(call);
    const { parent, ...origin } = originOf(call, options);
    const span = tracer.startSpan(name, { ...start, ...origin }, parent);
    const carried = call.details === undefined ? optionsOf(span) : undefined;
    try {
      const value = await context.with(trace.setSpan(parent, span), () => next(carried));
      recordSuccess(span, call, value);
      return value;
    } catch (error) {
      recordFailure(span, call, error);
      if (options.recordExceptions && !isWampError(error)) span.recordException(thrown(error));
      throw error;
    } finally {
      span.end();
    }
  };
}

/** Where a span stands: below another one, or at the start of a trace with a link to it. */
interface Origin {
  readonly parent: Context;
  readonly links?: { readonly context: NonNullable<ReturnType<typeof senderOf>> }[];
}

function originOf({ kind, details }: MiddlewareCall, { publicEndpoint }: TracingOptions): Origin {
  if (details === undefined) return { parent: context.active() };
  const sender = senderOf(details);
  if (!sender) return { parent: NEW_TRACE };
  if (kind === "event" || publicEndpoint) return { parent: NEW_TRACE, links: [{ context: sender }] };
  return { parent: below(sender) };
}

function thrown(error: unknown): Error | string {
  return error instanceof Error ? error : String(error);
}
