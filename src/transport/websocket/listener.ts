import { hash } from "node:crypto";
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";
import { Endings } from "../endings.js";
import { ReadBudget } from "../flow.js";
import { SocketTransport } from "../socket.js";
import type { Transport } from "../transport.js";
import { WriteScheduler } from "../write-queue.js";
import { createFrameEncoder, type FrameEncoder } from "./frame.js";
import { CLOSING, LibrarySocket, TellingWebSocket } from "./library-socket.js";
import { ServerSocket } from "./server.js";
import { subprotocolOf, webSocketData, wrongFrameKind } from "./websocket.js";

/** Where and how a server listens for WebSocket connections. */
export interface WebSocketListenOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** A server of the application's to attach to, in place of `host`, `port` and `tls`. It stays open on close. */
  readonly server?: HttpServer;
  /** Options of `https.createServer`; makes the URL `wss:`. */
  readonly tls?: Readonly<Record<string, unknown>>;
  /** In order of preference. */
  readonly serializers: readonly Serializer[];
  readonly maxMessageBytes: number;
  readonly maxUnsentBytes: number;
  readonly pingIntervalMs: number;
  readonly perMessageDeflate: boolean;
  accept(transport: Transport): void;
}

/** A listening server. */
export interface WebSocketListener {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, and resolves when those it has are gone; they are cut after a second's grace. */
  close(): Promise<void>;
}

/** A socket as the listener sees it. */
type ServedSocket = Pick<ServerSocket, "close" | "cut" | "checkAlive">;

/** Starts to listen. Rejects with words when the port is taken or the host is none of this machine's. */
export async function listenWebSocket(options: WebSocketListenOptions): Promise<WebSocketListener> {
  const own = options.server ? undefined : createOwnServer(options);
  const server = own ?? (options.server as HttpServer);
  if (own) await listening(own, options);
  const sockets = new Set<ServedSocket>();
  const upgrades = createUpgrades(options, sockets);
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => upgrades.handle(request, socket, head);
  server.on("upgrade", onUpgrade);
  const ping = setInterval(() => {
    for (const socket of sockets) socket.checkAlive();
  }, options.pingIntervalMs);
  ping.unref();

  const { port } = (server.address() ?? { port: options.port }) as AddressInfo;
  const scheme = options.tls || "setSecureContext" in server ? "wss" : "ws";
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `${scheme}://${host}:${port}${options.path}`,
    port,
    async close() {
      server.off("upgrade", onUpgrade);
      clearInterval(ping);
      for (const socket of sockets) socket.close(1001, "the router is going down");
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.cut("the router is going down");
      }, 1_000);
      await upgrades.gone();
      clearTimeout(cut);
      if (own) await new Promise<void>((resolve) => own.close(() => resolve()));
    },
  };
}

function createOwnServer(options: WebSocketListenOptions): HttpServer {
  const answer = (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(426, { "content-type": "text/plain", connection: "close" });
    response.end(`This is a WAMP router: connect with a WebSocket to ${options.path}.\n`);
  };
  return options.tls ? createTlsServer(options.tls, answer) : createServer(answer);
}

function listening(server: HttpServer, { host, port }: WebSocketListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "the port is taken; stop what listens there or choose another port"
          : error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}

