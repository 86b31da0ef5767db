import { type Dict, EMPTY_DICT } from "./fields.js";
import type { TraceKeys } from "./options.js";

/** Version, trace ID, span ID and flags. Version ff and IDs of zeros only are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACEPARENT_LENGTH = 55;
/** Printable ASCII, so that its length is its bytes. */
const TRACESTATE = /^[ -~]+$/;
const TRACESTATE_BYTES = 512;

/** A trace context that has been checked. */
export interface TraceContext {
  readonly _traceparent?: string;
  readonly _tracestate?: string;
}

/**
 * Returns the trace context of options or details, as far as it is valid: `_traceparent` of 55 characters, and beside it `_tracestate` of
 * at most 512 bytes. Returns an empty dictionary where there is none. Spec: W3C Trace Context.
 */
export function traceContextOf({ _traceparent, _tracestate }: TraceKeys | Dict): TraceContext {
  if (typeof _traceparent !== "string" || _traceparent.length !== TRACEPARENT_LENGTH) return EMPTY_DICT;
  if (!TRACEPARENT.test(_traceparent)) return EMPTY_DICT;
  if (typeof _tracestate !== "string" || _tracestate.length > TRACESTATE_BYTES) return { _traceparent };
  return TRACESTATE.test(_tracestate) ? { _traceparent, _tracestate } : { _traceparent };
}
