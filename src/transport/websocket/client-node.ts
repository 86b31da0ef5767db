import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { WampError } from "../../wire/error.js";
import { NOT_AUTHORIZED, PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import { connectFailure, speaksNoTls } from "../connect-failure.js";
import { CLOSE_TIMEOUT_MS } from "../connections.js";
import { Liveness, type LivenessTarget, LivenessTimer } from "../liveness.js";
import { OutgoingBatch } from "../outgoing-batch.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { timerMs } from "../timer.js";
import { tlsInfoOf } from "../tls.js";
import { checkTlsOptions, type TlsOptions } from "../tls-options.js";
import { type WriteQueue, WriteScheduler } from "../write-queue.js";
import { shortened } from "./close.js";
import { maskedFrame } from "./frame.js";
import { MESSAGE_TOO_LARGE, NOT_UTF8, PROTOCOL_ERROR, TEXT_NOT_UTF8, TOO_LARGE } from "./parser.js";
import {
  type ConnectWebSocketOptions,
  isBatched,
  isText,
  type OpenWebSocket,
  type WebSocketData,
  wrongFrameKind,
} from "./websocket.js";

/** All connections that this process has opened write once per turn. */
const scheduler = new WriteScheduler();

/** An option newer than the library's types. */
const CLOSING: { readonly closeTimeout: number } = { closeTimeout: CLOSE_TIMEOUT_MS };

/** Whether this platform's WebSockets ask for signs of life by themselves. */
export const PINGS: boolean = true;

/** Whether batches make this platform's WebSockets cheaper. */
export const BATCHES: boolean = true;

/** Throws `TypeError` for TLS options that cannot be. */
export const checkTls = (tls: TlsOptions): void => checkTlsOptions(tls, "client");

/**
 * Opens a WebSocket on Node. Rejects with the reason in words, with `wamp.error.not_authorized` where the router does not take this
 * origin or host (403); `signal` gives the attempt up.
 */
export async function openWebSocket(url: string, options: ConnectWebSocketOptions): Promise<OpenWebSocket> {
  const headers = await headersOf(options);
  const { connectTimeoutMs = 10_000, maxMessageBytes = 16 * 1024 * 1024, pingIntervalMs = 10_000 } = options;
  return new Promise((resolve, reject) => {
    const ws = new TellingWebSocket(url, [...options.protocols], {
      ...options.tls,
      headers,
      handshakeTimeout: timerMs(connectTimeoutMs),
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      ...CLOSING,
    });
    const giveUp = () => ws.terminate();
    options.signal.addEventListener("abort", giveUp, { once: true });
    let connection: Duplex | undefined;
    ws.once("upgrade", (response) => {
      connection = response.socket;
    });
    ws.once("unexpected-response", (request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString().trim().slice(0, 200);
        const message = `${url} answers ${response.statusCode}${text && `: ${text}`}`;
        const forGood = response.statusCode === 403 && typeof options.headers !== "function"; // a function may make others
        const error = forGood ? new WampError(NOT_AUTHORIZED, { args: [text], message }) : new Error(message);
        reject(Object.assign(error, { retryAfterMs: retryAfterMs(response.headers["retry-after"]) }));
        request.destroy();
      });
    });
    const protocolFault = (error: Error) => schemeFault(url, error);
    ws.on("error", (error) => reject(connectFailure(url, { ...options, protocolFault }, error)));
    ws.once("open", () => {
      options.signal.removeEventListener("abort", giveUp);
      const socket = new ClientWebSocket(ws, connection as Duplex, options.awaitsAnswer); // "upgrade" comes before "open"
      const timer = new LivenessTimer(pingIntervalMs);
      timer.add(socket.liveness);
      ws.once("close", () => timer.stop());
      const tls = tlsInfoOf(connection, "client");
      resolve({ socket, protocol: ws.protocol, maxMessageBytes, tls });
    });
  });
}

