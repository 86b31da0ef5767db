import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Serializer } from "../wire/serializer.js";
import {
  CLOSING,
  FramedSocket,
  LibrarySocket,
  type NodeSocket,
  type NodeSocketOptions,
  TellingWebSocket,
} from "./node-websocket.js";
import { SocketTransport } from "./socket.js";
import type { Transport } from "./transport.js";
import { subprotocolOf, webSocketData, wrongFrameKind } from "./websocket.js";
import { createFrameEncoder, type FrameEncoder } from "./websocket-frame.js";
import { WriteScheduler } from "./write-queue.js";

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

/** Starts to listen. Rejects with words when the port is taken or the host is none of this machine's. */
export async function listenWebSocket(options: WebSocketListenOptions): Promise<WebSocketListener> {
  const own = options.server ? undefined : createOwnServer(options);
  const server = own ?? (options.server as HttpServer);
  if (own) await listening(own, options);
  const sockets = new Set<NodeSocket<never>>();
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
function createUpgrades(options: WebSocketListenOptions, sockets: Set<NodeSocket<never>>) {
  const serializers = new Map(options.serializers.map((serializer) => [subprotocolOf(serializer), serializer]));
  const encoders = new Map(options.serializers.map((serializer) => [serializer, createFrameEncoder(serializer)]));
  const scheduler = new WriteScheduler();
  const server = new WebSocketServer<typeof TellingWebSocket>({
    noServer: true,
    WebSocket: TellingWebSocket,
    clientTracking: false,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: options.perMessageDeflate,
    ...CLOSING,
    handleProtocols: (offered) => preferred(serializers, offered) ?? false,
  });
  let allGone: (() => void) | undefined;

  function accept(ws: TellingWebSocket, connection: Duplex): void {
    const serializer = serializers.get(ws.protocol) as Serializer; // `handle` has refused all others
    const socketOptions: NodeSocketOptions = {
      ws,
      connection,
      binary: serializer.binary,
      wrongKind: wrongFrameKind(serializer, !serializer.binary) ?? "",
      maxUnsentBytes: options.maxUnsentBytes,
    };
    const deflated = ws.extensions !== "";
    const parts = deflated
      ? libraryParts(socketOptions, serializer)
      : framedParts(socketOptions, { encoder: encoders.get(serializer) as FrameEncoder, scheduler, serializer });
    sockets.add(parts.socket);
    ws.on("close", () => {
      sockets.delete(parts.socket);
      if (sockets.size === 0) allGone?.();
    });
    options.accept(parts.transport);
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
      if (preferred(serializers, new Set(offered)) === undefined) {
        return refuse(
          connection,
          "400 Bad Request",
          `Offer one of the sub-protocols ${[...serializers.keys()].join(", ")}.`,
        );
      }
      server.handleUpgrade(request, connection, head, (ws) => accept(ws, connection));
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

function framedParts(
  options: NodeSocketOptions,
  { encoder, scheduler, serializer }: { encoder: FrameEncoder; scheduler: WriteScheduler; serializer: Serializer },
): { socket: FramedSocket; transport: Transport } {
  const socket = new FramedSocket(options, scheduler.queueFor(options.connection));
  return {
    socket,
    transport: new SocketTransport({
      kind: "websocket",
      socket,
      serializer,
      frame: (message) => encoder.frame(message),
    }),
  };
}

function libraryParts(
  options: NodeSocketOptions,
  serializer: Serializer,
): { socket: LibrarySocket; transport: Transport } {
  const socket = new LibrarySocket(options);
  return {
    socket,
    transport: new SocketTransport({
      kind: "websocket",
      socket,
      serializer,
      frame: (message) => webSocketData(serializer, message),
    }),
  };
}

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
