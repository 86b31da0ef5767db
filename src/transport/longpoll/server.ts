import { isUtf8 } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import { CLOSE_TIMEOUT_MS } from "../connections.js";
import { type HttpAnswer, words } from "../http/answer.js";
import { type Body, readBody } from "../http/body.js";
import type { HttpExchange } from "../http/service.js";
import type { BatchSocket } from "../incoming-batches.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { timerMs } from "../timer.js";
import type { CutCause, Reading } from "../transport.js";
import type { SlowConnection, UnsentTotal } from "../unsent.js";
import { type WebSocketData, webSocketBytes } from "../websocket/websocket.js";

/** Settings of a router's end of a long-poll session. */
export interface LongPollParts {
  readonly unsent: UnsentTotal;
  /** Whether one answer carries all queued messages. */
  readonly batched: boolean;
  readonly binary: boolean;
  readonly maxMessageBytes: number;
  readonly maxUnsentBytes: number;
  readonly pollMs: number;
  readonly silentMs: number;
  readonly report: (error: unknown) => void;
  /** The session has ended, and its ID is invalid. Called once. */
  readonly gone: () => void;
}

/** The maximum number of requests with messages at once. autobahn-js sends one for each message. */
const MOST_SENDS = 64;

/**
 * The router's end of a long-poll session: a socket that sends messages in the answers to some requests, and receives them in the
 * bodies of others. The protocol has no acknowledgements, so that an answer cannot be sent again. One that may not have arrived ends
 * the session: it was not written completely, or its connection broke before the client's next request.
 */
export class LongPollSocket implements ByteSocket<WebSocketData>, BatchSocket, Reading, SlowConnection {
  readonly reading: Reading = this;
  paused = false;
  maxSendBytes: number | undefined;
  readonly #parts: LongPollParts;
  readonly #queue: WebSocketData[] = [];
  #unsentBytes = 0;
  #listener: ByteListener | undefined;
  #poll: HttpExchange | undefined; // that waits for messages
  #delivery: ServerResponse | undefined; // the answer with messages that the client is reading
  #answered: Socket | undefined; // the connection of the last answer with messages, until the client's next request
  #timer: NodeJS.Timeout | undefined; // of that request, or of the time between requests
  #state: "open" | "closing" | "closed" = "open";
  #reason = "closed by this side";
  #isFlushing = false;
  #sends = 0;
  #turn: Promise<void> = Promise.resolve(); // when all earlier messages have been accepted
  #resumed: (() => void)[] = [];
  #drained: (() => void)[] = [];

