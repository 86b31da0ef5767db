import { DEVELOPMENT } from "#development";
import { ProtocolViolation } from "../../wire/error.js";
import type { Message } from "../../wire/messages.js";
import { misuse } from "../../wire/misuse.js";
import type { BatchFraming, MessageSerializer } from "../../wire/serializer.js";
import { BatchSplitter } from "../batch-splitter.js";
import { decodingFor } from "../decoding.js";
import { OutgoingBatch } from "../outgoing-batch.js";
import { checkSize } from "../send-limit.js";
import { timerMs } from "../timer.js";
import type { PeerInfo, Transport, TransportListener } from "../transport.js";
import {
  type ConnectWebSocketOptions,
  framingOf,
  type WebSocketData,
  webSocketBytes,
  webSocketData,
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
export function openWebSocket(url: string, options: ConnectWebSocketOptions): Promise<Transport> {
  if (options.headers)
    throw misuse("headers", DEVELOPMENT && "this platform's WebSocket cannot send custom headers; remove them");
  const Platform = (globalThis as { WebSocket?: PlatformConstructor }).WebSocket;
  if (!Platform) throw new TypeError("this platform has no WebSocket");
  const { connectTimeoutMs: timeoutMs = 10_000, offered, signal } = options;
  return new Promise((resolve, reject) => {
    const protocols = [...offered.keys()];
    const ws = new Platform(url, protocols);
    ws.binaryType = "arraybuffer";
    let isOver = false;
    const done = () => {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    };
    const fail = (why: string) => {
      if (isOver) return; // `close` may fire another error event at once
      done();
      reject(new Error(`cannot connect to ${url}: ${why}`));
      ws.close();
    };
    const giveUp = () => fail((signal.reason as Error | undefined)?.message ?? "aborted"); // React Native sets no reason
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timerMs(timeoutMs));
    signal.addEventListener("abort", giveUp);
    ws.addEventListener("error", () => fail(`refused or unreachable${originHint()}`));
    ws.addEventListener("open", () => {
      const serializer = offered.get(ws.protocol);
      if (!serializer) {
        const expected = DEVELOPMENT ? `; expected ${protocols.join(", ")}` : "";
        return fail(`the router agreed to the sub-protocol "${ws.protocol}"${expected}`);
      }
      done();
      resolve(new PlatformTransport(ws, serializer));
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

/** A transport over an open WebSocket of the platform. */
class PlatformTransport implements Transport {
  readonly info: PeerInfo = { kind: "websocket" };
  readonly maxUnsentBytes = Number.POSITIVE_INFINITY;
  maxSendBytes: number | undefined;
  readonly #ws: PlatformWebSocket;
  readonly #serializer: MessageSerializer;
  readonly #framing: BatchFraming | undefined; // of batches
  readonly #batch: OutgoingBatch | undefined;
  readonly #splitter: BatchSplitter | undefined;

  constructor(ws: PlatformWebSocket, serializer: MessageSerializer) {
    this.#ws = ws;
    this.#serializer = serializer;
    const framing = framingOf(serializer, ws.protocol);
    this.#framing = framing;
    if (!framing) return;
    const send = (data: WebSocketData) => this.#send(data);
    this.#batch = new OutgoingBatch({ framing, send, atEndOfTurn: (flush) => queueMicrotask(flush) });
    this.#splitter = new BatchSplitter(framing);
  }

  get unsentBytes(): number {
    return this.#ws.bufferedAmount + (this.#batch?.length ?? 0);
  }

  /** Polls the number of unsent bytes, because browsers have no event for it. */
  onceDrained(callback: () => void): void {
    const waits = this.#ws.readyState === OPEN && this.#ws.bufferedAmount > LITTLE_UNSENT;
    if (waits) setTimeout(() => this.onceDrained(callback), LOOK_MS);
    else callback();
  }

  open(listener: TransportListener): void {
    const ws = this.#ws;
    const decoding = decodingFor(listener, this.#serializer, {});
    const target = this.#splitter ?? decoding;
    this.#splitter?.open(decoding);
    ws.addEventListener("message", ({ data }) => {
      if ((typeof data === "string") === this.#serializer.binary)
        decoding.violation(new ProtocolViolation(wrongFrameKind(ws.protocol)));
      else target.receive(typeof data === "string" ? data : new Uint8Array(data));
    });
    ws.addEventListener("close", ({ code, reason }) => {
      this.#splitter?.drop();
      listener.closed(reason || `closed with code ${code}`);
    });
  }

  send(message: Message): number {
    const data = webSocketData(this.#serializer, message, this.#framing);
    const { maxSendBytes } = this;
    if (maxSendBytes !== undefined) checkSize(webSocketBytes(data), maxSendBytes);
    if (this.#batch) this.#batch.add(data, maxSendBytes);
    else this.#send(data);
    return 0;
  }

  #send(data: WebSocketData): void {
    if (this.#ws.readyState === OPEN) this.#ws.send(data);
  }

  close(code = 1000, reason = ""): void {
    this.#splitter?.drop();
    this.#batch?.flush();
    // Browsers accept only code 1000 and codes from 3000 on.
    this.#ws.close(code === 1000 || code >= 3000 ? code : 3000, reason.slice(0, 40));
  }
}
