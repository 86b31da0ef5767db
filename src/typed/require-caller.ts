import type { CallerPeer } from "../peer/types.js";
import { WampError } from "../wire/error.js";
import { isDict } from "../wire/fields.js";
import { checkSettings, list, type SettingRules } from "../wire/settings.js";
import { NOT_AUTHORIZED } from "../wire/uris.js";
import type { Middleware } from "./middleware.js";
import type { Context } from "./types.js";

/** The callers that a callee accepts. All conditions must hold. */
export interface CallerRequirements {
  /** The roles of which the caller must have one. Default: any role. */
  readonly roles?: readonly string[];
  /**
   * The authentication methods of which the caller must have used one, such as `cryptosign`. The router is queried once for each
   * caller. Default: any method.
   */
  readonly methods?: readonly string[];
}

const REQUIREMENTS: SettingRules<CallerRequirements> = { roles: list, methods: list };
/** The number of callers whose method is cached for each peer. The oldest is removed if there are more. */
const MOST_KNOWN = 1_000;

/**
 * Returns middleware for callees. It answers `wamp.error.not_authorized` to callers with other roles, with other authentication
 * methods, and to those that the router does not disclose. The router discloses the callers of procedures that are declared with
 * `disclose`.
 */
export function requireCaller(
  requirements: CallerRequirements,
): Middleware<{ readonly caller: NonNullable<Context["caller"]> }> {
  checkSettings(requirements, REQUIREMENTS, "requireCaller");
  const { roles, methods } = requirements;
  const known = new WeakMap<CallerPeer, Map<number, Promise<unknown>>>();
  const methodOf = (peer: CallerPeer, session: number): Promise<unknown> => {
    const ofPeer = known.get(peer) ?? new Map<number, Promise<unknown>>();
    known.set(peer, ofPeer);
    const asked = ofPeer.get(session) ?? askMethod(peer, session);
    ofPeer.set(session, asked);
    asked.catch(() => ofPeer.delete(session)); // the callers that wait for it get the error
    if (ofPeer.size > MOST_KNOWN) ofPeer.delete(ofPeer.keys().next().value as number);
    return asked;
  };
  return async ({ kind, uri, peer, context }, next) => {
    if (kind !== "invoke") return next();
    const { caller } = context as unknown as Context;
    if (!caller) throw refused(`${uri} refuses undisclosed callers`);
    if (roles && !roles.includes(caller.authrole ?? "")) throw refused(`${uri} is for the roles ${roles.join(", ")}`);
    if (methods && !methods.includes(String(await methodOf(peer, caller.session))))
      throw refused(`${uri} is for callers that joined with ${methods.join(", ")}`);
    return next({ caller });
  };
}

async function askMethod(peer: CallerPeer, session: number): Promise<unknown> {
  const { args } = await peer.call("wamp.session.get", [session]);
  return isDict(args[0]) ? args[0].authmethod : undefined;
}

function refused(why: string): WampError {
  return new WampError(NOT_AUTHORIZED, { args: [why] });
}
