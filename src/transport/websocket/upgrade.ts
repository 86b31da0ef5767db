import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { connect as connectTcp, isIP, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { urlToHttpOptions } from "node:url";
import { toBase64 } from "../../wire/bytes.js";
import { acceptOf } from "./accept.js";
import type { ConnectWebSocketOptions } from "./websocket.js";

/** A connection after the handshake. */
export interface Upgraded {
  readonly connection: Duplex;
  /** The negotiated subprotocol, one of those offered. */
  readonly protocol: string;
}

/** A response that does not open a WebSocket. */
export class RefusedUpgrade extends Error {
  readonly status: number | undefined;
  /** The beginning of its body. */
  readonly text: string;
  readonly retryAfter: string | undefined;

  constructor({ statusCode, headers }: IncomingMessage, text: string) {
    super(`answered ${statusCode}${text && `: ${text}`}`);
    this.status = statusCode;
    this.text = text;
    this.retryAfter = headers["retry-after"];
  }
}

/** The maximum part of a refusal's body that is read, in bytes, and shown, in characters. */
const REFUSAL = { bytes: 4_096, characters: 200 };

/**
 * Requests a WebSocket without extensions. Rejects with `RefusedUpgrade` for any other answer, and with Node's error if there is
 * no answer. `signal` aborts the request. Spec: RFC 6455, "Client Requirements".
 */
export async function upgrade(
  url: string,
  headers: Readonly<Record<string, string>>,
  { offered, tls, signal }: ConnectWebSocketOptions,
): Promise<Upgraded> {
  const target = new URL(url);
  const protocols = [...offered.keys()];
  if (target.hash) throw new TypeError("the URL of a WebSocket must not have a fragment"); // it would be dropped silently
  const key = toBase64(crypto.getRandomValues(new Uint8Array(16)));
  const { request, createConnection } = target.protocol === "wss:" ? await secure() : PLAIN;
  const options: RequestOptions = {
    createConnection,
    ...tls,
    ...urlToHttpOptions(target),
    protocol: null, // not an HTTP protocol
    headers: {
      ...headers,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Protocol": protocols.join(","),
    },
  };
  return new Promise((resolve, reject) => {
    const asked = request(options);
    const giveUp = () => void asked.destroy();
    const settled = () => signal.removeEventListener("abort", giveUp);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    asked.on("error", (error) => {
      settled();
      reject(error);
    });
    asked.once("response", (response) => refusalOf(response).then(reject).finally(giveUp));
    asked.once("upgrade", (response, connection: Duplex, first: Buffer) => {
      settled();
      const fault = faultOf(response, { key, protocols });
      if (fault) {
        connection.destroy();
        return reject(new Error(fault));
      }
      if (connection instanceof Socket) connection.setTimeout(0).setNoDelay();
      if (first.length > 0) connection.unshift(first);
      resolve({ connection, protocol: response.headers["sec-websocket-protocol"] as string }); // checked by `faultOf`
    });
    asked.end();
  });
}

/** The functions to send a request, and to connect if the application passes no agent. */
interface Asking {
  readonly request: (options: RequestOptions) => ClientRequest;
  readonly createConnection: (options: object) => Duplex;
}

/**
 * The options of a connection, as `request` passes them. Their `path` is the request's, and must not be used as a Unix
 * socket.
 */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const PLAIN: Asking = {
  request: requestHttp,
  createConnection: (options) => connectTcp({ ...(options as Place), path: undefined as never }),
};

/** Loads TLS on first use. */
async function secure(): Promise<Asking> {
  const [{ request }, { connect }] = await Promise.all([import("node:https"), import("node:tls")]);
  return {
    request,
    createConnection(options) {
      const place = options as Place;
      return connect({ servername: isIP(place.host) ? "" : place.host, ...place, path: undefined as never });
    },
  };
}

/** Reads the body of a refusal. */
async function refusalOf(response: IncomingMessage): Promise<Error> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= REFUSAL.bytes) break;
    }
  } catch {
    // The body was truncated. The part that arrived is enough.
  }
  return new RefusedUpgrade(response, Buffer.concat(chunks).toString().trim().slice(0, REFUSAL.characters));
}

/** Returns the error in an answer. */
function faultOf(
  { headers }: IncomingMessage,
  { key, protocols }: { readonly key: string; readonly protocols: readonly string[] },
): string | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return "the router did not upgrade to WebSocket";
  if (headers["sec-websocket-accept"] !== acceptOf(key)) return "the router answered with a wrong Sec-WebSocket-Accept";
  if (headers["sec-websocket-extensions"] !== undefined)
    return "the router answered with an extension that was not offered";
  const protocol = headers["sec-websocket-protocol"];
  if (protocol === undefined) return `the router selected no subprotocol; expected ${protocols.join(", ")}`;
  if (protocols.includes(protocol)) return undefined;
  return `the router selected the subprotocol "${protocol}"; expected ${protocols.join(", ")}`;
}
