import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import type { Connection, Connections } from "./connections.js";
import { listenOn } from "./listen-on.js";
import type { ListenerHost } from "./listener.js";
import type { SocketServerOptions } from "./socket-server-options.js";
import { timerMs } from "./timer.js";
import { checkTlsOptions, type TlsOptions } from "./tls-options.js";

/** The parts of a socket server. */
export interface SocketServerParts {
  readonly connections: Connections;
  readonly host: ListenerHost;
  /** Takes ownership of each connection from its first byte, after the TLS handshake if TLS is used. Must not throw. */
  take(connection: Connection): void;
}

/** Accepts connections over TCP, TLS or a Unix socket. */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #parts: SocketServerParts;
  readonly #server: Server;

  constructor(options: SocketServerOptions, parts: SocketServerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#server = options.tls === undefined ? this.#createPlain() : this.#createTls(options.tls);
  }

  async listen(): Promise<void> {
    const { host = "127.0.0.1", port = 0, path, mode } = this.#options;
    const router = this.#parts.host;
    const refusal = path === undefined ? router.addressRefusal(host) : undefined;
    if (refusal) throw new TypeError(refusal);
    const place = path === undefined ? { host, port } : { path, mode };
    await listenOn(this.#server, place, (error) => router.report(error));
  }

  /** The port; 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" ? (address?.port ?? this.#options.port ?? 0) : 0;
  }

  /** Returns the URL: scheme, host and port, or the path of the Unix socket. */
  url(scheme: string): string {
    const { host = "127.0.0.1", path } = this.#options;
    return path === undefined ? `${scheme}://${host.includes(":") ? `[${host}]` : host}:${this.port}` : `unix:${path}`;
  }

  /** Replaces key and certificates for new connections. Throws `TypeError` for invalid options and for a server without TLS. */
  replaceTls(tls: TlsOptions): void {
    replaceTls(this.#server, tls);
  }

  /** Stops listening. Resolves when all connections are gone. Does not end them. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #createPlain(): Server {
    const { connections, take } = this.#parts;
    const options = { allowHalfOpen: true, noDelay: true };
    return createServer(options, (socket) => take(connections.own(socket)));
  }

  #createTls(tls: unknown): Server {
    const { connections, host, take } = this.#parts;
    const handshakeTimeout = timerMs(host.handshakeTimeoutMs);
    const options = { handshakeTimeout, ...(tls as object), allowHalfOpen: true, noDelay: true };
    const server = createTlsServer(options, (socket) => take(connections.own(socket)));
    server.on("connection", (socket: Socket) => connections.own(socket).opened()); // the raw socket: TLS has its own deadline
    return server.on("tlsClientError", (_error, socket) => socket.destroy());
  }
}

/**
 * Replaces the TLS context of a server for new connections. Throws `TypeError` and changes nothing if the options are
 * invalid.
 */
export function replaceTls(server: object, tls: TlsOptions): void {
  if (!("setSecureContext" in server)) throw new TypeError("tls: this listener was started without TLS; restart it");
  checkTlsOptions(tls, "router");
  (server as TlsServer).setSecureContext(tls);
}
