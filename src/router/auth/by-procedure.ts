import { isWampError, WampError } from "../../wire/error.js";
import { checkSettings, type SettingRules, text } from "../../wire/settings.js";
import { CANCELED, isUri, NO_AVAILABLE_CALLEE, NO_SUCH_PROCEDURE, TIMEOUT, UNAVAILABLE } from "../../wire/uris.js";
import type { FindPrincipal, LoginDetails } from "./principals.js";

export interface ByProcedureOptions {
  /** The realm of the procedure. Default: the realm that the client joins. */
  readonly realm?: string;
}

const RULES: SettingRules<ByProcedureOptions> = { realm: text };

/** Failures that are not the client's fault, so that it may retry. */
const NOT_NOW: ReadonlySet<string> = new Set([NO_SUCH_PROCEDURE, NO_AVAILABLE_CALLEE, UNAVAILABLE, TIMEOUT, CANCELED]);

/**
 * Finds principals with a procedure of the application (a dynamic authenticator): `principals: byProcedure("com.app.auth.find")`.
 * The procedure is called with `[realm, authid, details]` and returns an entry in the form of a configuration, or null. Clients
 * are refused with `wamp.error.unavailable` while it has no callee, or a callee whose role has no `permissions` and is not
 * `trusted`. Whoever may register the procedure decides who may log in, so allow only one role to register it.
 *
 * Wire: `details` has `authmethod`, `session`, `transport` (`{ type, remote_address? }`), and `authextra` and `ticket` if present.
 */
export function byProcedure(
  procedure: string,
  options: ByProcedureOptions = {},
): FindPrincipal<never, string | undefined> {
  if (typeof procedure !== "string" || !isUri(procedure))
    throw new TypeError('byProcedure: expected the URI of a procedure, such as "com.app.auth.find"');
  checkSettings(options, RULES, "byProcedure");
  return async (realm: string, authid: string | undefined, details: LoginDetails) => {
    try {
      const found = await details.call(procedure, [realm, authid ?? null, onWire(details)], options.realm);
      return found as never; // checked by the authentication method
    } catch (error) {
      if (!isWampError(error) || !NOT_NOW.has(error.uri)) throw error;
      throw new WampError(UNAVAILABLE, { args: [`${procedure} does not answer: ${error.message}`], cause: error });
    }
  };
}

function onWire({ authmethod, session, authextra, info, ticket }: LoginDetails) {
  const { kind, remoteAddress } = info;
  return {
    authmethod,
    session,
    transport: { type: kind, ...(remoteAddress !== undefined && { remote_address: remoteAddress }) },
    ...(authextra && { authextra }),
    ...(ticket !== undefined && { ticket }),
  };
}