/** Turns upgrade requests for our path into transports, and refuses in words what cannot be one. */
function createUpgrades(options: WebSocketListenOptions, sockets: Set<ServedSocket>) {
  const serializers = new Map(options.serializers.map((serializer) => [subprotocolOf(serializer), serializer]));
  const encoders = new Map(options.serializers.map((serializer) => [serializer, createFrameEncoder(serializer)]));
  const scheduler = new WriteScheduler();
  const budget = new ReadBudget();
  const endings = new Endings(scheduler);
  const library = options.perMessageDeflate
    ? new WebSocketServer<typeof TellingWebSocket>({
        noServer: true,
        WebSocket: TellingWebSocket,
        clientTracking: false,
        maxPayload: options.maxMessageBytes,
        perMessageDeflate: true,
        ...CLOSING,
        handleProtocols: (offered) => preferred(serializers, offered) ?? false,
      })
    : undefined;
  let allGone: (() => void) | undefined;

  function serve(socket: ServedSocket, connection: Duplex, transport: Transport): void {
    sockets.add(socket);
    connection.once("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) allGone?.();
    });
    options.accept(transport);
  }

  function accept(connection: Duplex, head: Buffer, serializer: Serializer): void {
    if (head.length > 0) connection.unshift(head); // what came behind the handshake
    const socket = new ServerSocket({
      connection,
      queue: scheduler.queueFor(connection),
      budget,
      endings,
      binary: serializer.binary,
      wrongKind: wrongFrameKind(serializer, !serializer.binary) ?? "",
      maxMessageBytes: options.maxMessageBytes,
      maxUnsentBytes: options.maxUnsentBytes,
    });
    const encoder = encoders.get(serializer) as FrameEncoder; // there is one for each
    const frame = (message: Message) => encoder.frame(message);
    serve(socket, connection, new SocketTransport({ kind: "websocket", socket, serializer, frame }));
  }

  /** Compression is the library's. */
  function acceptCompressed(ws: TellingWebSocket, connection: Duplex): void {
    const serializer = serializers.get(ws.protocol) as Serializer; // `handle` has refused all others
    const parts = {
      ws,
      connection,
      binary: serializer.binary,
      wrongKind: wrongFrameKind(serializer, !serializer.binary) ?? "",
      maxUnsentBytes: options.maxUnsentBytes,
    };
    const socket = new LibrarySocket(parts, budget);
    const frame = (message: Message) => webSocketData(serializer, message);
    serve(socket, connection, new SocketTransport({ kind: "websocket", socket, serializer, frame }));
  }

  return {
    handle(request: IncomingMessage, connection: Duplex, head: Buffer): void {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      if (path !== options.path) {
        if (!options.server)
          refuse(connection, "404 Not Found", `There is no WebSocket at this path; connect to ${options.path}.`);
        return; // on a shared server the path may be somebody else's
      }
      const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
      const protocol = preferred(serializers, new Set(offered));
      if (protocol === undefined) {
        return refuse(
          connection,
          "400 Bad Request",
          `Offer one of the sub-protocols ${[...serializers.keys()].join(", ")}.`,
        );
      }
      if (library && request.headers["sec-websocket-extensions"]?.includes("permessage-deflate")) {
        return library.handleUpgrade(request, connection, head, (ws) => acceptCompressed(ws, connection));
      }
      const fault = handshakeFault(request);
      if (fault) return refuse(connection, "400 Bad Request", fault);
      answerHandshake(request, connection, protocol);
      accept(connection, head, serializers.get(protocol) as Serializer); // it is one of ours
    },
    /** Resolves when no connection is left. */
    async gone(): Promise<void> {
      if (sockets.size === 0) return;
      await new Promise<void>((resolve) => {
        allGone = resolve;
      });
    },
  };
}

/** What is wrong with an upgrade request, in words. Spec: RFC 6455, "Reading the Client's Opening Handshake". */
function handshakeFault({ method, headers }: IncomingMessage): string | undefined {
  if (method !== "GET") return `A WebSocket is opened by GET, not by ${method}.`;
  if (headers.upgrade?.toLowerCase() !== "websocket") return "Upgrade to websocket, and nothing else.";
  if (headers["sec-websocket-version"] !== "13") return "Use version 13 of the WebSocket protocol.";
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    return "Send a Sec-WebSocket-Key: 16 bytes in Base64.";
  }
  return undefined;
}

function answerHandshake({ headers }: IncomingMessage, connection: Duplex, protocol: string): void {
  const accept = hash("sha1", `${headers["sec-websocket-key"]}${HANDSHAKE_GUID}`, "base64");
  if (connection instanceof Socket) {
    connection.setTimeout(0);
    connection.setNoDelay();
  }
  connection.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
}

const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The first of our sub-protocols that was offered. */
function preferred(serializers: ReadonlyMap<string, Serializer>, offered: ReadonlySet<string>): string | undefined {
  for (const name of serializers.keys()) if (offered.has(name)) return name;
  return undefined;
}

function refuse(connection: Duplex, status: string, text: string): void {
  const body = `${text}\n`;
  connection.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
