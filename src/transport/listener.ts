import type { Serializer } from "../wire/serializer.js";
import type { SettingRule } from "../wire/settings.js";
import type { PeerInfo, Transport } from "./transport.js";
import type { UnsentTotal } from "./unsent.js";

/** What a listener asks of the router that it listens for, and tells it. */
export interface ListenerHost {
  /** In order of preference. */
  readonly serializers: readonly Serializer[];
  /** The unsent bytes of all connections of the router. */
  readonly unsent: UnsentTotal;
  /** Longest time a connection may take until it is opened, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Whether the router takes no more connections because it is about to close. */
  readonly draining: boolean;
  /**
   * Calls back when a handshake may be answered: at once, or some seconds later where many come. By then the router may be draining.
   * `answer` must not throw.
   */
  admit(answer: () => void): void;
  /** Why an address is of no use to listen on, in words; `undefined` where it is. */
  addressRefusal(address: string): string | undefined;
  /** Takes a new connection over. */
  accept(transport: Transport): void;
  /**
   * A connection was refused before it became a transport. `why` is in words; `reason` is one of a few texts that refusals are counted by, such as
   * `http_403`. Default `listener`.
   */
  refused(info: PeerInfo, why: string, reason?: string): void;
  /** A fault of this process. */
  report(error: unknown): void;
}

/** A way for clients to reach a router, such as `websocket()`. */
export interface Listener {
  /** Starts to listen. Rejects with words when it cannot, such as when the port is taken. */
  listen(host: ListenerHost): Promise<Listening>;
}

/** A listening address of a router. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections here and ends those that came this way. Resolves when all are gone, within seconds. */
  close(): Promise<void>;
}

/** A rule for the port that a listener takes. */
export const portNumber: SettingRule = {
  expected: "an integer from 0 to 65535",
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
};

/** The error for an address that cannot be listened on. */
export function cannotListen(where: string, error: NodeJS.ErrnoException): Error {
  const why =
    error.code === "EADDRINUSE" ? "the port is taken; stop what listens there or choose another port" : error.message;
  return new Error(`cannot listen on ${where}: ${why}`, { cause: error });
}
