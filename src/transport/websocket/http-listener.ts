import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Serializer } from "../../wire/serializer.js";
import type { Connection, Connections } from "../connections.js";
import { HttpParts } from "../http/parts.js";
import { IncomingBatches } from "../incoming-batches.js";
import { listenOn } from "../listen-on.js";
import type { ListenerHost, Listening } from "../listener.js";
import { OpenSockets } from "../open-sockets.js";
import { SocketTransport } from "../socket.js";
import { replaceTls } from "../socket-server.js";
import { timerMs } from "../timer.js";
import { tlsInfoOf } from "../tls.js";
import type { TlsOptions } from "../tls-options.js";
import type { PeerInfo } from "../transport.js";
import {
  type Agreement,
  answerHandshake,
  badRequest,
  pathOf,
  type Refusal,
  readHandshake,
  refusalText,
} from "./handshake.js";
import { Inflater } from "./inflater.js";
import { FrameEncoders, messageBytes } from "./message-frames.js";
import { pathsOf, type WebSocketOptions } from "./options.js";
import { originRefusal } from "./origin.js";
import { ServerWebSocket } from "./server.js";
import { batchedSubprotocolOf, isBatched, subprotocolOf, wrongFrameKind } from "./websocket.js";

const DEFAULT_MESSAGE_BYTES = 16 * 1024 * 1024;
const DEFAULT_UNSENT_BYTES = 64 * 1024 * 1024;

/** Answers requests that are not WebSocket upgrades with 426 and the URL paths of the WebSockets. */
function answerPlain(paths: readonly string[]): (request: IncomingMessage, response: ServerResponse) => void {
  return (_request, response) => {
    response.writeHead(426, { "content-type": "text/plain", connection: "close" });
    response.end(`This is a WAMP router. Connect with a WebSocket to ${paths.join(" or ")}.\n`);
  };
}

/** The parts of a listener. */
export interface WebSocketListenerParts {
  readonly host: ListenerHost;
  readonly connections: Connections;
  /** A server of this listener that does not listen itself: its connections are handed to it. */
  readonly server?: HttpServer;
}

/** Handles the upgrades of its own server or of a given one, whose connections may have another owner. */
export class WebSocketListener implements Listening {
  readonly #options: WebSocketOptions;
  readonly #paths: readonly string[];
  readonly #host: ListenerHost;
  readonly #server: HttpServer;
  readonly #isOwn: boolean;
  readonly #connections: Connections;
  readonly #open: OpenSockets;
  readonly #inflater: Inflater;
  readonly #serializers: ReadonlyMap<string, Serializer>; // by subprotocol, in order of preference
  readonly #encoders = new FrameEncoders();
  readonly #parts: HttpParts | undefined; // missing where the requests of the server are somebody else's

