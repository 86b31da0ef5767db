import type { IncomingHttpHeaders } from "node:http";
import { excerpt } from "../../wire/bytes.js";
import { checkEntries } from "../../wire/check-settings.js";
import { hostnameOf, isAddress, isLoopbackName } from "../hostname.js";
import type { Refusal } from "./handshake.js";

/** The web pages and host names from which clients may connect. */
export interface OriginRules {
  /** The origins of pages, such as `https://app.example`. */
  readonly origins: readonly string[];
  /** The host names in the Host header; `undefined` for any. */
  readonly hosts: readonly string[] | undefined;
}

/** Throws `TypeError` with a suggestion for an entry that no request can match. */
export function checkOriginRules({ origins, hosts }: Partial<OriginRules>, path: string): void {
  checkEntries(origins, ORIGIN, { path: `${path}.origins`, hint: originMeantBy });
  checkEntries(hosts, HOST, { path: `${path}.hosts`, hint: hostMeantBy });
}

const ORIGIN = { expected: 'an origin such as "https://app.example"', accepts: isOrigin };
const HOST = {
  expected: 'a name in lower case without port, such as "api.app.example"',
  accepts: (value: unknown) => typeof value === "string" && hostnameOf(value) === value,
};

function isOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  return /^https?:/.test(value) ? new URL(value).origin === value : /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(value);
}

function originMeantBy(entry: string): string | undefined {
  if (entry === "*") return "wildcards are not supported; list each origin";
  const meant = [entry, `https://${entry}`]
    .filter((url) => /^https?:/.test(url) && URL.canParse(url))
    .map((url) => new URL(url).origin)
    .find(isOrigin);
  return meant && `did you mean "${meant}"?`;
}

function hostMeantBy(entry: string): string | undefined {
  const meant = hostnameOf(/^https?:/.test(entry) && URL.canParse(entry) ? new URL(entry).host : entry);
  return meant && `did you mean "${meant}"?`;
}

/**
 * Returns why a request's Origin and Host headers do not allow a WebSocket; `undefined` if they do. Browsers always send Origin;
 * other clients do not. A page of this machine may connect through names that no name server controls. So another site cannot
 * connect by pointing its own name to this machine (DNS rebinding).
 */
export function originRefusal(headers: IncomingHttpHeaders, { origins, hosts }: OriginRules): Refusal | undefined {
  const host = hostnameOf(headers.host);
  if (hosts && !(host !== undefined && isServed(host, hosts)))
    return forbidden(
      `"${excerpt(headers.host ?? "")}" is not a host name of this router; add it to \`hosts\` of the listener.`,
    );
  const { origin } = headers;
  if (origin === undefined || origins.includes(origin)) return undefined;
  if (URL.canParse(origin) && new URL(origin).host !== "") {
    if (host !== undefined && isLoopbackName(host) && isLoopbackName(new URL(origin).hostname)) return undefined;
    return forbidden(
      `Pages of ${excerpt(origin)} may not connect to this router; add "${excerpt(origin)}" to \`origins\` of the listener.`,
    );
  }
  return forbidden(`Pages without an origin (Origin: ${excerpt(origin)}) may not connect to this router.`);
}

function isServed(host: string, hosts: readonly string[]): boolean {
  return isLoopbackName(host) || isAddress(host) || hosts.includes(host);
}

function forbidden(why: string): Refusal {
  return { status: "403 Forbidden", why };
}
