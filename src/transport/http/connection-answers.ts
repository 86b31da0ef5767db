import type { ServerResponse } from "node:http";
import type { Connection } from "../connections.js";
import { timerMs } from "../timer.js";
import type { SlowConnection } from "../unsent.js";
import { type HttpAnswer, send } from "./answer.js";
import type { HttpHost } from "./service.js";

/** The lowest rate at which a client may read an answer, in bytes per millisecond. */
const SLOWEST_RATE = 16;

/** The parts of a connection's answers. */
export interface ConnectionAnswersParts {
  readonly host: HttpHost;
  /** Called whenever the last answer is complete. */
  readonly idle: () => void;
}

/**
 * The answers of one connection that are not complete. The bytes that a client does not read count among the unsent bytes of all
 * connections. They are limited, and so is the time for reading them.
 */
export class ConnectionAnswers implements SlowConnection {
  readonly #connection: Connection;
  readonly #host: HttpHost;
  readonly #underWay = new Map<ServerResponse, number>(); // answer → its bytes that are counted
  #unsentBytes = 0;

  readonly #idle: () => void;

  constructor(connection: Connection, { host, idle }: ConnectionAnswersParts) {
    this.#connection = connection;
    this.#host = host;
    this.#idle = idle;
    connection.socket.once("close", () => {
      for (const response of [...this.#underWay.keys()]) if (response.socket === null) closeUnsent(response);
    });
  }

  get size(): number {
    return this.#underWay.size;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Tracks an answer until it is complete or the connection has ended. */
  add(response: ServerResponse): void {
    this.#underWay.set(response, 0);
    response.once("prefinish", () => this.#awaitReader(response));
    response.once("close", () => {
      const bytes = this.#underWay.get(response) ?? 0;
      this.#underWay.delete(response);
      this.#release(bytes);
      if (this.#underWay.size === 0) this.#idle();
    });
  }

  /** Sends a complete answer. Does nothing if one was sent or the client has disconnected. */
  send(response: ServerResponse, answer: HttpAnswer): void {
    if (response.headersSent || response.destroyed) return;
    const bytes = Buffer.byteLength(answer.body ?? "");
    const { maxUnsentBytes, router } = this.#host;
    if (this.#unsentBytes > maxUnsentBytes)
      return this.cut(`the client is too slow: ${this.#unsentBytes} bytes of answers wait for it`);
    this.#underWay.set(response, bytes);
    this.#unsentBytes += bytes;
    if (bytes > 0) router.unsent.holdOwn(this, bytes);
    send(response, answer);
  }

  cut(reason: string): void {
    this.#connection.destroy(reason);
    for (const response of this.#underWay.keys()) this.#underWay.set(response, 0);
    this.#release(this.#unsentBytes);
  }

  /** Limits the time for reading an answer that is completely handed to the socket. */
  #awaitReader(response: ServerResponse): void {
    const bytes = response.socket?.writableLength ?? 0;
    if (bytes === 0) return;
    const withinMs = this.#host.router.handshakeTimeoutMs + bytes / SLOWEST_RATE;
    const timer = setTimeout(() => this.cut("the client does not read the answer"), timerMs(withinMs));
    response.once("close", () => clearTimeout(timer));
  }

  #release(bytes: number): void {
    this.#unsentBytes -= bytes;
    this.#host.router.unsent.releaseOwn(bytes);
    if (this.#unsentBytes === 0) this.#host.router.unsent.forget(this);
  }
}

/** Closes the answer to a request behind another one whose connection has ended. Node closes only the answer that it is sending. */
function closeUnsent(response: ServerResponse): void {
  response.destroy();
  response.emit("close");
}
