import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { connect as connectTcp, isIP, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { urlToHttpOptions } from "node:url";
import { toBase64 } from "../../wire/bytes.js";
import { acceptOf } from "./accept.js";
import type { ConnectWebSocketOptions } from "./websocket.js";

/** A connection past the handshake. */
export interface Upgraded {
  readonly connection: Duplex;
  /** The sub-protocol that was agreed on, one of those offered. */
  readonly protocol: string;
}

/** A response that is no WebSocket. */
export class RefusedUpgrade extends Error {
  readonly status: number | undefined;
  /** The first part of its body. */
  readonly text: string;
  readonly retryAfter: string | undefined;

  constructor({ statusCode, headers }: IncomingMessage, text: string) {
    super(`answers ${statusCode}${text && `: ${text}`}`);
    this.status = statusCode;
    this.text = text;
    this.retryAfter = headers["retry-after"];
  }
}

/** As much of the body of a refusal is read, in bytes, and shown, in characters. */
const REFUSAL = { bytes: 4_096, characters: 200 };

/**
 * Asks for a WebSocket, without extensions. Rejects with `RefusedUpgrade` where the server answers with anything else, with what Node says
 * where there is no answer; `signal` gives it up. Spec: RFC 6455, "Client Requirements".
 */
export async function upgrade(
  url: string,
  headers: Readonly<Record<string, string>>,
  { protocols, tls, signal }: ConnectWebSocketOptions,
): Promise<Upgraded> {
  const target = new URL(url);
  if (target.hash) throw new TypeError("a WebSocket's URL has no fragment"); // which would be dropped unseen
  const key = toBase64(crypto.getRandomValues(new Uint8Array(16)));
  const { request, createConnection } = target.protocol === "wss:" ? await secure() : PLAIN;
  const options: RequestOptions = {
    createConnection,
    ...tls,
    ...urlToHttpOptions(target),
    protocol: null, // it is none of HTTP's
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
      resolve({ connection, protocol: response.headers["sec-websocket-protocol"] as string }); // as `faultOf` has seen
    });
    asked.end();
  });
}

/** How to ask, and how to connect where the application has no agent of its own. */
interface Asking {
  readonly request: (options: RequestOptions) => ClientRequest;
  readonly createConnection: (options: object) => Duplex;
}

/** The options of a connection, as `request` gives them. Their path is that of the request, and would be a Unix socket's. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const PLAIN: Asking = {
  request: requestHttp,
  createConnection: (options) => connectTcp({ ...(options as Place), path: undefined as never }),
};

/** TLS is loaded where it is needed only. */
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

/** Reads why there is no WebSocket. */
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
    // It was cut: what has come says enough.
  }
  return new RefusedUpgrade(response, Buffer.concat(chunks).toString().trim().slice(0, REFUSAL.characters));
}

/** What is wrong with an answer, in words. */
function faultOf(
  { headers }: IncomingMessage,
  { key, protocols }: { readonly key: string; readonly protocols: readonly string[] },
): string | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return "the answer upgrades to another protocol than WebSocket";
  if (headers["sec-websocket-accept"] !== acceptOf(key)) return "the answer has a wrong Sec-WebSocket-Accept";
  if (headers["sec-websocket-extensions"] !== undefined) return "the answer has an extension that was not offered";
  const protocol = headers["sec-websocket-protocol"];
  if (protocol === undefined) return `the answer agrees to no sub-protocol; expected ${protocols.join(", ")}`;
  if (protocols.includes(protocol)) return undefined;
  return `the answer agrees to the sub-protocol "${protocol}"; expected ${protocols.join(", ")}`;
}
