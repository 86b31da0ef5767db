import { WampError } from "../../wire/error.js";
import type { Serializer } from "../../wire/serializer.js";
import { NOT_AUTHORIZED } from "../../wire/uris.js";
import { BatchSplitter } from "../batch-splitter.js";
import { connectFailure, speaksNoTls } from "../connect-failure.js";
import { Connection } from "../connections.js";
import { Endings } from "../endings.js";
import { LivenessTimer } from "../liveness.js";
import { SocketTransport } from "../socket.js";
import { tlsInfoOf } from "../tls.js";
import { checkTlsOptions, type TlsOptions } from "../tls-options.js";
import type { Transport } from "../transport.js";
import { UnsentTotal } from "../unsent.js";
import { WriteScheduler } from "../write-queue.js";
import { ClientWebSocket } from "./client-socket.js";
import type { RefusedUpgrade, Upgraded } from "./upgrade.js";
import {
  type ConnectWebSocketOptions,
  framingOf,
  type WebSocketData,
  webSocketBytes,
  webSocketData,
  wrongFrameKind,
} from "./websocket.js";

/** All connections opened by this process share a scheduler. They are not cut for unsent bytes. */
const scheduler = new WriteScheduler();
const endings = new Endings(scheduler);
const unsent = new UnsentTotal(Number.POSITIVE_INFINITY);

/** Whether this platform's WebSockets check liveness themselves. */
export const PINGS: boolean = true;

/** Whether batches are faster on this platform. */
export const BATCHES: boolean = true;

/** Throws `TypeError` for invalid TLS options. */
export const checkTls = (tls: TlsOptions): void => checkTlsOptions(tls, "client");

/**
 * Opens a WebSocket on Node. Rejects with a readable message, or with `wamp.error.not_authorized` if the router does not accept
 * the origin or host (status 403). `signal` aborts the attempt.
 */
export async function openWebSocket(url: string, options: ConnectWebSocketOptions): Promise<Transport> {
  const headers = await headersOf(options);
  const { RefusedUpgrade, upgrade } = await import("./upgrade.js"); // loads HTTP, which other transports do not need
  let upgraded: Upgraded;
  try {
    upgraded = await upgrade(url, headers, options);
  } catch (error) {
    if (error instanceof RefusedUpgrade) throw refused(url, error, typeof options.headers === "function");
    throw connectFailure(url, { ...options, protocolFault: (fault) => schemeFault(url, fault) }, error as Error);
  }
  return opened(upgraded, options);
}

function opened({ connection: stream, protocol }: Upgraded, options: ConnectWebSocketOptions): Transport {
  const { maxMessageBytes = 16 * 1024 * 1024, pingIntervalMs = 10_000, awaitsAnswer, offered } = options;
  const { onError = (error) => console.error(error) } = options;
  const serializer = offered.get(protocol) as Serializer; // the upgrade has checked it
  const framing = framingOf(serializer, protocol);
  const connection = new Connection(stream);
  const socket = new ClientWebSocket({
    connection,
    scheduler,
    unsent,
    endings,
    maxUnsentBytes: Number.POSITIVE_INFINITY,
    maxMessageBytes,
    binary: serializer.binary,
    framing,
    wrongKind: wrongFrameKind(protocol),
    awaitsAnswer,
    report: onError,
  });
  connection.opened();
  const timer = new LivenessTimer(pingIntervalMs);
  timer.add(socket.liveness);
  stream.once("close", () => timer.stop());
  return new SocketTransport<WebSocketData>({
    info: { kind: "websocket", tls: tlsInfoOf(stream, "client") },
    socket,
    serializer,
    maxMessageBytes,
    batches: framing && new BatchSplitter(framing),
    frame: (message) => webSocketData(serializer, message, framing),
    bytesOf: webSocketBytes,
  });
}

function refused(url: string, { message, status, text, retryAfter }: RefusedUpgrade, makesHeaders: boolean): Error {
  const words = `${url} ${message}`;
  const forGood = status === 403 && !makesHeaders; // other headers may be accepted
  const error = forGood ? new WampError(NOT_AUTHORIZED, { args: [text], message: words }) : new Error(words);
  return Object.assign(error, { retryAfterMs: retryAfterMs(retryAfter) });
}

/** Returns the headers. A function that takes too long is abandoned with its attempt. */
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

/**
 * Returns the delay of a Retry-After header in milliseconds. Its value is in seconds or a date. Spec: RFC 9110,
 * "Retry-After".
 */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Explains an error that is caused by the wrong scheme: TLS on a port without it, or the reverse. */
function schemeFault(url: string, error: NodeJS.ErrnoException): string | undefined {
  const { code, message } = error;
  if (url.startsWith("wss:")) {
    return speaksNoTls(error) ? "the port does not use TLS; use ws:, or set `tls` on the router's listener" : undefined;
  }
  return code === "ECONNRESET" || code?.startsWith("HPE_") ? `${message}; if the port uses TLS, use wss:` : undefined;
}
