import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { acceptOf } from "./accept.js";
import { type Compression, negotiate } from "./compression.js";
import { isBatched } from "./websocket.js";

/** The refusal of a request for a WebSocket: the status line and the text of the answer. */
export interface Refusal {
  readonly status: string;
  readonly why: string;
  /** The delay before the client should retry, in seconds. */
  readonly retryAfter?: number;
}

/** The requirements for a request for a WebSocket. */
export interface HandshakeRules {
  /** The subprotocols in order of preference. */
  readonly protocols: readonly string[];
  readonly compression: boolean;
}

/** The result of the handshake. */
export interface Agreement {
  readonly protocol: string;
  readonly compression: Compression | undefined;
}

/** Returns the path of a request without query; `undefined` if the target is not a valid URL. */
export function pathOf({ url = "" }: IncomingMessage): string | undefined {
  const base = "http://localhost";
  return URL.canParse(url, base) ? new URL(url, base).pathname : undefined;
}

/** Reads an upgrade request. Spec: RFC 6455, "Reading the Client's Opening Handshake". */
export function readHandshake(request: IncomingMessage, rules: HandshakeRules): Agreement | Refusal {
  const { headers } = request;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const protocol = rules.protocols.find((each) => offered.includes(each));
  if (protocol === undefined) {
    const plain = rules.protocols.filter((each) => !isBatched(each)); // clients with batches know the batched names
    return badRequest(`No supported subprotocol is offered; offer one of ${plain.join(", ")}.`);
  }
  const fault = faultOf(request);
  if (fault) return badRequest(fault);
  const compression = rules.compression ? negotiate(headers["sec-websocket-extensions"]) : undefined;
  return { protocol, compression };
}

export function badRequest(why: string): Refusal {
  return { status: "400 Bad Request", why };
}

/** Returns the error in an upgrade request. */
function faultOf({ method, headers }: IncomingMessage): string | undefined {
  if (method !== "GET") return `A WebSocket handshake requires GET, got ${method}.`;
  if (headers.upgrade?.toLowerCase() !== "websocket") return 'The Upgrade header must be "websocket".';
  if (headers["sec-websocket-version"] !== "13") return "Use version 13 of the WebSocket protocol.";
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    return "Send a Sec-WebSocket-Key: 16 bytes in Base64.";
  }
  return undefined;
}

/** Accepts a request. */
export function answerHandshake(
  { headers }: IncomingMessage,
  socket: Duplex,
  { protocol, compression }: Agreement,
): void {
  if (socket instanceof Socket) {
    socket.setTimeout(0);
    socket.setNoDelay();
  }
  const extensions = compression ? `Sec-WebSocket-Extensions: ${compression.header}\r\n` : "";
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(headers["sec-websocket-key"])}\r\nSec-WebSocket-Protocol: ${protocol}\r\n${extensions}\r\n`,
  );
}

/** Returns a refusal as an HTTP response. */
export function refusalText({ status, why, retryAfter }: Refusal): string {
  const body = `${why}\n`;
  const retry = retryAfter === undefined ? "" : `Retry-After: ${retryAfter}\r\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${retry}Connection: close\r\n\r\n${body}`;
}
