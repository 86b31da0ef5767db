import type { ServerResponse } from "node:http";
import { isJson, readBody } from "../transport/http/body.js";
import type { HttpPart } from "../transport/http/part.js";
import type { HttpExchange, HttpHost, HttpService, ServedPart } from "../transport/http/service.js";
import { timerMs } from "../transport/timer.js";
import { NO_SUCH_REALM, PAYLOAD_SIZE_EXCEEDED, UNAVAILABLE } from "../wire/uris.js";
import { answerCall } from "./call.js";
import type { BridgeContext, RealmRequest } from "./context.js";
import { AUTHID_HEADER, credentialsOf } from "./credentials.js";
import { EventStream } from "./event-stream.js";
import { answerOfFailure } from "./failure.js";
import { type BridgeSettings, bridgeSettings, type HttpBridgeOptions } from "./options.js";
import { memoryOf, type RequestBody, readRequestBody } from "./payload.js";
import { answerPublication } from "./publish.js";
import { Refusal } from "./refusal.js";
import { HttpSessions } from "./sessions.js";
import { answerSubscription } from "./subscribe.js";

/**
 * Lets HTTP clients call, publish and receive events: `POST /api/<realm>/call/<procedure>`, `POST /api/<realm>/publish/<topic>` and
 * `GET /api/<realm>/subscribe/<topic>`, which is a stream of Server-Sent Events. Each client is a session of the realm: logins,
 * permissions, limits and contracts apply as for any other. Throws `TypeError` for an unknown option and for an invalid value.
 *
 * ```ts
 * await router.listen({ port: 8080, http: [httpBridge()] });
 * ```
 */
export function httpBridge(options: HttpBridgeOptions = {}): HttpPart {
  const settings = bridgeSettings(options);
  const part: ServedPart = {
    path: settings.path,
    cors: { methods: ["GET", "POST"], headers: ["authorization", "content-type", "last-event-id", AUTHID_HEADER] },
    serve: (host) => new Bridge(host, settings),
  };
  return part;
}

type Act = (request: RealmRequest, context: BridgeContext) => Promise<void>;

const ACTS: Readonly<Record<string, { readonly method: string; readonly act: Act }>> = {
  call: { method: "POST", act: answerCall },
  publish: { method: "POST", act: answerPublication },
  subscribe: { method: "GET", act: answerSubscription },
};

class Bridge implements HttpService, BridgeContext {
  readonly host: HttpHost;
  readonly settings: BridgeSettings;
  readonly sessions: HttpSessions;
  readonly #requests = new Set<ServerResponse>(); // answers that are not complete, without streams
  readonly #streams = new Set<EventStream>();
  readonly #openapi: string | undefined;
  #heartbeat: NodeJS.Timeout | undefined; // while there are streams

  constructor(host: HttpHost, settings: BridgeSettings) {
    this.host = host;
    this.settings = settings;
    this.sessions = new HttpSessions(host, settings);
    this.#openapi = settings.openapi && JSON.stringify(settings.openapi);
  }

