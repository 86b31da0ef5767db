import { WampError } from "../../wire/error.js";
import { AUTHENTICATION_FAILED } from "../../wire/uris.js";

/** Returns the failure of a login to an untrusted router. `connect` rejects with it and does not retry. */
export function refused(why: string): WampError {
  return new WampError(AUTHENTICATION_FAILED, { args: [`the client refused the router: ${why}`] });
}
