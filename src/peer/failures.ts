import { type ProtocolViolation, WampError } from "../wire/error.js";
import { CANCELED, DISCONNECTED, FEATURE_NOT_SUPPORTED, TIMEOUT } from "../wire/uris.js";

/** The failure of a request whose session is gone, or that has none. `cause`: the violation that ended the session. */
export function disconnected(why: string, cause?: ProtocolViolation): WampError {
  return new WampError(DISCONNECTED, { args: [why], cause });
}

/** The failure of a request that its caller gave up. */
export function canceled(): WampError {
  return new WampError(CANCELED, { args: ["canceled by the caller"] });
}

/** The failure of a request whose time is up. */
export function timedOut(timeoutMs: number): WampError {
  return new WampError(TIMEOUT, { args: [`no answer within ${timeoutMs} ms`] });
}

/** The failure of a packed message that the router has not announced to pass on. */
export function noPassthru(): WampError {
  return new WampError(FEATURE_NOT_SUPPORTED, { args: ["the router has not announced payload_passthru_mode"] });
}
