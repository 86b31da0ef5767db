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

/** The context of a new trace. The context that is active when a message arrives belongs to whoever opened the connection. */
export const NEW_TRACE: Context = ROOT_CONTEXT;

/** Returns the options that propagate the span of a call or publication; `undefined` for a span without ID, as without an SDK. */
export function optionsOf(span: Span): TraceOptions | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = context;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  const tracestate = traceState?.serialize();
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(tracestate && { tracestate }) };
}

/** Returns the span that an invocation or an event comes from; `undefined` if there is none or it is malformed. */
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

/** Returns a context whose spans are children of a remote span. */
export function below(sender: SpanContext): Context {
  return trace.setSpanContext(NEW_TRACE, sender);
}
