import { WampError } from "../../wire/error.js";
import { AUTHENTICATION_FAILED } from "../../wire/uris.js";

/** The failure of a login whose router cannot be trusted: `connect` rejects with it and does not try again. */
export function refused(why: string): WampError {
  return new WampError(AUTHENTICATION_FAILED, { args: [`the router is refused: ${why}`] });
}