  constructor(options: WebSocketOptions, { host, connections, server }: WebSocketListenerParts) {
    this.#options = options;
    this.#paths = pathsOf(options);
    this.#host = host;
    this.#inflater = new Inflater(options.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES);
    this.#connections = connections;
    const given = server ?? options.server;
    this.#isOwn = given === undefined;
    this.#server = this.#isOwn ? this.#createServer() : (given as HttpServer);
    if (options.server === undefined) {
      this.#parts = this.#createParts();
      this.#server.on("request", this.#parts.answer).on("checkContinue", this.#parts.answerExpecting);
    }
    this.#open = new OpenSockets(this.#connections, options.pingIntervalMs ?? 10_000);
    this.#serializers = new Map(
      host.serializers.flatMap((serializer) => [
        [batchedSubprotocolOf(serializer), serializer],
        [subprotocolOf(serializer), serializer],
      ]),
    );
  }

  async start(): Promise<void> {
    const { host = "127.0.0.1", port = 0 } = this.#options;
    const refusal = this.#isOwn ? this.#host.addressRefusal(host) : undefined;
    if (refusal) throw new TypeError(refusal);
    if (this.#isOwn) await listenOn(this.#server, { host, port }, (error) => this.#host.report(error));
    this.#server.on("upgrade", this.#onUpgrade);
  }

  get port(): number {
    return ((this.#server.address() ?? { port: this.#options.port ?? 0 }) as AddressInfo).port;
  }

  get url(): string {
    const { tls, host = "127.0.0.1" } = this.#options;
    const scheme = tls !== undefined || "setSecureContext" in this.#server ? "wss" : "ws";
    return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${this.port}${this.#paths[0]}`;
  }

  replaceTls(tls: TlsOptions): void {
    replaceTls(this.#server, tls);
  }

  async close(): Promise<void> {
    this.#server.off("upgrade", this.#onUpgrade);
    const closed = this.#isOwn && new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#parts?.close();
    await this.#open.close();
    await closed;
  }

  #createServer(): HttpServer {
    const { tls } = this.#options;
    const handshakeTimeout = timerMs(this.#host.handshakeTimeoutMs);
    const own = (socket: Duplex) => this.#connections.own(socket);
    if (tls === undefined) return createServer().on("connection", own);
    const server = createTlsServer({ handshakeTimeout, ...(tls as object) });
    server.on("connection", (socket: Socket) => own(socket).opened()); // the raw socket: TLS has its own deadline
    return server.on("secureConnection", own);
  }

  #createParts(): HttpParts {
    const { http = [], origins = [], hosts, maxMessageBytes, maxUnsentBytes } = this.#options;
    const host = {
      router: this.#host,
      maxMessageBytes: maxMessageBytes ?? DEFAULT_MESSAGE_BYTES,
      maxUnsentBytes: maxUnsentBytes ?? DEFAULT_UNSENT_BYTES,
    };
    return new HttpParts(http, {
      host,
      connections: this.#connections,
      origins: { origins, hosts },
      infoOf: (connection, request) => ({ ...infoOf(connection, request), kind: "http" }),
      otherwise: answerPlain([...this.#paths]),
    });
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#guard(socket, () => this.#upgrade(request, socket, head));

  /** Runs a function. An exception ends this connection, not the process. */
  #guard(socket: Duplex, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#connections.own(socket).destroy("internal error");
      this.#host.report(error);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request);
    if (!this.#takes(path) && !this.#isOwn && this.#server.listenerCount("upgrade") > 1) {
      socket.on("error", () => {}); // owned by another handler, which may attach its own listener later
      return;
    }
    const connection = this.#connections.own(socket);
    if (connection.state === "closed") return;
    if (connection.isLost) return connection.destroy("the connection was reset");
    const agreed = this.#read(request, path);
    if ("why" in agreed) return this.#refuse(connection, request, agreed);
    connection.held();
    this.#host.admit(() =>
      this.#guard(socket, () => {
        if (connection.state !== "handshake") return; // it ended while waiting
        const refusal = this.#refusal;
        if (refusal) return this.#refuse(connection, request, refusal);
        answerHandshake(request, socket, agreed);
        if (head.length > 0) socket.unshift(head); // data after the handshake
        this.#accept(connection, infoOf(connection, request), agreed);
      }),
    );
  }

  #takes(path: string | undefined): boolean {
    return path !== undefined && this.#paths.includes(path);
  }

  #refuse(connection: Connection, request: IncomingMessage, refusal: Refusal): void {
    this.#host.refused(infoOf(connection, request), refusal.why, `http_${refusal.status.slice(0, 3)}`);
    connection.end(refusalText(refusal));
  }

  /** Returns the refusal of all connections, if the router accepts none now. */
  get #refusal(): Refusal | undefined {
    const { refusal: why } = this.#host;
    return why === undefined ? undefined : { status: "503 Service Unavailable", why, retryAfter: 1 };
  }

  #read(request: IncomingMessage, path: string | undefined): Agreement | Refusal {
    const unavailable = this.#refusal;
    if (unavailable) return unavailable;
    if (path === undefined) return badRequest("The request target is not a path.");
    if (!this.#takes(path)) {
      const why = `There is no WebSocket at this path; connect to ${this.#paths.join(" or ")}.`;
      return { status: "404 Not Found", why };
    }
    const { perMessageDeflate: compression = false, origins = [], hosts } = this.#options;
    const refusal = originRefusal(request.headers, { origins, hosts });
    if (refusal) return refusal;
    return readHandshake(request, { protocols: [...this.#serializers.keys()], compression });
  }

  #accept(connection: Connection, info: PeerInfo, { protocol, compression }: Agreement): void {
    const serializer = this.#serializers.get(protocol) as Serializer; // negotiated, so it exists
    const batched = isBatched(protocol);
    const { maxMessageBytes = DEFAULT_MESSAGE_BYTES, maxUnsentBytes = DEFAULT_UNSENT_BYTES } = this.#options;
    const socket = new ServerWebSocket({
      connection,
      scheduler: this.#open.scheduler,
      unsent: this.#host.unsent,
      endings: this.#open.endings,
      binary: serializer.binary,
      batched,
      wrongKind: wrongFrameKind(protocol),
      maxMessageBytes,
      maxUnsentBytes,
      compression,
      inflater: this.#inflater,
      report: (error) => this.#host.report(error),
    });
    this.#open.add(connection, socket);
    const batches = batched ? new IncomingBatches(socket, serializer.binary) : undefined;
    const frame = this.#encoders.frameFor(serializer, batches);
    const bytesOf = messageBytes;
    this.#host.accept(new SocketTransport({ info, socket, serializer, frame, bytesOf, maxMessageBytes, batches }));
  }
}

function infoOf({ remoteAddress }: Connection, { socket, headers }: IncomingMessage): PeerInfo {
  return { kind: "websocket", remoteAddress, headers, tls: tlsInfoOf(socket, "router") };
}