  async answer(exchange: HttpExchange): Promise<void> {
    const { response, request } = exchange;
    this.#requests.add(response);
    response.once("close", () => this.#requests.delete(response));
    try {
      await this.#answer(exchange);
    } catch (error) {
      const answer = answerOfFailure(error);
      if (!answer) throw error;
      this.#tell(exchange, error as Refusal, answer.status);
      exchange.reply(answer);
    } finally {
      request.resume(); // a body that nobody has read
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const stream of this.#streams) stream.end();
    await this.sessions.close();
  }

  async body(exchange: HttpExchange): Promise<RequestBody | undefined> {
    const { "content-type": type, "content-length": length, "content-encoding": encoding } = exchange.request.headers;
    if (!isJson(type) && !(length === "0" && type === undefined))
      throw new Refusal(415, "Content-Type: expected application/json, in UTF-8", {
        headers: { accept: "application/json" },
      });
    if (encoding !== undefined && encoding.toLowerCase() !== "identity")
      throw new Refusal(415, "Content-Encoding: expected none; send the body as it is", {
        headers: { "accept-encoding": "identity" },
      });
    const { maxMessageBytes } = this.host;
    const bytes = await readBody(exchange, maxMessageBytes);
    if (bytes === "gone") return undefined;
    if (bytes === "too_large")
      throw new Refusal(413, `the body has more than ${maxMessageBytes} bytes`, { uri: PAYLOAD_SIZE_EXCEEDED });
    exchange.response.once("close", this.#keep(memoryOf(bytes)));
    return readRequestBody(bytes);
  }

  stream({ response }: HttpExchange, slow: (why: string) => void): EventStream {
    const { maxStreams, maxStreamBytes: maxBytes, heartbeatMs } = this.settings;
    if (this.#streams.size >= maxStreams) throw full("streams");
    const stream = new EventStream(response, { unsent: this.host.router.unsent, maxBytes, slow });
    this.#streams.add(stream);
    this.#requests.delete(response); // it has a limit of its own
    this.#heartbeat ??= setInterval(() => this.#beat(), timerMs(heartbeatMs));
    response.once("close", () => {
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    });
    return stream;
  }

  /** Counts the memory of a body. Returns a function to call when its request is answered. Throws a refusal if it has no room. */
  #keep(memory: number): () => void {
    const { unfinished } = this.host.router.unsent;
    if (memory > unfinished.mostKept)
      throw new Refusal(413, "the body has too many values for the memory of this router; send fewer at once", {
        uri: PAYLOAD_SIZE_EXCEEDED,
      });
    const answered = unfinished.keep(memory);
    if (!answered) throw full("large requests");
    return answered;
  }

  async #answer(exchange: HttpExchange): Promise<void> {
    const { segments, request, response, info } = exchange;
    const { refusal } = this.host.router;
    if (refusal !== undefined) throw new Refusal(503, refusal, { uri: UNAVAILABLE, headers: { connection: "close" } });
    if (this.#requests.size > this.settings.maxRequests) throw full("requests");
    const [realm, name = "", uri, ...others] = segments;
    if (realm === "openapi.json" && name === "" && this.#openapi !== undefined)
      return this.#describe(exchange, this.#openapi);
    const known = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
    if (!realm || !known || uri === undefined || others.length > 0)
      throw new Refusal(
        404,
        `there is ${Object.keys(ACTS)
          .map((each) => `${this.settings.path}/<realm>/${each}/<uri>`)
          .join(", ")}`,
      );
    checkMethod(request.method, [known.method]);
    if (this.settings.realms && !this.settings.realms.includes(realm))
      throw new Refusal(404, "this realm is not served here", { uri: NO_SUCH_REALM });
    const controller = new AbortController();
    response.once("close", () => controller.abort());
    const { authorization: _, ...headers } = request.headers; // only the client may use it; nobody may read it
    const wanted = { realm, credentials: credentialsOf(request.headers), info: { ...info, headers } };
    await known.act({ ...wanted, exchange, uri, signal: controller.signal }, this);
  }

  #describe({ request, reply }: HttpExchange, body: string): void {
    checkMethod(request.method, ["GET", "HEAD"]);
    reply({ status: 200, headers: { "content-type": "application/json" }, body });
  }

  /** Reports a refusal like those of other listeners. The realm itself reports the errors of its requests. */
  #tell({ info }: HttpExchange, { message }: Error, status: number): void {
    if (status === 413 || status === 415 || status === 503) this.host.router.refused(info, message, `http_${status}`);
  }

  #beat(): void {
    for (const stream of this.#streams) stream.beat();
  }
}

function checkMethod(method: string | undefined, methods: readonly string[]): void {
  if (method !== undefined && methods.includes(method)) return;
  const allow = [...methods, "OPTIONS"].join(", ");
  throw new Refusal(405, `expected ${methods.join(" or ")}`, { headers: { allow } });
}

function full(what: string): Refusal {
  return new Refusal(503, `too many ${what} at once; try again later`, { uri: UNAVAILABLE });
}
