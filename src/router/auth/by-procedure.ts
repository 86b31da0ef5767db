import { isWampError, WampError } from "../../wire/error.js";
import { checkSettings, type SettingRules, text } from "../../wire/settings.js";
import { CANCELED, isUri, NO_AVAILABLE_CALLEE, NO_SUCH_PROCEDURE, TIMEOUT, UNAVAILABLE } from "../../wire/uris.js";
import type { FindPrincipal, LoginDetails } from "./principals.js";

export interface ByProcedureOptions {
  /** The realm where the procedure is. Default: the one that the client wants to join. */
  readonly realm?: string;
}

const RULES: SettingRules<ByProcedureOptions> = { realm: text };

/** Failures that say nothing of the client: it may try again. */
const NOT_NOW: ReadonlySet<string> = new Set([NO_SUCH_PROCEDURE, NO_AVAILABLE_CALLEE, UNAVAILABLE, TIMEOUT, CANCELED]);

/**
 * Finds principals by a procedure of the application (a dynamic authenticator): `principals: byProcedure("com.app.auth.find")`. It is called with
 * `[realm, authid, details]` and answers with an entry as a configuration has it, or with null. While nobody serves it, clients are refused
 * with `wamp.error.unavailable`, and so they are while a session serves it whose role has no `permissions` of its own, unless that is `trusted`. Whoever may
 * register it decides who gets in: let one role alone.
 *
 * Wire: `details` has `authmethod`, `session`, `transport` (`{ type, remote_address? }`), and, where there is one, `authextra` and `ticket`.
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
      return found as never; // the method that asks checks it
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
