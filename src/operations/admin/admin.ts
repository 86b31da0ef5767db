import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { isLocalAddress } from "../../router/access/development.js";
import { printFault } from "../../router/observer.js";
import { listenOn, type Place } from "../../transport/listen-on.js";
import { checkSocketServer, SOCKET_SERVER_RULES } from "../../transport/socket-server-options.js";
import { checkOriginRules } from "../../transport/websocket/origin.js";
import { callback, checkSettings, list, object, type SettingRules, text, withMethods } from "../../wire/settings.js";
import { type Answer, answerRequest, unreadiness } from "./answers.js";
import { boundConnections } from "./bounded-connections.js";
import { closerOf } from "./closer.js";
import { Guard } from "./guard.js";
import type { Admin, AdminOptions, AdminPlace, AdminSource } from "./types.js";

const RULES: SettingRules<AdminOptions> = {
  router: withMethods("a router", "status", "stats", "storeStats"),
  metrics: withMethods("metrics such as createMetrics()", "text"),
  host: text,
  port: SOCKET_SERVER_RULES.port,
  path: SOCKET_SERVER_RULES.path,
  mode: SOCKET_SERVER_RULES.mode,
  token: {
    expected: "a string of at least 16 characters",
    accepts: (value) => typeof value === "string" && value.length >= 16,
  },
  hosts: list,
  tls: object,
  notReady: callback,
  actions: {
    expected: 'functions by path, such as { "/reload": reload }',
    accepts: (value) =>
      object.accepts(value) &&
      Object.entries(value as object).every(([path, act]) => /^\/[\w/-]+$/.test(path) && typeof act === "function"),
  },
  observer: callback,
  onError: callback,
};

/** The maximum number of connections; enough for a scraper, some probes and some people. */
const MOST_CONNECTIONS = 100;
/** The maximum number of sockets, including those in their TLS handshake. */
const MOST_SOCKETS = 500;
/** The maximum time until a request has arrived, in milliseconds. */
const REQUEST_MS = 10_000;
/** The interval between checks of request timeouts, in milliseconds. */
const CHECK_MS = 1_000;

/**
 * Starts the admin listener: health, readiness, metrics and `actions`. Rejects with `TypeError` for invalid options and for an
 * address that other machines can reach without a token. Rejects with `Error` if it cannot listen, for example because the port
 * is in use.
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  checkSettings(options, RULES, "startAdmin");
  const { router, metrics, notReady, actions = {}, observer, ...place } = options;
  if (!router) throw new TypeError("startAdmin.router: expected a router, got nothing");
  return startAdminOf(place, {
    notReady: () => unreadiness(router.status()) ?? notReady?.(),
    metrics: metrics && (() => metrics.text(router)),
    actions,
    observe(event) {
      metrics?.observe(event);
      observer?.(event);
    },
  });
}

/** As `startAdmin`, for whatever has something to tell. */
export async function startAdminOf(options: AdminPlace, source: AdminSource): Promise<Admin> {
  const { host = "127.0.0.1", token, hosts, path } = options;
  if (token === undefined && !isLocalAddress(host))
    throw new TypeError(
      `startAdmin.host: "${host}" is reachable from other machines; set a token, which requests must then send`,
    );
  checkSocketServer(options, "startAdmin");
  checkOriginRules({ hosts }, "startAdmin");
  const listener = new AdminListener(options, source);
  await listener.start(path === undefined ? { host, port: options.port ?? 0 } : { path, mode: options.mode ?? 0o600 });
  return listener;
}

class AdminListener implements Admin {
  port = 0; // before listening, and for a Unix socket
  readonly #options: AdminPlace;
  readonly #source: AdminSource;
  readonly #guard: Guard;
  readonly #server: Server;
  readonly #close: () => Promise<void>;
  readonly #onError: (error: unknown) => void;

  constructor(options: AdminPlace, source: AdminSource) {
    this.#options = options;
    this.#source = source;
    this.#guard = new Guard(options);
    this.#onError = options.onError ?? printFault;
    const limits = {
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
    };
    const receive = (request: IncomingMessage, response: ServerResponse) => void this.#receive(request, response);
    this.#server =
      options.tls === undefined
        ? createServer(limits, receive)
        : createTlsServer({ handshakeTimeout: REQUEST_MS, ...limits, ...options.tls }, receive);
    this.#close = closerOf(this.#server);
    this.#server.maxConnections = MOST_SOCKETS;
    boundConnections(this.#server, MOST_CONNECTIONS, options.tls === undefined ? "connection" : "secureConnection");
  }

  get url(): string {
    const { host = "127.0.0.1", tls, path } = this.#options;
    if (path !== undefined) return `unix:${path}`;
    return `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${this.port}`;
  }

  async start(place: Place): Promise<void> {
    await listenOn(this.#server, place, this.#onError);
    if ("port" in place) this.port = (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume(); // request bodies are ignored
    response.on("error", () => response.destroy()); // the client is gone
    try {
      const refusal = this.#guard.refusal(request);
      send(response, refusal ?? (await answerRequest(request, this.#source)), request.method);
      if (refusal) this.#tellRefused(request, refusal);
    } catch (error) {
      this.#onError(error);
      send(response, { status: 500, text: "The listener failed. See the log for details.\n" }, request.method);
    }
  }

  #tellRefused({ socket }: IncomingMessage, { status, text }: Answer): void {
    const info = { kind: "admin", ...(socket.remoteAddress !== undefined && { remoteAddress: socket.remoteAddress }) };
    this.#source.observe({ type: "refused", info, reason: `admin_http_${status}`, why: text.trim() });
  }
}

function send(response: ServerResponse, { status, text, headers }: Answer, method: string | undefined): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(method === "HEAD" ? undefined : text);
}
