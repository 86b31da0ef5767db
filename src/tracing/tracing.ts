import { type Context, context, type TracerProvider, trace } from "@opentelemetry/api";
import type { Middleware, MiddlewareCall } from "../typed/middleware.js";
import { isWampError } from "../wire/error.js";
import { checkSettings, flag, type SettingRules } from "../wire/settings.js";
import { below, NEW_TRACE, optionsOf, senderOf } from "./propagation.js";
import { recordFailure, recordSuccess, spanOf } from "./spans.js";

/** Options of `tracing`. */
export interface TracingOptions {
  /** The tracer provider. Default: the globally registered one; without one no span is created. */
  readonly tracerProvider?: TracerProvider;
  /**
   * Whether callers are not trusted. An invocation then starts a new trace with a link to its caller's span, so that callers do
   * not decide about sampling. Default: false, an invocation continues its caller's trace. Events always start a new trace.
   */
  readonly publicEndpoint?: boolean;
  /**
   * Whether to record exceptions of handlers with message and stack, which may contain data. Default: false, only the class
   * is recorded as `error.type`.
   */
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
 * Creates middleware for clients and services that creates an OpenTelemetry span for each call, invocation, publication and
 * event. A callee's span is a child of its caller's span, also across the router, and calls from its handler are children of the
 * callee's span. An event's span is linked to its publication's span. Requires `@opentelemetry/api`, and a context manager for
 * calls from handlers.
 *
 * ```ts
 * await serveCalculator(peer, handlers, { use: [tracing()] });
 * const calculator = createCalculatorClient(peer, { use: [tracing()] });
 * ```
 *
 * Throws `TypeError` for an unknown option or an invalid value.
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

/** The position of a span: a child of another one, or the start of a trace with a link. */
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
