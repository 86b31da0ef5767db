import { checkSettings, type SettingRules } from "../../wire/settings.js";
import { Connections } from "../connections.js";
import type { Listener, ListenerHost, Listening } from "../listener.js";
import { SocketServer } from "../socket-server.js";
import { checkSocketServer, SOCKET_SERVER_RULES, type SocketServerOptions } from "../socket-server-options.js";
import type { TlsOptions } from "../tls-options.js";
import { RawSocketAcceptor } from "./acceptor.js";
import { RAW_SOCKET_RULES, type RawSocketSettings } from "./options.js";

/** Options of a RawSocket listener. */
export interface RawSocketOptions extends SocketServerOptions, RawSocketSettings {}

const RULES: SettingRules<RawSocketOptions> = { ...SOCKET_SERVER_RULES, ...RAW_SOCKET_RULES };

/**
 * Creates a listener for RawSocket connections over TCP, TLS or a Unix socket. Its URL starts with `rs:`, `rss:` or `unix:`.
 * Throws `TypeError` for an unknown option or an invalid value.
 */
export function rawSocket(options: RawSocketOptions = {}): Listener {
  checkSettings(options, RULES, "rawSocket");
  checkSocketServer(options, "rawSocket");
  return {
    async listen(host) {
      const listener = new RawSocketListener(options, host);
      await listener.start();
      return listener;
    },
  };
}

class RawSocketListener implements Listening {
  readonly #scheme: string;
  readonly #acceptor: RawSocketAcceptor;
  readonly #server: SocketServer;

  constructor(options: RawSocketOptions, host: ListenerHost) {
    const connections = new Connections("rawsocket", host);
    const acceptor = new RawSocketAcceptor(options, { host, connections });
    this.#scheme = options.tls === undefined ? "rs" : "rss";
    this.#acceptor = acceptor;
    this.#server = new SocketServer(options, { host, connections, take: (connection) => acceptor.take(connection) });
  }

  start(): Promise<void> {
    return this.#server.listen();
  }

  get port(): number {
    return this.#server.port;
  }

  get url(): string {
    return this.#server.url(this.#scheme);
  }

  replaceTls(tls: TlsOptions): void {
    this.#server.replaceTls(tls);
  }

  async close(): Promise<void> {
    const closed = this.#server.close();
    await this.#acceptor.close();
    await closed;
  }
}
