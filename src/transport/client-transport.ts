import type { Serializer } from "../wire/serializer.js";
import type { Transport } from "./transport.js";
import type { ConnectWebSocketOptions } from "./websocket/websocket.js";

/** Options of `connect` for a transport; those that are left out have their defaults. `protocols` are those of the serializers, in order of preference. */
export interface ClientTransportOptions extends ConnectWebSocketOptions {
  /** In order of preference. */
  readonly serializers: readonly Serializer[];
}

/** A way to reach routers by URLs that `connect` does not know itself, such as `longPoll()` of `wampact/longpoll`. */
export interface ClientTransport {
  /** Whether a URL is one of its own. */
  takes(url: string): boolean;
  /** Opens a transport. Rejects with the reason in words; `signal` gives the attempt up. */
  open(url: string, options: ClientTransportOptions): Promise<Transport>;
}
