import { messageOf } from "../../wire/error.js";
import type { BatchFraming } from "../../wire/serializer.js";
import { OutgoingBatch } from "../outgoing-batch.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { isText, type WebSocketData, webSocketBytes } from "../websocket/websocket.js";
import { isTaken, type Requests, textOf, wordsOf } from "./requests.js";

/** The maximum wait for the answer to a request that brings messages, in milliseconds. */
export const SEND_TIMEOUT_MS = 30_000;
/** The maximum time for closing, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;

/** A session that a router has opened. */
export interface LongPollSession {
  /** The URL for its requests. */
  readonly url: string;
  readonly protocol: string;
  /** The framing of batches; `undefined` if each request has one message. */
  readonly framing: BatchFraming | undefined;
  readonly maxMessageBytes: number;
  readonly pollTimeoutMs: number;
}

/**
 * A client's end of a long-poll session. One request waits for messages. At most one other request sends some, so that they stay in
 * order.
 */
export class ClientLongPoll implements ByteSocket<WebSocketData> {
  readonly maxUnsentBytes: number = Number.POSITIVE_INFINITY;
  maxSendBytes: number | undefined;
  readonly #requests: Requests;
  readonly #session: LongPollSession;
  readonly #over = new AbortController();
  readonly #batch: OutgoingBatch | undefined;
  readonly #queue: WebSocketData[] = [];
  #unsentBytes = 0;
  #isSending = false;
  #isClosing = false;
  #listener: ByteListener | undefined;
  #drained: (() => void)[] = [];

  constructor(requests: Requests, session: LongPollSession) {
    this.#requests = requests;
    this.#session = session;
    const { framing } = session;
    const send = (data: WebSocketData) => this.#add(data);
    if (framing) this.#batch = new OutgoingBatch({ framing, send, atEndOfTurn: (flush) => queueMicrotask(flush) });
  }

  get unsentBytes(): number {
    return this.#unsentBytes + (this.#batch?.length ?? 0);
  }

  get gone(): boolean {
    return this.#over.signal.aborted;
  }

  open(listener: ByteListener): void {
    this.#listener = listener;
    this.#poll().catch((error: unknown) => this.#lost(error));
  }

  send(data: WebSocketData): void {
    if (this.#isClosing) return;
    if (this.#batch) this.#batch.add(data, this.maxSendBytes);
    else this.#add(data);
  }

  close(_code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#batch?.flush();
    this.#isClosing = true;
    const ended = () => this.#end(reason || "closed by this side");
    const timer = setTimeout(ended, CLOSE_TIMEOUT_MS);
    this.#leave()
      .then(
        () => clearTimeout(timer),
        () => clearTimeout(timer), // the router detects that by itself
      )
      .then(ended);
  }

  onceDrained(callback: () => void): void {
    if (this.#queue.length === 0) callback();
    else this.#drained.push(callback);
  }

  #add(data: WebSocketData): void {
    if (this.gone) return;
    this.#queue.push(data);
    this.#unsentBytes += webSocketBytes(data);
    if (!this.#isSending) this.#pump().catch((error: unknown) => this.#lost(error));
  }

  /** Sends the queued messages. */
  async #pump(): Promise<void> {
    this.#isSending = true;
    const { signal } = this.#over;
    const url = `${this.#session.url}/send`;
    for (let body = this.#queue[0]; body !== undefined; body = this.#queue[0]) {
      const answer = await this.#requests.post(url, { body, signal, timeoutMs: SEND_TIMEOUT_MS });
      if (!isTaken(answer)) throw new Error(`the router has answered a message with ${wordsOf(answer)}`);
      if (this.gone) return;
      this.#queue.shift();
      this.#unsentBytes -= webSocketBytes(body);
    }
    this.#isSending = false;
    this.#tellDrained();
  }

  async #poll(): Promise<void> {
    const { url, pollTimeoutMs, maxMessageBytes, protocol } = this.#session;
    const { signal } = this.#over;
    while (!this.gone) {
      const answer = await this.#requests.post(`${url}/receive`, { signal, timeoutMs: pollTimeoutMs });
      if (!isTaken(answer)) throw new Error(`the router has answered ${wordsOf(answer)}`);
      const { length } = answer.bytes;
      if (length > maxMessageBytes) {
        this.#listener?.malformed(`a message has ${length} bytes; the limit is ${maxMessageBytes}`);
        return;
      }
      if (length > 0) this.#listener?.receive(isText(protocol) ? textOf(answer) : answer.bytes);
    }
  }

  async #leave(): Promise<void> {
    await new Promise<void>((resolve) => this.onceDrained(resolve));
    const { signal } = this.#over;
    await this.#requests.post(`${this.#session.url}/close`, { signal, timeoutMs: CLOSE_TIMEOUT_MS });
  }

  #lost(error: unknown): void {
    this.#end(messageOf(error));
  }

  #end(reason: string): void {
    if (this.gone) return;
    this.#isClosing = true;
    this.#over.abort(new Error(reason));
    this.#queue.length = 0;
    this.#unsentBytes = 0;
    this.#tellDrained();
    this.#listener?.closed(reason);
  }

  #tellDrained(): void {
    for (const tell of this.#drained.splice(0)) tell();
  }
}
