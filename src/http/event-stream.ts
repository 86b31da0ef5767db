import type { ServerResponse } from "node:http";
import type { SlowConnection, UnsentTotal } from "../transport/unsent.js";

/** The limits of a stream. */
export interface EventStreamParts {
  readonly unsent: UnsentTotal;
  /** The number of bytes queued for the client beyond which the next event cuts the stream. An event may have any size. */
  readonly maxBytes: number;
  /** The client does not read; the stream has ended. `why` is the reason, in words. */
  readonly slow: (why: string) => void;
}

/** One event. */
export interface StreamEvent {
  /** Default: none. Browsers then call it `message`. */
  readonly event?: string;
  readonly id?: string | number;
  /** JSON text on one line. */
  readonly data: string;
}

const SIGN_OF_LIFE = ":\n\n";

/**
 * A response as Server-Sent Events. Bytes queued for a client that does not read count among the unsent bytes of all connections,
 * and are limited. Spec: HTML, "Server-sent events".
 */
export class EventStream implements SlowConnection {
  readonly #response: ServerResponse;
  readonly #parts: EventStreamParts;
  #unsentBytes = 0;
  #isOpen = false;
  #waiting: string[] = []; // until it is open
  #isQuiet = true; // since the last sign of life

  constructor(response: ServerResponse, parts: EventStreamParts) {
    this.#response = response;
    this.#parts = parts;
    response.once("close", () => this.#let());
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** Starts the response. Events sent before follow. */
  open(): void {
    if (this.#isOpen || this.isOver) return;
    this.#isOpen = true;
    this.#response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-accel-buffering": "no", // which proxies such as nginx heed
    });
    this.#response.flushHeaders();
    for (const text of this.#waiting.splice(0)) this.#write(text);
  }

  send({ event, id, data }: StreamEvent): void {
    const text = `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`;
    this.#isQuiet = false;
    if (this.#isOpen) this.#write(text);
    else this.#waiting.push(text);
  }

  /** Sends a sign of life if nothing else was sent since the last call. */
  beat(): void {
    if (this.#isOpen && this.#isQuiet) this.#write(SIGN_OF_LIFE);
    this.#isQuiet = true;
  }

  end(last?: StreamEvent): void {
    if (last) this.send(last);
    if (this.#isOpen && !this.isOver) this.#response.end();
  }

  cut(why: string): void {
    this.#response.destroy();
    this.#let();
    this.#parts.slow(why);
  }

  #write(text: string): void {
    if (this.isOver) return;
    if (this.#unsentBytes > this.#parts.maxBytes)
      return this.cut(`the client is too slow: ${this.#unsentBytes} bytes wait for it`);
    const bytes = Buffer.byteLength(text);
    this.#unsentBytes += bytes;
    this.#parts.unsent.holdOwn(this, bytes);
    if (this.isOver) return; // it was the slowest of all
    this.#response.write(text, () => {
      if (!this.isOver) this.#release(bytes); // otherwise all was released at once
    });
  }

  #let(): void {
    this.#release(this.#unsentBytes);
    this.#parts.unsent.forget(this);
  }

  #release(bytes: number): void {
    this.#unsentBytes -= bytes;
    this.#parts.unsent.releaseOwn(bytes);
    if (this.#unsentBytes === 0) this.#parts.unsent.forget(this);
  }
}
