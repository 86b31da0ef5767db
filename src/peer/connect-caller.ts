import { CALLER_ROLES } from "../session/features.js";
import { checkSettings } from "../wire/settings.js";
import { IN_THE_OPEN } from "./in-the-open.js";
import { CONNECT_OPTIONS, startPeer } from "./start-peer.js";
import { SupervisedPeer } from "./supervised-peer.js";
import type { CallerOptions, CallerPeer } from "./types.js";

/**
 * Connects to a router and joins a realm, as `connect` of `wampact/peer` does, for applications that call, publish and subscribe. The peer
 * answers no calls, knows no payload schemes, and stays in its realm: these parts are not in bundles that import this entry alone.
 * Rejects as that `connect` does.
 *
 * ```ts
 * const peer = await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * ```
 */
export async function connect(options: CallerOptions): Promise<CallerPeer> {
  checkSettings(options, CONNECT_OPTIONS, "connect");
  return startPeer(SupervisedPeer, options, { roles: CALLER_ROLES, serve: undefined, schemes: IN_THE_OPEN });
}
