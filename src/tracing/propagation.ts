import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from "@opentelemetry/api";
import type { TraceOptions } from "../peer/types.js";
import type { Dict } from "../wire/fields.js";
import { traceContextOf } from "../wire/trace-context.js";

/** A context without a span, in which a trace starts anew. What is active when a message comes belongs to whoever opened the connection. */
export const NEW_TRACE: Context = ROOT_CONTEXT;

/** The options by which a call or a publication carries its span along; `undefined` for a span without an ID, as without an SDK. */
export function optionsOf(span: Span): TraceOptions | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = context;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  const tracestate = traceState?.serialize();
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(tracestate && { tracestate }) };
}

/** The span that an invocation or an event comes from; `undefined` where it came with none, or with one that is malformed. */
export function senderOf(details: Dict): SpanContext | undefined {
  const { _traceparent, _tracestate } = traceContextOf(details);
  if (_traceparent === undefined) return undefined;
  const [, traceId = "", spanId = "", flags = ""] = _traceparent.split("-");
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(_tracestate !== undefined && { traceState: createTraceState(_tracestate) }),
  };
}

/** A context whose spans are children of a span elsewhere. */
export function below(sender: SpanContext): Context {
  return trace.setSpanContext(NEW_TRACE, sender);
}
