import type { Duplex } from "node:stream";
import { WriteScheduler } from "../write-queue.js";
import { CLOSING, MaskedSocket, type NodeSocketOptions, TellingWebSocket } from "./library-socket.js";
import type { OpenWebSocket, WebSocketOptions } from "./websocket.js";

/** All connections of this process that it has opened write once per turn. */
const scheduler = new WriteScheduler();

/** Opens a WebSocket on Node. Rejects with the reason in words; `signal` gives the attempt up. */
export function openWebSocket(url: string, options: WebSocketOptions): Promise<OpenWebSocket> {
  return new Promise((resolve, reject) => {
    const ws = new TellingWebSocket(url, [...options.protocols], {
      ...options.tls,
      headers: { ...options.headers },
      handshakeTimeout: options.timeoutMs,
      maxPayload: options.maxMessageBytes,
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
        reject(new Error(`${url} answers ${response.statusCode}${text && `: ${text}`}`));
        request.destroy();
      });
    });
    ws.on("error", (error) => reject(describe(url, options.signal.aborted ? (options.signal.reason as Error) : error)));
    ws.once("open", () => {
      options.signal.removeEventListener("abort", giveUp);
      const binary = ws.protocol !== "wamp.2.json";
      const parts: NodeSocketOptions = {
        ws,
        connection: connection as Duplex, // "upgrade" comes before "open"
        binary,
        wrongKind: `${ws.protocol} travels in ${binary ? "binary" : "text"} frames`,
        maxUnsentBytes: Number.POSITIVE_INFINITY,
      };
      const socket = new MaskedSocket(parts, scheduler.queueFor(parts.connection));
      const ping = setInterval(() => socket.checkAlive(), options.pingIntervalMs);
      ping.unref();
      ws.once("close", () => clearInterval(ping));
      resolve({ socket, protocol: ws.protocol, maxMessageBytes: options.maxMessageBytes });
    });
  });
}

function describe(url: string, error: Error): Error {
  // Node joins what each address of a name answered into one error without a message of its own.
  const causes =
    error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join("; ") : error.message;
  return new Error(`cannot connect to ${url}: ${causes}`, { cause: error });
}
