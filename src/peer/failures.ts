import { type ProtocolViolation, WampError } from "../wire/error.js";
import { CANCELED, DISCONNECTED, FEATURE_NOT_SUPPORTED, TIMEOUT } from "../wire/uris.js";

/** Returns the failure of a request without a session. `cause` is the violation that ended the session. */
export function disconnected(why: string, cause?: ProtocolViolation): WampError {
  return new WampError(DISCONNECTED, { args: [why], cause });
}

/** Returns the failure of a request that its caller canceled. */
export function canceled(): WampError {
  return new WampError(CANCELED, { args: ["canceled by the caller"] });
}

/** Returns the failure of a request whose time is up. */
export function timedOut(timeoutMs: number): WampError {
  return new WampError(TIMEOUT, { args: [`no answer within ${timeoutMs} ms`] });
}

/** Returns the failure of a request that needs a feature which the router has not announced. */
export function unsupported(feature: string): WampError {
  return new WampError(FEATURE_NOT_SUPPORTED, { args: [`the router has not announced ${feature}`] });
}
