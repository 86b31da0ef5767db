import type { MessageSerializer } from "../../wire/serializer.js";
import type { Transport } from "../transport.js";

/** Options of a RawSocket connection. Omitted options have the defaults of `connect`. */
export interface ConnectRawSocketOptions {
  /** The serializers in order of preference. */
  readonly serializers: readonly MessageSerializer[];
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly connectTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  /** Default: 10,000, but only if the router is known to answer pings. */
  readonly pingIntervalMs?: number;
  /** Returns whether the router owes an answer. Silence is then detected sooner. */
  readonly awaitsAnswer: () => boolean;
  readonly signal: AbortSignal;
  /** Called with an internal error, after which the connection has ended. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Opens a RawSocket. Returns `undefined` for URLs of other transports. Rejects with a readable message; `signal` aborts the
 * attempt.
 */
export type OpenRawSocket = (url: string, options: ConnectRawSocketOptions) => Promise<Transport> | undefined;

/** The address in a RawSocket URL. */
export type Place =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly secure: boolean };
