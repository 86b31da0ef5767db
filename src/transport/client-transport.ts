import type { MessageSerializer } from "../wire/serializer.js";
import type { Transport } from "./transport.js";
import type { UpgradeHeaders } from "./websocket/websocket.js";

/** One attempt of `connect` to open a transport, with the options that it was given. */
export interface TransportAttempt {
  /** In order of preference. */
  readonly serializers: readonly MessageSerializer[];
  /** Those of the serializers, such as `wamp.2.json` and `wamp.2.json.batched`, in order of preference. */
  readonly protocols: readonly string[];
  readonly headers?: UpgradeHeaders;
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly maxMessageBytes?: number;
  /** Gives the attempt up. */
  readonly signal: AbortSignal;
}

/** A way to reach routers by URLs that `connect` does not know itself, such as `longPoll()` of `wampact/longpoll`. */
export interface ClientTransport {
  /** Whether a URL is one of its own. */
  takes(url: string): boolean;
  /** Opens a transport. Rejects with the reason in words. */
  open(url: string, attempt: TransportAttempt): Promise<Transport>;
}
