import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { pathOf } from "../../transport/websocket/handshake.js";
import { originRefusal } from "../../transport/websocket/origin.js";
import type { Answer } from "./answers.js";
import type { AdminOptions } from "./types.js";

/** Paths that probes ask for, which carry no token: they tell no more than that the router is there, and ready. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Who may ask an admin listener. */
export class Guard {
  readonly #token: Buffer | undefined; // its digest
  readonly #hosts: readonly string[];
  readonly #scheme: "http" | "https";

  constructor({ token, host, hosts = [], tls }: AdminOptions) {
    this.#token = token === undefined ? undefined : digest(token);
    this.#hosts = host === undefined ? hosts : [...hosts, host];
    this.#scheme = tls === undefined ? "http" : "https";
  }

  /** Why a request is not answered; `undefined` where it is. */
  refusal(request: IncomingMessage): Answer | undefined {
    const { host, origin, authorization } = request.headers;
    const unknownName = host === undefined ? "Send a Host header." : this.#nameRefusal(host);
    if (unknownName) return { status: 403, text: `${unknownName}\n` };
    if (origin !== undefined && origin !== `${this.#scheme}://${host}`)
      return { status: 403, text: "Pages of other origins may not ask this listener.\n" };
    if (this.#token === undefined || OPEN_PATHS.has(pathOf(request) ?? "") || this.#isToken(authorization))
      return undefined;
    const words = authorization === undefined ? "Send the token: Authorization: Bearer …" : "This is not the token.";
    return { status: 401, text: `${words}\n`, headers: { "www-authenticate": "Bearer" } };
  }

  /** A page of another name could have that name point here (DNS rebinding). */
  #nameRefusal(host: string): string | undefined {
    return originRefusal({ host }, { origins: [], hosts: this.#hosts })?.why;
  }

  #isToken(authorization: string | undefined): boolean {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    return given !== undefined && this.#token !== undefined && timingSafeEqual(digest(given), this.#token);
  }
}

/** Digests have one length, so that comparing them takes the same time whatever was given. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
