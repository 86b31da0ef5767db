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

/** Where and how a router listens for WebSocket and RawSocket connections at once. */
export interface UniversalOptions extends SocketServerOptions {
  /** How it speaks WebSocket. The place and `tls` are those of the whole listener. Default: the defaults of `websocket()`. */
  readonly websocket?: Omit<WebSocketOptions, "host" | "port" | "server" | "tls">;
  /** How it speaks RawSocket. Default: the defaults of `rawSocket()`. */
  readonly rawSocket?: RawSocketSettings;
}

const RULES: SettingRules<UniversalOptions> = { ...SOCKET_SERVER_RULES, websocket: object, rawSocket: object };

/**
 * Listens for WebSocket and RawSocket connections on one port or Unix socket, with or without TLS, and tells them apart by their first octet.
 * Throws `TypeError` for an unknown option and for a value that cannot be.
 */
export function universal(options: UniversalOptions = {}): Listener {
  checkSettings(options, RULES, "universal");
  checkSocketServer(options, "universal");
  const { rawSocket = {}, websocket = {} } = options;
  checkSettings(rawSocket, RAW_SOCKET_RULES, "universal.rawSocket");
  const given: WebSocketOptions = websocket;
  for (const name of ["host", "port", "server", "tls"] as const) {
    if (given[name] !== undefined)
      throw new TypeError(`universal.websocket.${name}: it is the whole listener's; leave it out`);
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
  readonly #http: Server; // it listens nowhere: it is handed its connections
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

  /** That of its WebSockets; the path of its Unix socket, where there is one. */
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

  /** Waits for the first octet, which stays where it is for whoever reads on. */
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
