import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AUTHENTICATION_FAILED } from "../wire/uris.js";
import { Refusal } from "./refusal.js";

/** The identity that a request claims, and the ticket that proves it. */
export interface Credentials {
  readonly authid: string;
  readonly ticket: string;
}

/** The header that names the `authid` of a Bearer token. */
export const AUTHID_HEADER = "wamp-authid";

/** The size of a digest that distinguishes tokens in logs, in bytes. */
const NAME_BYTES = 6;

/**
 * Reads `Authorization`: `Basic` with authid and ticket, or `Bearer` with only the ticket. The authid of a Bearer token is in
 * `WAMP-Authid`, or is made from the token's digest. Returns `undefined` without the header. Throws a refusal for any other scheme.
 */
export function credentialsOf(headers: IncomingHttpHeaders): Credentials | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const [, scheme = "", value = ""] = /^(Basic|Bearer) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "basic") return basic(value);
  if (scheme === "") throw refused("Authorization: expected Bearer and a ticket, or Basic and authid:ticket in Base64");
  const given = headers[AUTHID_HEADER];
  return { authid: typeof given === "string" && given !== "" ? given : nameOf(value), ticket: value };
}

/** Returns a text that identifies credentials without containing them. */
export function digestOf({ authid, ticket }: Credentials): string {
  return createHash("sha256")
    .update(JSON.stringify([authid, ticket]))
    .digest("base64");
}

function basic(value: string): Credentials {
  const text = Buffer.from(value, "base64").toString("utf8");
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1) throw refused("Authorization: Basic takes authid:ticket in Base64");
  return { authid: text.slice(0, at), ticket: text.slice(at + 1) };
}

/**
 * Returns a name for a token without an owner. Tokens do not share a name: otherwise clients that guess would slow all of them
 * down.
 */
function nameOf(token: string): string {
  return `bearer-${createHash("sha256")
    .update(token)
    .digest("hex")
    .slice(0, NAME_BYTES * 2)}`;
}

function refused(why: string): Refusal {
  return new Refusal(401, why, { uri: AUTHENTICATION_FAILED, headers: { "www-authenticate": "Bearer" } });
}
