import { randomBytes } from "node:crypto";
import { LENGTH_BATCHES } from "../../wire/batches/lengths.js";
import { isDict } from "../../wire/fields.js";
import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";
import { checkSettings, counting, positive, type SettingRules } from "../../wire/settings.js";
import { words } from "../http/answer.js";
import { readBody } from "../http/body.js";
import type { HttpPart } from "../http/part.js";
import { httpPath } from "../http/paths.js";
import type { HttpExchange, HttpHost, HttpService, ServedPart } from "../http/service.js";
import { IncomingBatches } from "../incoming-batches.js";
import { GOING_DOWN } from "../open-sockets.js";
import { SocketTransport } from "../socket.js";
import type { PeerInfo } from "../transport.js";
import {
  batchedSubprotocolOf,
  isBatched,
  subprotocolOf,
  type WebSocketData,
  webSocketBytes,
  webSocketData,
} from "../websocket/websocket.js";
import { LongPollSocket } from "./server.js";

/** Options of a router's long-poll listener. */
export interface LongPollOptions {
  /** Its base path: clients open a session at `<path>/open`. Default `/lp`. */
  readonly path?: string;
  /**
   * The time that a request waits for a message, in milliseconds. It must be less than the time limits of clients and proxies.
   * Default 10,000.
   */
  readonly pollMs?: number;
  /** The time after which a client without such a request counts as dead, in milliseconds. Default 30,000. */
  readonly silentMs?: number;
  /** The maximum number of sessions at once. Beyond it, requests are answered with 503. Default 10,000. */
  readonly maxSessions?: number;
}

const RULES: SettingRules<LongPollOptions> = {
  path: httpPath,
  pollMs: positive,
  silentMs: positive,
  maxSessions: counting,
};

/** The size of an ID, in bytes. Nobody can guess it; anyone who has it controls the session. */
const ID_BYTES = 24;
const MOST_OPEN_BYTES = 64 * 1024;
const LATER = { "retry-after": "1" };

/**
 * Accepts WAMP over HTTP requests that wait for messages, for clients behind proxies that refuse WebSockets: autobahn-js, and
 * wampact peers with `longPoll()` of `wampact/longpoll`. All requests of a session must reach the router that has opened it. Throws
 * `TypeError` for an unknown option and for an invalid value. Spec: Advanced Profile, "HTTP Longpoll Transport".
 *
 * ```ts
 * await router.listen({ port: 8080, http: [longPoll()] });
 * ```
 */
export function longPoll(options: LongPollOptions = {}): HttpPart {
  checkSettings(options, RULES, "longPoll");
  const part: ServedPart = {
    path: options.path ?? "/lp",
    cors: { methods: ["POST"], headers: ["authorization", "content-type"] },
    serve: (host) => new LongPollListener(options, host),
  };
  return part;
}

class LongPollListener implements HttpService {
  readonly #options: LongPollOptions;
  readonly #host: HttpHost;
  readonly #serializers: ReadonlyMap<string, Serializer>; // by protocol, in order of preference
  readonly #sockets = new Map<string, LongPollSocket>(); // by the ID of their transport
  #allGone: (() => void)[] = [];

