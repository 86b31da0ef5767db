import { CLIENT_ROLES } from "../session/client-roles.js";
import { checkSettings, list } from "../wire/settings.js";
import { FullPeer } from "./full-peer.js";
import { Invocations } from "./invocations.js";
import { PayloadSchemes } from "./payload-schemes.js";
import { CONNECT_OPTIONS, startPeer } from "./start-peer.js";
import type { ConnectOptions, Peer } from "./types.js";

/**
 * Connects to a router and joins a realm. Resolves when the session stands. While the router cannot be reached it tries again, as
 * `reconnect` says, and `onError` is told once. Rejects when it is refused for good (`wamp.error.no_such_realm`, a rejected login, on Node 403),
 * when the bounds of `reconnect` are reached (with what the last attempt failed with), with `wamp.error.canceled` when `signal` is
 * aborted, and with `TypeError` for options that cannot be, which includes what a function for a secret gives.
 *
 * ```ts
 * const peer = await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Peer> {
  checkSettings(options, { ...CONNECT_OPTIONS, passthru: list }, "connect");
  return startPeer(FullPeer, options, {
    roles: CLIENT_ROLES,
    serve: (session) => new Invocations(session),
    schemes: new PayloadSchemes(options.passthru ?? []),
  });
}
