import type { Serializer } from "../../wire/serializer.js";
import type { Transport } from "../transport.js";

/** What connecting needs; what is left out has the defaults of `connect`. */
export interface ConnectRawSocketOptions {
  /** In order of preference. */
  readonly serializers: readonly Serializer[];
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly connectTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  /** Default 10,000, and only where the router is known to answer pings. */
  readonly pingIntervalMs?: number;
  /** Whether the router owes an answer: its silence is then noticed sooner. */
  readonly awaitsAnswer: () => boolean;
  readonly signal: AbortSignal;
  /** Told of a fault of this process, which has ended the connection. */
  readonly onError?: (error: unknown) => void;
}

/** Opens a RawSocket; `undefined` for URLs of other transports. Rejects with the reason in words; `signal` gives the attempt up. */
export type OpenRawSocket = (url: string, options: ConnectRawSocketOptions) => Promise<Transport> | undefined;

/** Where a router listens, as a URL of RawSocket says. */
export type Place =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly secure: boolean };