/** A function that makes none in time is given up with its attempt. */
async function headersOf({ headers, signal }: ConnectWebSocketOptions): Promise<Record<string, string>> {
  if (typeof headers !== "function") return { ...headers };
  let giveUp = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp);
  });
  try {
    return { ...(await Promise.race([headers(), givenUp])) };
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** The wait that a Retry-After header asks for, in seconds or as a date. Spec: RFC 9110, "Retry-After". */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Says which scheme the port speaks, where TLS met a port without it or the reverse: OpenSSL and HTTP do not. */
function schemeFault(url: string, error: NodeJS.ErrnoException): string | undefined {
  const { code, message } = error;
  if (url.startsWith("wss:")) {
    return speaksNoTls(error) ? "the port speaks no TLS; use ws:, or give the router's listener `tls`" : undefined;
  }
  return code === "ECONNRESET" || code?.startsWith("HPE_") ? `${message}; if the port speaks TLS, use wss:` : undefined;
}

const FAULTS: Readonly<Record<number, string>> = {
  [PROTOCOL_ERROR]: "malformed WebSocket frame",
  [NOT_UTF8]: TEXT_NOT_UTF8,
  [TOO_LARGE]: MESSAGE_TOO_LARGE,
};

/**
 * The library's WebSocket, which closes by itself when it cannot read a frame. This one tells first, so that an ABORT
 * that names the fault can still go out ahead of the close frame.
 */
class TellingWebSocket extends WebSocket {
  onFault: ((what: string, code: number) => void) | undefined;

  override close(code?: number, data?: string | Buffer): void {
    const fault = data === undefined && code !== undefined ? FAULTS[code] : undefined;
    if (fault !== undefined && code !== undefined && this.readyState === WebSocket.OPEN) this.onFault?.(fault, code);
    super.close(code, data);
  }
}

/** The client's end: the library reads; this frames and masks each message, and writes what a turn has gathered at once. */
class ClientWebSocket implements ByteSocket<WebSocketData>, LivenessTarget {
  readonly maxUnsentBytes = Number.POSITIVE_INFINITY;
  readonly liveness = new Liveness(this);
  readonly #ws: TellingWebSocket;
  readonly #connection: Duplex;
  readonly #awaitsAnswer: () => boolean;
  readonly #queue: WriteQueue;
  readonly #batch: OutgoingBatch | undefined;
  #faultCode: number | undefined;
  #endReason: string | undefined;

  constructor(ws: TellingWebSocket, connection: Duplex, awaitsAnswer: () => boolean) {
    this.#ws = ws;
    this.#connection = connection;
    this.#awaitsAnswer = awaitsAnswer;
    const queue = scheduler.queueFor(connection);
    this.#queue = queue;
    const send = (data: WebSocketData) => {
      queue.add([maskedFrame(data)]);
      queue.flush();
    };
    const atEndOfTurn = (flush: () => void) =>
      scheduler.wait({
        flushSafely() {
          try {
            flush();
          } catch (error) {
            connection.destroy(error instanceof Error ? error : new Error(String(error)));
          }
        },
      });
    if (isBatched(ws.protocol)) this.#batch = new OutgoingBatch({ send, atEndOfTurn });
  }

  set maxSendBytes(bytes: number | undefined) {
    if (this.#batch) this.#batch.maxBytes = bytes;
  }

  /** Counts parts of a message, too; `undefined` where an agent of the application has made the connection. */
  get receivedBytes(): number | undefined {
    return this.#connection instanceof Socket ? this.#connection.bytesRead : undefined;
  }

  get awaitsAnswer(): boolean {
    return this.#awaitsAnswer();
  }

  get unsentBytes(): number {
    return this.#queue.unsentBytes + (this.#batch?.length ?? 0);
  }

  open(listener: ByteListener): void {
    const ws = this.#ws;
    const binary = !isText(ws.protocol);
    const asBytes = binary || this.#batch !== undefined;
    ws.on("message", (data: Buffer, isBinary) => {
      this.liveness.heard = true;
      if (isBinary === binary) listener.receive(asBytes ? data : data.toString());
      else listener.malformed(wrongFrameKind(ws.protocol));
    });
    ws.on("pong", () => {
      this.liveness.heard = true;
    });
    ws.onFault = (what, code) => {
      this.#faultCode = code;
      listener.malformed(what, code === TOO_LARGE ? PAYLOAD_SIZE_EXCEEDED : undefined);
    };
    ws.on("error", (error) => {
      this.#endReason ??= error.message;
    });
    ws.on("close", (code, reason) =>
      listener.closed(this.#endReason ?? (reason.toString() || `closed with code ${code}`)),
    );
  }

  send(data: WebSocketData): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    if (this.#batch) this.#batch.add(data);
    else this.#queue.add([maskedFrame(data)]);
  }

  close(code: number, reason: string): void {
    this.#batch?.flush();
    this.#queue.finish();
    this.#ws.close(this.#faultCode ?? code, shortened(reason));
  }

  cut(reason: string): void {
    this.#endReason ??= reason;
    this.#ws.terminate();
  }

  onceDrained(callback: () => void): void {
    this.#batch?.flush();
    this.#queue.onceDrained(callback);
  }

  ping(): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.ping();
  }
}