  constructor(parts: LongPollParts) {
    this.#parts = parts;
    this.#awaitPoll();
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get maxUnsentBytes(): number {
    return this.#parts.maxUnsentBytes;
  }

  get gone(): boolean {
    return this.#state === "closed";
  }

  open(listener: ByteListener): void {
    this.#listener = listener;
  }

  /** Answers a request for messages: with the queued ones, when the next one comes, or with nothing after a time. */
  poll(exchange: HttpExchange): void {
    this.#answer({ status: 204 }); // the client has canceled its previous request
    clearTimeout(this.#timer);
    this.#watch(undefined); // a client asks again when it has read an answer
    this.#poll = exchange;
    exchange.response.once("close", () => {
      if (this.#poll === exchange) this.#awaitPoll();
    });
    this.#timer = setTimeout(() => this.#answer({ status: 204 }), timerMs(this.#parts.pollMs));
    this.#flush();
  }

  /** Reads the messages of a request, after those of earlier requests, and not while reading is paused. */
  async take(exchange: HttpExchange): Promise<void> {
    if (this.#sends === MOST_SENDS) return refuse(exchange, words(429, "Too many requests at once."));
    this.#sends += 1;
    const before = this.#turn;
    let done = () => {};
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await before;
      await this.#unpaused();
      if (this.#state !== "open") return refuse(exchange, this.#farewell());
      const data = await readBody(exchange, this.#parts.maxMessageBytes); // not before, so that waiting requests use no memory
      await this.#unpaused();
      this.#receive(data, exchange);
    } finally {
      this.#sends -= 1;
      done();
    }
  }

  send(frame: WebSocketData): void {
    if (this.#state !== "open") return;
    const bytes = webSocketBytes(frame);
    this.#queue.push(frame);
    this.#unsentBytes += bytes;
    this.#parts.unsent.work.add(bytes);
    this.#parts.unsent.holdOwn(this, bytes);
    if (this.gone) return; // it was the slowest of all
    if (this.#unsentBytes > this.maxUnsentBytes)
      return this.cut(`the peer is too slow: ${this.#unsentBytes} bytes wait to be sent`, "slow");
    if (!this.#poll || this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  close(_code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#reason = reason || this.#reason;
    this.resume();
    if (this.#queue.length === 0) this.finish(this.#reason);
    else if (this.#poll) this.#flush();
    else this.#awaitPoll();
  }

  /** Ends the session at once. */
  finish(reason: string, cut?: CutCause): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reason = reason;
    this.#queue.length = 0;
    this.unfinished(0);
    this.#release(this.#unsentBytes);
    this.resume();
    this.#answer(this.#farewell());
    this.#watch(undefined);
    clearTimeout(this.#timer);
    this.#tellDrained();
    this.#parts.gone();
    this.#listener?.closed(reason, cut);
  }

  cut(reason: string, cause: CutCause): void {
    this.finish(reason, cause);
  }

  failed(error: unknown): void {
    this.cut("internal error", "failed");
    this.#parts.report(error);
  }

  pause(): void {
    this.paused = this.#state === "open";
  }

  resume(): void {
    this.paused = false;
    for (const go of this.#resumed.splice(0)) go();
  }

  unfinished(bytes: number): void {
    this.#parts.unsent.unfinished.hold(this, bytes);
  }

  onceDrained(callback: () => void): void {
    if (this.#queue.length === 0) callback();
    else this.#drained.push(callback);
  }

  async #unpaused(): Promise<void> {
    while (this.paused) await new Promise<void>((resolve) => this.#resumed.push(resolve));
  }

  #receive(data: Body, { reply }: HttpExchange): void {
    if (data === "gone") return;
    if (this.#state !== "open") return reply(this.#farewell());
    try {
      if (data === "too_large") {
        this.#listener?.malformed(
          `a message has more than ${this.#parts.maxMessageBytes} bytes`,
          PAYLOAD_SIZE_EXCEEDED,
        );
        return reply(words(413, `Send at most ${this.#parts.maxMessageBytes} bytes.`));
      }
      if (this.#parts.binary || isUtf8(data)) this.#listener?.receive(data);
      else this.#listener?.malformed("a message is not UTF-8");
      reply({ status: 204 });
    } catch (error) {
      this.failed(error);
    }
  }

  /** Answers the waiting request with the queued messages. */
  #flush(): void {
    if (!this.#poll || this.#queue.length === 0) return;
    const { request, response } = this.#poll;
    const body = this.#parts.batched ? this.#batch() : (this.#queue.shift() as WebSocketData);
    this.#delivery = response;
    this.#watch(request.socket);
    response.once("close", () => {
      if (!response.writableFinished) return this.cut("an answer did not reach the client", "failed");
      if (this.#delivery !== response) return;
      this.#delivery = undefined;
      if (!this.#poll) this.#awaitPoll();
    });
    const type = this.#parts.binary ? "application/octet-stream" : "application/json; charset=utf-8";
    this.#answer({ status: 200, headers: { "content-type": type }, body });
    this.#release(webSocketBytes(body));
    if (this.#queue.length > 0) return;
    this.#tellDrained();
    if (this.#state === "closing") this.finish(this.#reason);
  }

  /** Watches the connection of an answer. A client that has read the answer closes it without an error, if at all. */
  #watch(connection: Socket | undefined): void {
    this.#answered?.off("close", this.#broken);
    this.#answered = connection;
    connection?.once("close", this.#broken);
  }

  readonly #broken = (hadError: boolean): void => {
    this.#answered = undefined;
    if (hadError) this.cut("a connection broke before the client asked again, so that it may lack messages", "failed");
  };

  /** Returns the queued messages, up to the size that the client accepts at once. */
  #batch(): WebSocketData {
    const { maxSendBytes = Number.POSITIVE_INFINITY } = this;
    let bytes = 0;
    let count = 0;
    for (const frame of this.#queue) {
      bytes += webSocketBytes(frame);
      if (count > 0 && bytes > maxSendBytes) break;
      count += 1;
    }
    const taken = this.#queue.splice(0, count);
    return this.#parts.binary ? Buffer.concat(taken as Uint8Array[]) : taken.join("");
  }

  /** Answers the waiting request, if there is one. */
  #answer(answer: HttpAnswer): void {
    const exchange = this.#poll;
    if (!exchange) return;
    this.#awaitPoll();
    exchange.reply(answer);
  }

  /** Starts the time limit for the client's next request. A client that is still reading an answer has no limit here. */
  #awaitPoll(): void {
    this.#poll = undefined;
    clearTimeout(this.#timer);
    const { silentMs } = this.#parts;
    if (this.#state === "closing") this.#timer = setTimeout(() => this.finish(this.#reason), CLOSE_TIMEOUT_MS);
    if (this.#state !== "open" || this.#delivery) return;
    const tell = () => this.cut(`no request for messages within ${silentMs} ms`, "dead");
    this.#timer = setTimeout(tell, timerMs(silentMs));
  }

  #tellDrained(): void {
    for (const tell of this.#drained.splice(0)) tell();
  }

  #farewell(): HttpAnswer {
    return words(410, `This transport is closed: ${this.#reason}.`);
  }

  #release(bytes: number): void {
    this.#unsentBytes -= bytes;
    this.#parts.unsent.releaseOwn(bytes);
    if (this.#unsentBytes === 0) this.#parts.unsent.forget(this);
  }
}

/** Answers a request without reading it. */
function refuse({ request, reply }: HttpExchange, answer: HttpAnswer): void {
  request.resume();
  reply(answer);
}
