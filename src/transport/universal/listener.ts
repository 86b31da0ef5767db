import { createServer, type Server } from "node:http";
import { checkSettings, object, type SettingRules } from "../../wire/settings.js";
import { type Connection, Connections } from "../connections.js";
import type { Listener, ListenerHost, Listening } from "../listener.js";
import { RawSocketAcceptor } from "../rawsocket/acceptor.js";
import { MAGIC } from "../rawsocket/handshake.js";
import { RAW_SOCKET_RULES, type RawSocketSettings } from "../rawsocket/options.js";
import { SocketServer } from "../socket-server.js";
import { checkSocketServer, SOCKET_SERVER_RULES, type SocketServerOptions } from "../socket-server-options.js";
import type { TlsOptions } from "../tls-options.js";
import { WebSocketListener } from "../websocket/http-listener.js";
import { checkWebSocketOptions, pathsOf, type WebSocketOptions } from "../websocket/options.js";

/** Options of a listener for both WebSocket and RawSocket connections. */
export interface UniversalOptions extends SocketServerOptions {
  /** The WebSocket settings. Address and `tls` are set for the whole listener. Default: the defaults of `websocket()`. */
  readonly websocket?: Omit<WebSocketOptions, "host" | "port" | "server" | "tls">;
  /** The RawSocket settings. Default: the defaults of `rawSocket()`. */
  readonly rawSocket?: RawSocketSettings;
}

const RULES: SettingRules<UniversalOptions> = { ...SOCKET_SERVER_RULES, websocket: object, rawSocket: object };

/**
 * Creates a listener for WebSocket and RawSocket connections on one port or Unix socket, with or without TLS. The first octet of
 * a connection determines its kind. Throws `TypeError` for an unknown option or an invalid value.
 */
export function universal(options: UniversalOptions = {}): Listener {
  checkSettings(options, RULES, "universal");
  checkSocketServer(options, "universal");
  const { rawSocket = {}, websocket = {} } = options;
  checkSettings(rawSocket, RAW_SOCKET_RULES, "universal.rawSocket");
  const given: WebSocketOptions = websocket;
  for (const name of ["host", "port", "server", "tls"] as const) {
    if (given[name] !== undefined)
      throw new TypeError(`universal.websocket.${name}: set it on the universal listener instead`);
  }
  checkWebSocketOptions(websocket, "universal.websocket");
  return {
    async listen(host) {
      const listener = new UniversalListener(options, host);
      await listener.start();
      return listener;
    },
  };
}

class UniversalListener implements Listening {
  readonly #options: UniversalOptions;
  readonly #http: Server; // does not listen; it receives connections from this listener
  readonly #webSocket: WebSocketListener;
  readonly #rawSocket: RawSocketAcceptor;
  readonly #server: SocketServer;

  constructor(options: UniversalOptions, host: ListenerHost) {
    const { websocket = {}, rawSocket = {} } = options;
    const connections = new Connections("universal", host);
    this.#options = options;
    this.#http = createServer();
    this.#webSocket = new WebSocketListener(websocket, { host, connections, server: this.#http });
    this.#rawSocket = new RawSocketAcceptor(rawSocket, { host, connections });
    this.#server = new SocketServer(options, { host, connections, take: (connection) => this.#take(connection) });
  }

  async start(): Promise<void> {
    await this.#webSocket.start();
    await this.#server.listen();
  }

  get port(): number {
    return this.#server.port;
  }

  /** The URL of its WebSockets, or the path of its Unix socket. */
  get url(): string {
    const { path, tls, websocket = {} } = this.#options;
    const url = this.#server.url(tls === undefined ? "ws" : "wss");
    return path === undefined ? `${url}${pathsOf(websocket)[0]}` : url;
  }

  replaceTls(tls: TlsOptions): void {
    this.#server.replaceTls(tls);
  }

  async close(): Promise<void> {
    const closed = this.#server.close();
    await Promise.all([this.#webSocket.close(), this.#rawSocket.close()]);
    await closed;
  }

  /** Waits for the first octet without consuming it. */
  #take(connection: Connection): void {
    const { socket } = connection;
    const endsUnread = () => connection.end();
    const look = () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return void socket.once("readable", look);
      socket.off("end", endsUnread);
      socket.unshift(first);
      if (first[0] === MAGIC) this.#rawSocket.take(connection);
      else this.#http.emit("connection", socket);
    };
    socket.once("end", endsUnread);
    look();
  }
}
