import { type Dict, EMPTY_DICT } from "./fields.js";
import type { TraceKeys } from "./options.js";

/** Version, trace ID, span ID and flags. Version ff and all-zero IDs are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACEPARENT_LENGTH = 55;
/** Printable ASCII, so the length in characters equals the length in bytes. */
const TRACESTATE = /^[ -~]+$/;
const TRACESTATE_BYTES = 512;

/** A checked trace context. */
export interface TraceContext {
  readonly _traceparent?: string;
  readonly _tracestate?: string;
}

/**
 * Returns the valid part of the trace context in options or details: `_traceparent` of 55 characters, and `_tracestate` of at
 * most 512 bytes if `_traceparent` is valid. Returns an empty dictionary if there is none. Spec: W3C Trace Context.
 */
export function traceContextOf({ _traceparent, _tracestate }: TraceKeys | Dict): TraceContext {
  if (typeof _traceparent !== "string" || _traceparent.length !== TRACEPARENT_LENGTH) return EMPTY_DICT;
  if (!TRACEPARENT.test(_traceparent)) return EMPTY_DICT;
  if (typeof _tracestate !== "string" || _tracestate.length > TRACESTATE_BYTES) return { _traceparent };
  return TRACESTATE.test(_tracestate) ? { _traceparent, _tracestate } : { _traceparent };
}
