import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { object, type SettingRules, text } from "../wire/settings.js";
import type { Connection, Connections } from "./connections.js";
import { listenOn } from "./listen-on.js";
import type { ListenerHost } from "./listener.js";
import { timerMs } from "./timer.js";
import { checkTlsOptions, type TlsOptions } from "./tls-options.js";
import { unixPathFault } from "./unix-path.js";

/** Where a server of sockets listens. */
export interface SocketServerOptions {
  /** Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for all of its addresses. */
  readonly host?: string;
  /** From 0 to 65,535. Default 0: any free port, which the result names. */
  readonly port?: number;
  /**
   * Instead of a host and a port: the path of a Unix socket, of at most 103 bytes. A socket that a process left behind which is gone is
   * replaced; one where somebody listens is refused. It is removed when the listener closes.
   */
  readonly path?: string;
  /** The permissions of the Unix socket, such as `0o660`. Default: as the process's umask says. */
  readonly mode?: number;
  /** Options of `tls.createServer`, such as `key` and `cert`, which are PEM text. Not for Unix sockets. */
  readonly tls?: unknown;
}

export const SOCKET_SERVER_RULES: SettingRules<SocketServerOptions> = {
  host: text,
  port: {
    expected: "an integer from 0 to 65535",
    accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  },
  path: text,
  mode: {
    expected: "permissions from 0 to 0o777",
    accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0o777,
  },
  tls: object,
};

/** Throws `TypeError` for settings that do not go together, past their rules. `where` is what they are called in messages. */
export function checkSocketServer({ host, port, path, mode, tls }: SocketServerOptions, where: string): void {
  if (tls !== undefined) checkTlsOptions(tls as TlsOptions, "router"); // the rules have seen that it is an object
  if (path === undefined) {
    if (mode !== undefined) throw new TypeError(`${where}.mode: it is for a Unix socket; give a path, or leave it out`);
    return;
  }
  for (const [name, value] of Object.entries({ host, port, tls }))
    if (value !== undefined) throw new TypeError(`${where}.${name}: a Unix socket (path) has none; leave it out`);
  const fault = unixPathFault(path);
  if (fault) throw new TypeError(`${where}.path: ${fault}`);
}

/** What a server does with its connections. */
export interface SocketServerParts {
  readonly connections: Connections;
  readonly host: ListenerHost;
  /** Takes each connection over from its first byte, behind TLS where there is TLS. It must not throw. */
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

  /** 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" ? (address?.port ?? this.#options.port ?? 0) : 0;
  }

  /** Where it is reached: host and port, in a URL of this scheme, or the path of its Unix socket. */
  url(scheme: string): string {
    const { host = "127.0.0.1", path } = this.#options;
    return path === undefined ? `${scheme}://${host.includes(":") ? `[${host}]` : host}:${this.port}` : `unix:${path}`;
  }

  /** Replaces key and certificates for connections to come. Throws `TypeError` for options that cannot be, and where there is no TLS. */
  replaceTls(tls: TlsOptions): void {
    replaceTls(this.#server, tls);
  }

  /** Listens no more. Resolves when all connections are gone, which it does not end. */
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
    server.on("connection", (socket: Socket) => connections.own(socket).opened()); // the bytes below: TLS has a deadline of its own
    return server.on("tlsClientError", (_error, socket) => socket.destroy());
  }
}

/** Replaces what makes the TLS context of a server, for connections to come. Throws `TypeError`, upon which nothing has changed. */
export function replaceTls(server: object, tls: TlsOptions): void {
  if (!("setSecureContext" in server)) throw new TypeError("tls: this listener was started without; start it anew");
  checkTlsOptions(tls, "router");
  (server as TlsServer).setSecureContext(tls);
}
