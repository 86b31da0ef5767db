import type { IncomingHttpHeaders } from "node:http";
import { excerpt } from "../../wire/bytes.js";
import { checkEntries } from "../../wire/settings.js";
import { hostnameOf, isAddress, isLoopbackName } from "../hostname.js";
import type { Refusal } from "./handshake.js";

/** Which web pages may connect, and under which names. */
export interface OriginRules {
  /** Origins of pages, such as `https://app.example`. */
  readonly origins: readonly string[];
  /** Names in Host; `undefined` for any. */
  readonly hosts: readonly string[] | undefined;
}

/** Throws `TypeError` for an entry that no request can have, with what is to be written instead. */
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
  if (entry === "*") return "there is no wildcard, list each origin";
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
 * Why a request may not open a WebSocket by its headers Origin and Host; `undefined` where it may. Browsers send Origin and let no page
 * change it; other clients send none. A page of this machine may connect to this machine under the names that no name server decides on,
 * so that no page of another name gets in by pointing that name here (DNS rebinding).
 */
export function originRefusal(headers: IncomingHttpHeaders, { origins, hosts }: OriginRules): Refusal | undefined {
  const host = hostnameOf(headers.host);
  if (hosts && !(host !== undefined && isServed(host, hosts)))
    return forbidden(
      `"${excerpt(headers.host ?? "")}" is no name of this router; list it in \`hosts\` of its listener.`,
    );
  const { origin } = headers;
  if (origin === undefined || origins.includes(origin)) return undefined;
  if (URL.canParse(origin) && new URL(origin).host !== "") {
    if (host !== undefined && isLoopbackName(host) && isLoopbackName(new URL(origin).hostname)) return undefined;
    return forbidden(
      `Pages of ${excerpt(origin)} may not connect to this router; list "${excerpt(origin)}" in \`origins\` of its listener.`,
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
