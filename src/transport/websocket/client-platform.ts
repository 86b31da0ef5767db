import { DEVELOPMENT } from "#development";
import { misuse } from "../../wire/misuse.js";
import { OutgoingBatch } from "../outgoing-batch.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { timerMs } from "../timer.js";
import {
  type ConnectWebSocketOptions,
  isBatched,
  isText,
  type OpenWebSocket,
  type WebSocketData,
  wrongFrameKind,
} from "./websocket.js";

/** The part of the platform's `WebSocket` (browsers, Deno, Bun) that is used here. */
interface PlatformWebSocket {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: WebSocketData): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: string | ArrayBuffer }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}
type PlatformConstructor = new (url: string, protocols: string[]) => PlatformWebSocket;

/** Whether this platform's WebSockets check liveness themselves. Browsers hide pings. */
export const PINGS: boolean = false;

/** Whether batches are faster on this platform. Browsers receive several times as many messages in batches. */
export const BATCHES: boolean = true;

/** TLS options exist only on Node. */
export const checkTls = (): void => {};

/** Opens the platform's WebSocket. Browsers do not report why an attempt failed. Headers and TLS options exist only on Node. */
export function openWebSocket(url: string, options: ConnectWebSocketOptions): Promise<OpenWebSocket> {
  if (options.headers)
    throw misuse("headers", DEVELOPMENT && "this platform's WebSocket cannot send custom headers; remove them");
  const Platform = (globalThis as { WebSocket?: PlatformConstructor }).WebSocket;
  if (!Platform) throw new TypeError("this platform has no WebSocket");
  const { connectTimeoutMs: timeoutMs = 10_000 } = options;
  return new Promise((resolve, reject) => {
    const ws = new Platform(url, [...options.protocols]);
    ws.binaryType = "arraybuffer";
    const done = () => {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", giveUp);
    };
    const fail = (why: string) => {
      done();
      reject(new Error(`cannot connect to ${url}: ${why}`));
      ws.close();
    };
    const giveUp = () => fail((options.signal.reason as Error | undefined)?.message ?? "aborted"); // React Native sets no reason
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timerMs(timeoutMs));
    options.signal.addEventListener("abort", giveUp);
    ws.addEventListener("error", () => fail(`refused or unreachable${originHint()}`));
    ws.addEventListener("open", () => {
      done();
      resolve({ socket: new PlatformSocket(ws), protocol: ws.protocol });
    });
  });
}

/** Returns a hint about origins. A web page does not see the status of the refusal. */
const originHint: () => string = DEVELOPMENT
  ? () => {
      const { location } = globalThis as { location?: { readonly origin: string } };
      return location ? `; check that the router's \`origins\` include this page's origin (${location.origin})` : "";
    }
  : () => "";

const OPEN = 1;
/** The number of unsent bytes below which more may be sent. */
const LITTLE_UNSENT = 64 * 1024;
const LOOK_MS = 5;

class PlatformSocket implements ByteSocket<WebSocketData> {
  readonly maxUnsentBytes = Number.POSITIVE_INFINITY;
  readonly #ws: PlatformWebSocket;
  readonly #batch: OutgoingBatch | undefined;

  constructor(ws: PlatformWebSocket) {
    this.#ws = ws;
    const send = (data: WebSocketData) => this.#send(data);
    if (isBatched(ws.protocol))
      this.#batch = new OutgoingBatch({ send, atEndOfTurn: (flush) => queueMicrotask(flush) });
  }

  get unsentBytes(): number {
    return this.#ws.bufferedAmount + (this.#batch?.length ?? 0);
  }

  set maxSendBytes(bytes: number | undefined) {
    if (this.#batch) this.#batch.maxBytes = bytes;
  }

  /** Polls the number of unsent bytes, because browsers have no event for it. */
  onceDrained(callback: () => void): void {
    const waits = this.#ws.readyState === OPEN && this.#ws.bufferedAmount > LITTLE_UNSENT;
    if (waits) setTimeout(() => this.onceDrained(callback), LOOK_MS);
    else callback();
  }

  open(listener: ByteListener): void {
    const text = isText(this.#ws.protocol);
    this.#ws.addEventListener("message", ({ data }) => {
      if ((typeof data === "string") === text) listener.receive(typeof data === "string" ? data : new Uint8Array(data));
      else listener.malformed(wrongFrameKind(this.#ws.protocol));
    });
    this.#ws.addEventListener("close", ({ code, reason }) => listener.closed(reason || `closed with code ${code}`));
  }

  send(data: WebSocketData): void {
    if (this.#batch) this.#batch.add(data);
    else this.#send(data);
  }

  #send(data: WebSocketData): void {
    if (this.#ws.readyState === OPEN) this.#ws.send(data);
  }

  close(code: number, reason: string): void {
    this.#batch?.flush();
    // Browsers accept only code 1000 and codes from 3000 on.
    this.#ws.close(code === 1000 || code >= 3000 ? code : 3000, reason.slice(0, 40));
  }
}
