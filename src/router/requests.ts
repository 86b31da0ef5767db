import { excerpt } from "../wire/bytes.js";
import { WampError } from "../wire/error.js";
import { kindOf } from "../wire/fields.js";
import type { InvocationPolicy } from "../wire/messages.js";
import { INVALID_ARGUMENT, INVALID_URI, isReserved, isUri, type MatchPolicy } from "../wire/uris.js";
import type { RealmLimits } from "./limits.js";

const MATCH_POLICIES: readonly MatchPolicy[] = ["exact", "prefix", "wildcard"];
const INVOCATION_POLICIES: readonly InvocationPolicy[] = ["single", "roundrobin", "random", "first", "last"];

/** The match policy a request asks for. Throws `wamp.error.invalid_argument` for one that does not exist. */
export function requireMatchPolicy(match = "exact"): MatchPolicy {
  return requireOneOf(MATCH_POLICIES, match, "match");
}

/** The invocation policy a request asks for. Throws `wamp.error.invalid_argument` for one that does not exist. */
export function requireInvocationPolicy(invoke = "single"): InvocationPolicy {
  return requireOneOf(INVOCATION_POLICIES, invoke, "invoke");
}

/** The rules of a realm for URIs. */
export interface UriRules {
  readonly strictUris: boolean;
  readonly limits: Pick<RealmLimits, "maxUriBytes" | "maxUriComponents">;
}

/** Throws `wamp.error.invalid_uri` unless a request's URI is one, under the realm's rules. */
export function checkUri(uri: string, { strictUris: strict, limits }: UriRules, match?: MatchPolicy): void {
  checkLength(uri, limits);
  if (isUri(uri, match, strict)) return;
  const kind = match === undefined || match === "exact" ? "URI" : `${match} pattern`;
  throw new WampError(INVALID_URI, {
    args: [`"${excerpt(uri)}" is no valid ${kind}${strict ? " on a strict realm" : ""}`],
  });
}

/** Throws `wamp.error.invalid_uri` for a URI or pattern that is longer than the realm takes. */
export function checkLength(uri: string, { maxUriBytes, maxUriComponents }: UriRules["limits"]): void {
  // a character takes three bytes at most, and a component one character at least, its dot
  if (uri.length * 3 > maxUriBytes && (uri.length > maxUriBytes || Buffer.byteLength(uri) > maxUriBytes)) {
    throw new WampError(INVALID_URI, { args: [`"${excerpt(uri, 40)}…" is longer than ${maxUriBytes} bytes`] });
  }
  if (uri.length >= maxUriComponents && uri.split(".").length > maxUriComponents) {
    throw new WampError(INVALID_URI, { args: [`"${excerpt(uri, 40)}…" has more than ${maxUriComponents} components`] });
  }
}

/** Throws `wamp.error.invalid_uri` for a URI below `wamp.`, where only the router registers and publishes. */
export function checkNotReserved(uri: string): void {
  if (isReserved(uri))
    throw new WampError(INVALID_URI, { args: [`"${excerpt(uri)}" is reserved: "wamp" belongs to the router`] });
}

function requireOneOf<T extends string>(allowed: readonly T[], value: string, option: string): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new WampError(INVALID_ARGUMENT, {
    args: [`options.${option}: expected ${allowed.join(", ")}, got ${value === "" ? "an empty text" : kindOf(value)}`],
  });
}
