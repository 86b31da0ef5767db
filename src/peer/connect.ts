import { checkConnect } from "#check-options";
import { CLIENT_ROLES } from "../session/client-roles.js";
import { TO_CLIENT } from "../wire/codecs-to-client.js";
import { FullPeer } from "./full-peer.js";
import { Invocations } from "./invocations.js";
import { beginLogin } from "./login.js";
import { PayloadSchemes } from "./payload-schemes.js";
import { startPeer, supervisionOf } from "./start-peer.js";
import type { ConnectOptions, Peer, StartablePeer } from "./types.js";

/**
 * Connects to a router and joins a realm. Resolves when the session is established. While the router cannot be reached, it retries as
 * `reconnect` says, and reports this once to `onError`. Rejects when the router refuses for good (`wamp.error.no_such_realm`, a rejected login, on
 * Node status 403), when the limits of `reconnect` are reached (with the error of the last attempt), with `wamp.error.canceled` when `signal` is
 * aborted, and with `TypeError` for invalid options, including invalid results of functions for secrets.
 *
 * ```ts
 * const peer = await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Peer> {
  return startPeer(created(options), options);
}

/**
 * Creates a peer that does not connect yet, for code that needs the peer before its session, such as a user interface. Its state is
 * `connecting`. `start()` connects it, and `close()` closes it for good. Until its session is established, calls and publications wait
 * or fail as `offline` says. Throws `TypeError` for invalid options.
 *
 * ```ts
 * const peer = createPeer({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * const client = createCalculatorClient(peer);
 * peer.on("state", show);
 * await peer.start();
 * ```
 */
export function createPeer(options: Omit<ConnectOptions, "signal">): StartablePeer {
  return created(options);
}

function created(options: ConnectOptions): FullPeer {
  checkConnect(options);
  const parts = {
    roles: CLIENT_ROLES,
    serve: (session: ConstructorParameters<typeof Invocations>[0]) => new Invocations(session),
    login: beginLogin,
    messages: TO_CLIENT,
    schemes: new PayloadSchemes(options.passthru ?? []),
  };
  return new FullPeer(supervisionOf(options, parts));
}