  constructor(options: LongPollOptions, host: HttpHost) {
    this.#options = options;
    this.#host = host;
    this.#serializers = new Map(
      host.router.serializers.flatMap((serializer) => [
        [batchedSubprotocolOf(serializer), serializer],
        [subprotocolOf(serializer), serializer],
      ]),
    );
  }

  async answer(exchange: HttpExchange): Promise<void> {
    const { request, segments } = exchange;
    const [id = "", action, ...others] = segments;
    if (request.method !== "POST") return this.#refuse(exchange, 405, "Ask by POST.", { allow: "POST, OPTIONS" });
    if (id === "open" && action === undefined) return this.#open(exchange);
    const socket = this.#sockets.get(id);
    if (!socket || others.length > 0) return this.#refuse(exchange, 404, "There is no such transport; open one.");
    if (action === "send") return socket.take(exchange);
    request.resume(); // the bodies of other requests do not matter
    if (action === "receive") return socket.poll(exchange);
    if (action !== "close") return this.#refuse(exchange, 404, "A transport has receive, send and close.");
    socket.finish("closed by the client");
    exchange.reply({ status: 204 });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) socket.close(1001, GOING_DOWN);
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => this.#allGone.push(resolve));
  }

  async #open(exchange: HttpExchange): Promise<void> {
    const { response, info } = exchange;
    const { router } = this.#host;
    const body = await readBody(exchange, MOST_OPEN_BYTES);
    if (body === "gone") return;
    const protocol = body === "too_large" ? undefined : this.#agreed(body);
    if (protocol === undefined) {
      const plain = [...this.#serializers.keys()].filter((each) => !isBatched(each));
      return this.#refuse(exchange, 400, `Send {"protocols": […]} with one of ${plain.join(", ")}.`);
    }
    await new Promise<void>((resolve) => router.admit(resolve));
    if (response.destroyed) return; // the client did not wait
    if (router.refusal !== undefined) return this.#refuse(exchange, 503, router.refusal, LATER);
    if (this.#sockets.size >= (this.#options.maxSessions ?? 10_000))
      return this.#refuse(exchange, 503, "There are too many sessions; try again later.", LATER);
    const transport = randomBytes(ID_BYTES).toString("base64url");
    this.#accept(transport, protocol, { ...info, kind: "longpoll" });
    const headers = { "content-type": "application/json; charset=utf-8" };
    exchange.reply({ status: 200, headers, body: JSON.stringify({ protocol, transport }) });
  }

  #agreed(body: Buffer): string | undefined {
    let given: unknown;
    try {
      given = JSON.parse(body.toString("utf8"));
    } catch {
      return undefined; // refused with a reason by the caller
    }
    const protocols = isDict(given) && Array.isArray(given.protocols) ? given.protocols : [];
    return [...this.#serializers.keys()].find((each) => protocols.includes(each));
  }

  #accept(id: string, protocol: string, info: PeerInfo): void {
    const { router, maxMessageBytes, maxUnsentBytes } = this.#host;
    const { pollMs = 10_000, silentMs = 30_000 } = this.#options;
    const serializer = this.#serializers.get(protocol) as Serializer; // it is one of the offered ones
    const { binary } = serializer;
    const batched = isBatched(protocol);
    const socket = new LongPollSocket({
      unsent: router.unsent,
      batched,
      binary,
      maxMessageBytes,
      maxUnsentBytes,
      pollMs,
      silentMs,
      report: (error) => router.report(error),
      gone: () => this.#forget(id),
    });
    this.#sockets.set(id, socket);
    const batches = batched ? new IncomingBatches(socket, binary) : undefined;
    const frame = batches ? batchFrame(serializer, batches) : (message: Message) => webSocketData(serializer, message);
    const parts = { info, socket, serializer, frame, bytesOf: webSocketBytes, maxMessageBytes, batches };
    router.accept(new SocketTransport<WebSocketData>(parts));
  }

  #forget(id: string): void {
    this.#sockets.delete(id);
    if (this.#sockets.size === 0) for (const tell of this.#allGone.splice(0)) tell();
  }

  #refuse(
    { request, info, reply }: HttpExchange,
    status: number,
    why: string,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    request.resume();
    this.#host.router.refused({ ...info, kind: "longpoll" }, why, `http_${status}`);
    reply(words(status, why, headers));
  }
}

/**
 * Creates the function that frames messages for batches. The separator of text messages is known once the client has sent
 * something.
 */
function batchFrame(serializer: Serializer, batches: IncomingBatches): (message: Message) => WebSocketData {
  return (message) => {
    const text = serializer.encodeText?.(message);
    return text === undefined
      ? LENGTH_BATCHES.encode(serializer, message)
      : text + String.fromCharCode(batches.delimiter as number);
  };
}
