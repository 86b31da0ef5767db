import type { Serializer } from "../wire/serializer.js";
import type { TlsOptions } from "./tls-options.js";
import type { PeerInfo, Transport } from "./transport.js";
import type { UnsentTotal } from "./unsent.js";

/** The interface of the router to its listeners. */
export interface ListenerHost {
  /** The serializers in order of preference. */
  readonly serializers: readonly Serializer[];
  /** The counter of the unsent bytes of all connections of the router. */
  readonly unsent: UnsentTotal;
  /** The maximum time until a connection is opened, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Why the router accepts no new connections now, such as `the router is shutting down`; `undefined` if it does. */
  readonly refusal: string | undefined;
  /**
   * Calls back when a handshake may be answered: at once, or seconds later if there are many. There may be a `refusal` by then.
   * `answer` must not throw.
   */
  admit(answer: () => void): void;
  /** Returns why an address cannot be listened on; `undefined` if it can. */
  addressRefusal(address: string): string | undefined;
  /** Takes ownership of a new connection. */
  accept(transport: Transport): void;
  /**
   * Reports a connection that was refused before it became a transport. `why` is a message; `reason` is one of a few labels for
   * counters, such as `http_403`. Default: `listener`.
   */
  refused(info: PeerInfo, why: string, reason?: string): void;
  /** Reports an internal error. */
  report(error: unknown): void;
}

/** Accepts client connections for a router, such as `websocket()`. */
export interface Listener {
  /** Starts to listen. Rejects with a readable message if that fails, for example because the port is in use. */
  listen(host: ListenerHost): Promise<Listening>;
}

/** A listening address of a router. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /**
   * Replaces the key, the certificates and other TLS context options for new connections. Existing connections keep theirs.
   * Throws `TypeError` for invalid options and for a listener without TLS, and then changes nothing. Absent if the kind of
   * listener has no TLS.
   */
  replaceTls?(tls: TlsOptions): void;
  /** Stops listening and ends the connections of this listener. Resolves when all are gone, within seconds. */
  close(): Promise<void>;
}
