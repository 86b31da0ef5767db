import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connection, Connections } from "../connections.js";
import type { PeerInfo } from "../transport.js";
import { type OriginRules, originRefusal } from "../websocket/origin.js";
import { type HttpAnswer, send, words } from "./answer.js";
import { ConnectionAnswers } from "./connection-answers.js";
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
  readonly #answers = new WeakMap<Connection, ConnectionAnswers>(); // of its requests

  constructor(parts: readonly HttpPart[], options: HttpPartsOptions) {
    this.#options = options;
    this.#parts = parts.filter(isServed).map((part) => ({
      path: part.path,
      cors: part.cors,
      serve: part.serve,
      service: part.serve(options.host),
    }));
  }

  /** Answers a request whose client waits for a sign before it sends the body. Never throws. */
  readonly answerExpecting = (request: IncomingMessage, response: ServerResponse): void => {
    response.shouldKeepAlive = false; // a body that is not wanted may follow or not
    this.answer(request, response);
  };

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
    const answers = this.#answersOf(connection);
    if (answers.size === MOST_PIPELINED) return connection.destroy("too many requests at once on one connection");
    answers.add(response);
    const reply = (answer: HttpAnswer) => answers.send(response, answer);
    connection.held();
    const info = this.#options.infoOf(connection, request);
    const refusal = this.#refusal(request);
    if (refusal) {
      host.router.refused(info, String(refusal.body).trim(), `http_${refusal.status}`);
      request.resume();
      return reply(refusal);
    }
    const segments = segmentsBelow(target.path, part.path);
    if (!segments) {
      request.resume();
      return reply(words(400, "The path has percent signs that do not encode UTF-8."));
    }
    if (request.headers.origin !== undefined) allow(response, request.headers.origin);
    if (request.method === "OPTIONS") {
      request.resume();
      return reply(preflight(part, request.headers["access-control-request-headers"]));
    }
    const expectBody = (isExpected: boolean) => {
      const { handshakeTimeoutMs } = host.router;
      if (connection.state !== "handshake") return;
      if (isExpected) connection.expect(handshakeTimeoutMs * BODY_SHARE, "the request did not arrive in time");
      else connection.held();
    };
    const cut = (reason: string) => {
      host.router.refused(info, reason, "http_slow");
      connection.destroy(reason);
    };
    const receiver = { cut };
    const unfinished = (bytes: number) => host.router.unsent.unfinished.hold(receiver, bytes);
    const { query } = target;
    const answered = part.service.answer({ request, response, segments, query, info, expectBody, unfinished, reply });
    Promise.resolve(answered).catch((error: unknown) => this.#failed(error, response));
  }

  #answersOf(connection: Connection): ConnectionAnswers {
    const known = this.#answers.get(connection);
    if (known) return known;
    const { host } = this.#options;
    const idle = () => {
      if (connection.state === "handshake") connection.expect(host.router.handshakeTimeoutMs, "no further request");
    };
    const answers = new ConnectionAnswers(connection, { host, idle });
    this.#answers.set(connection, answers);
    return answers;
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
  response.setHeader("access-control-expose-headers", "retry-after, www-authenticate");
  response.setHeader("vary", "Origin");
}

/** Answers a preflight. A page that may connect may send any header: libraries for tracing and logins add theirs. */
function preflight({ cors }: ServedPart, wanted: string = cors.headers.join(", ")): HttpAnswer {
  const methods = [...cors.methods, "OPTIONS"].join(", ");
  return {
    status: 204,
    headers: {
      allow: methods,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": wanted,
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    },
  };
}
