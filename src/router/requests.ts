import { excerpt } from "../wire/bytes.js";
import { WampError } from "../wire/error.js";
import { kindOf } from "../wire/fields.js";
import type { InvocationPolicy } from "../wire/messages.js";
import { INVALID_ARGUMENT, INVALID_URI, isReserved, isUri, type MatchPolicy } from "../wire/uris.js";
import type { RealmLimits } from "./limits.js";

export const MATCH_POLICIES: readonly MatchPolicy[] = ["exact", "prefix", "wildcard"];
export const INVOCATION_POLICIES: readonly InvocationPolicy[] = ["single", "roundrobin", "random", "first", "last"];

/** Returns the match policy of a request. Throws `wamp.error.invalid_argument` for an unknown one. */
export function requireMatchPolicy(match = "exact"): MatchPolicy {
  return requireOneOf(MATCH_POLICIES, match, "match");
}

/** Returns the invocation policy of a request. Throws `wamp.error.invalid_argument` for an unknown one. */
export function requireInvocationPolicy(invoke = "single"): InvocationPolicy {
  return requireOneOf(INVOCATION_POLICIES, invoke, "invoke");
}

/** The rules of a realm for URIs. */
export interface UriRules {
  readonly strictUris: boolean;
  readonly limits: Pick<RealmLimits, "maxUriBytes" | "maxUriComponents">;
}

/** Throws `wamp.error.invalid_uri` for an invalid URI under the realm's rules. */
export function checkUri(uri: string, { strictUris: strict, limits }: UriRules, match?: MatchPolicy): void {
  checkLength(uri, limits);
  if (isUri(uri, match, strict)) return;
  const kind = match === undefined || match === "exact" ? "URI" : `${match} pattern`;
  throw new WampError(INVALID_URI, {
    args: [`"${excerpt(uri)}" is not a valid ${kind}${strict ? " in a strict realm" : ""}`],
  });
}

/** Throws `wamp.error.invalid_uri` for a URI or pattern beyond the realm's limits. */
export function checkLength(uri: string, { maxUriBytes, maxUriComponents }: UriRules["limits"]): void {
  // a character has at most three bytes, and a component at least one character, its dot
  if (uri.length * 3 > maxUriBytes && (uri.length > maxUriBytes || Buffer.byteLength(uri) > maxUriBytes)) {
    throw new WampError(INVALID_URI, { args: [`"${excerpt(uri, 40)}…" is longer than ${maxUriBytes} bytes`] });
  }
  if (uri.length >= maxUriComponents && uri.split(".").length > maxUriComponents) {
    throw new WampError(INVALID_URI, { args: [`"${excerpt(uri, 40)}…" has more than ${maxUriComponents} components`] });
  }
}

/** Throws `wamp.error.invalid_uri` for a URI in `wamp.`, where only the router registers and publishes. */
export function checkNotReserved(uri: string): void {
  if (isReserved(uri)) throw new WampError(INVALID_URI, { args: [`"${excerpt(uri)}" is reserved for the router`] });
}

function requireOneOf<T extends string>(allowed: readonly T[], value: string, option: string): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new WampError(INVALID_ARGUMENT, {
    args: [
      `options.${option}: expected ${allowed.join(", ")}, got ${value === "" ? "an empty string" : kindOf(value)}`,
    ],
  });
}
