import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { pathOf } from "../../transport/websocket/handshake.js";
import { originRefusal } from "../../transport/websocket/origin.js";
import type { Answer } from "./answers.js";
import type { AdminPlace } from "./types.js";

/** The paths of probes, which need no token. They only tell whether the router is running and ready. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Authorizes requests to the admin listener. */
export class Guard {
  readonly #token: Buffer | undefined; // the digest of the token
  readonly #hosts: readonly string[];
  readonly #scheme: "http" | "https";

  constructor({ token, host, hosts = [], tls }: AdminPlace) {
    this.#token = token === undefined ? undefined : digest(token);
    this.#hosts = host === undefined ? hosts : [...hosts, host];
    this.#scheme = tls === undefined ? "http" : "https";
  }

  /** Returns the refusal of a request; `undefined` if it is allowed. */
  refusal(request: IncomingMessage): Answer | undefined {
    const { host, origin, authorization } = request.headers;
    const unknownName = host === undefined ? "Send a Host header." : this.#nameRefusal(host);
    if (unknownName) return { status: 403, text: `${unknownName}\n` };
    if (origin !== undefined && origin !== `${this.#scheme}://${host}`)
      return { status: 403, text: "Web pages of other origins must not send requests to this listener.\n" };
    if (this.#token === undefined || OPEN_PATHS.has(pathOf(request) ?? "") || this.#isToken(authorization))
      return undefined;
    const words = authorization === undefined ? "Send the token: Authorization: Bearer …" : "The token is wrong.";
    return { status: 401, text: `${words}\n`, headers: { "www-authenticate": "Bearer" } };
  }

  /** Prevents DNS rebinding, where a page of another name points that name here. */
  #nameRefusal(host: string): string | undefined {
    return originRefusal({ host }, { origins: [], hosts: this.#hosts })?.why;
  }

  #isToken(authorization: string | undefined): boolean {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    return given !== undefined && this.#token !== undefined && timingSafeEqual(digest(given), this.#token);
  }
}

/** Returns a digest. Digests have equal length, so that comparing them takes constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
