import { checkCaller } from "#check-options";
import { CALLER_ROLES } from "../session/features.js";
import { TO_CALLER } from "../wire/codecs-to-caller.js";
import type { ClientAuth } from "./auth/client-auth.js";
import { IN_THE_OPEN } from "./in-the-open.js";
import { beginLogin } from "./login.js";
import { startPeer, supervisionOf } from "./start-peer.js";
import { SupervisedPeer } from "./supervised-peer.js";
import type { CallerOptions, CallerPeer, StartableCallerPeer } from "./types.js";

/**
 * Connects to a router and joins a realm, like `connect` of `wampact/peer`, for applications that call, publish and subscribe. The peer
 * answers no calls, supports no payload schemes, and stays in its realm. Bundles that only import this entry point do not contain these
 * parts. Rejects like `connect` of `wampact/peer`.
 *
 * ```ts
 * const peer = await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * ```
 */
export async function connect(options: CallerOptions): Promise<CallerPeer> {
  return startPeer(created(options), options);
}

/** Creates a peer that does not connect yet, like `createPeer` of `wampact/peer`. Throws `TypeError` for invalid options. */
export function createPeer(options: Omit<CallerOptions, "signal">): StartableCallerPeer {
  return created(options);
}

/**
 * Returns an authentication method of the application with the code that a login needs. `connect` of `wampact/caller` accepts no method
 * without it. The methods of `wampact/auth/…` have it.
 *
 * ```ts
 * const auth = [ownMethod({ method: "com.app.token", begin: () => ({ answer: () => ({ signature: readToken() }) }) })];
 * ```
 */
export function ownMethod(method: ClientAuth): ClientAuth {
  return { ...method, login: beginLogin };
}

function created(options: CallerOptions): SupervisedPeer {
  checkCaller(options);
  return new SupervisedPeer(
    supervisionOf(options, {
      roles: CALLER_ROLES,
      messages: TO_CALLER,
      serve: undefined,
      login: undefined,
      schemes: IN_THE_OPEN,
    }),
  );
}
