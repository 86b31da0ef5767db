import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Connection, Connections } from "../connections.js";
import type { PeerInfo } from "../transport.js";
import { type OriginRules, originRefusal } from "../websocket/origin.js";
import { type HttpAnswer, send, words } from "./answer.js";
import type { HttpPart } from "./part.js";
import { type HttpHost, type HttpService, isServed, type ServedPart } from "./service.js";
import { isBelow, segmentsBelow, targetOf } from "./target.js";

/** The maximum number of requests of one connection without an answer. No normal client sends more at once. */
const MOST_PIPELINED = 16;
/** The time limit of a body, as a multiple of that of a handshake. */
const BODY_SHARE = 3;
const PREFLIGHT_SECONDS = 600;

/** The listener, as its HTTP parts use it. */
export interface HttpPartsOptions {
  readonly host: HttpHost;
  readonly connections: Connections;
  readonly origins: OriginRules;
  /** Returns the router's information about a client. */
  readonly infoOf: (connection: Connection, request: IncomingMessage) => PeerInfo;
  /** Answers requests that no part serves. */
  readonly otherwise: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Passes requests to the HTTP parts of a listener after checking them. This is the only place that checks origins and time limits. */
export class HttpParts {
  readonly #options: HttpPartsOptions;
  readonly #parts: readonly (ServedPart & { readonly service: HttpService })[];
  readonly #underWay = new WeakMap<Duplex, number>(); // connection → requests without an answer

  constructor(parts: readonly HttpPart[], options: HttpPartsOptions) {
    this.#options = options;
    this.#parts = parts.filter(isServed).map((part) => ({
      path: part.path,
      cors: part.cors,
      serve: part.serve,
      service: part.serve(options.host),
    }));
  }

  /** Answers a request. Never throws. */
  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { connections } = this.#options;
    const connection = connections.own(request.socket);
    response.on("error", () => response.destroy()); // the client has disconnected
    try {
      this.#answer(connection, request, response);
    } catch (error) {
      this.#failed(error, response);
    }
  };

  async close(): Promise<void> {
    await Promise.all(this.#parts.map(({ service }) => service.close()));
  }

  #answer(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    const { otherwise, host } = this.#options;
    if (connection.state !== "handshake") return void response.destroy();
    const target = targetOf(request.url);
    const part = target && this.#parts.find(({ path }) => isBelow(target.path, path));
    if (!target || !part) return otherwise(request, response);
    if (!this.#counted(connection, response)) return connection.destroy("too many requests at once on one connection");
    const info = this.#options.infoOf(connection, request);
    const refusal = this.#refusal(request);
    if (refusal) {
      host.router.refused(info, String(refusal.body).trim(), `http_${refusal.status}`);
      request.resume();
      return send(response, refusal);
    }
    const segments = segmentsBelow(target.path, part.path);
    if (!segments) {
      request.resume();
      return send(response, words(400, "The path has percent signs that do not encode UTF-8."));
    }
    if (request.headers.origin !== undefined) allow(response, request.headers.origin);
    if (request.method === "OPTIONS") {
      request.resume();
      return send(response, preflight(part));
    }
    const expectBody = (isExpected: boolean) => {
      const { handshakeTimeoutMs } = host.router;
      if (connection.state !== "handshake") return;
      if (isExpected) connection.expect(handshakeTimeoutMs * BODY_SHARE, "the request did not arrive in time");
      else connection.held();
    };
    const answered = part.service.answer({ request, response, segments, query: target.query, info, expectBody });
    Promise.resolve(answered).catch((error: unknown) => this.#failed(error, response));
  }

  /** Counts a request, and sets how long its connection may stay afterwards. Returns `false` if there are too many. */
  #counted(connection: Connection, response: ServerResponse): boolean {
    const { socket } = connection;
    const before = this.#underWay.get(socket) ?? 0;
    if (before === MOST_PIPELINED) return false;
    this.#underWay.set(socket, before + 1);
    connection.held();
    response.once("close", () => {
      const left = (this.#underWay.get(socket) ?? 1) - 1;
      this.#underWay.set(socket, left);
      if (left === 0 && connection.state === "handshake")
        connection.expect(this.#options.host.router.handshakeTimeoutMs, "no further request");
    });
    return true;
  }

  /** Returns the reason why a request is refused before its part sees it. */
  #refusal({ headers }: IncomingMessage): HttpAnswer | undefined {
    const { origins } = this.#options;
    const refusal = originRefusal(headers, origins);
    if (refusal) return words(403, refusal.why);
    if (headers.origin === undefined && headers["sec-fetch-site"] === "cross-site")
      return words(403, "The origin of this page is not in `origins` of this listener.");
    return undefined;
  }

  #failed(error: unknown, response: ServerResponse): void {
    this.#options.host.router.report(error);
    if (response.headersSent) response.destroy();
    else send(response, words(500, "The router has failed; its log has more.", { connection: "close" }));
  }
}

function allow(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-allow-credentials", "true"); // for listed origins, and those of this machine
  response.setHeader("vary", "Origin");
}

function preflight({ cors }: ServedPart): HttpAnswer {
  const methods = [...cors.methods, "OPTIONS"].join(", ");
  return {
    status: 204,
    headers: {
      allow: methods,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": cors.headers.join(", "),
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    },
  };
}
