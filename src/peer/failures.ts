import { type ProtocolViolation, WampError } from "../wire/error.js";
import { CANCELED, DISCONNECTED, TIMEOUT } from "../wire/uris.js";

/** What a request fails with when its session is gone, or there is none. `cause`: what the router sent that ended it. */
export function disconnected(why: string, cause?: ProtocolViolation): WampError {
  return new WampError(DISCONNECTED, { args: [why], cause });
}

/** What a request fails with when its caller gives it up. */
export function canceled(): WampError {
  return new WampError(CANCELED, { args: ["canceled by the caller"] });
}

/** What a request fails with when its time is up. */
export function timedOut(timeoutMs: number): WampError {
  return new WampError(TIMEOUT, { args: [`no answer within ${timeoutMs} ms`] });
}
