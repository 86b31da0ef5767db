import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { acceptOf } from "./accept.js";
import { type Compression, negotiate } from "./compression.js";
import { isBatched } from "./websocket.js";

/** Why a request is not answered with a WebSocket: the status line of the answer, and words. */
export interface Refusal {
  readonly status: string;
  readonly why: string;
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
}

/** What a request for a WebSocket is held against. */
export interface HandshakeRules {
  /** In order of preference. */
  readonly protocols: readonly string[];
  readonly compression: boolean;
}

/** What both sides agreed on. */
export interface Agreement {
  readonly protocol: string;
  readonly compression: Compression | undefined;
}

/** The path of a request's target, without query; `undefined` where the target is no URL of this server. */
export function pathOf({ url = "" }: IncomingMessage): string | undefined {
  const base = "http://localhost";
  return URL.canParse(url, base) ? new URL(url, base).pathname : undefined;
}

/** Reads an upgrade request for our path. Spec: RFC 6455, "Reading the Client's Opening Handshake". */
export function readHandshake(request: IncomingMessage, rules: HandshakeRules): Agreement | Refusal {
  const { headers } = request;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const protocol = rules.protocols.find((each) => offered.includes(each));
  if (protocol === undefined) {
    const plain = rules.protocols.filter((each) => !isBatched(each)); // whoever speaks batches knows their names
    return badRequest(`Offer one of the sub-protocols ${plain.join(", ")}.`);
  }
  const fault = faultOf(request);
  if (fault) return badRequest(fault);
  const compression = rules.compression ? negotiate(headers["sec-websocket-extensions"]) : undefined;
  return { protocol, compression };
}

export function badRequest(why: string): Refusal {
  return { status: "400 Bad Request", why };
}

/** What is wrong with an upgrade request, in words. */
function faultOf({ method, headers }: IncomingMessage): string | undefined {
  if (method !== "GET") return `A WebSocket is opened by GET, not by ${method}.`;
  if (headers.upgrade?.toLowerCase() !== "websocket") return "Upgrade to websocket, and nothing else.";
  if (headers["sec-websocket-version"] !== "13") return "Use version 13 of the WebSocket protocol.";
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    return "Send a Sec-WebSocket-Key: 16 bytes in Base64.";
  }
  return undefined;
}

/** Answers a request with the WebSocket that was agreed on. */
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

/** A refusal as an HTTP response. */
export function refusalText({ status, why, retryAfter }: Refusal): string {
  const body = `${why}\n`;
  const retry = retryAfter === undefined ? "" : `Retry-After: ${retryAfter}\r\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${retry}Connection: close\r\n\r\n${body}`;
}
