import { excerpt } from "../wire/bytes.js";
import { WampError } from "../wire/error.js";
import { kindOf } from "../wire/fields.js";
import type { InvocationPolicy } from "../wire/messages.js";
import { INVALID_ARGUMENT, INVALID_URI, isReserved, isUri, type MatchPolicy } from "../wire/uris.js";

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

/** Throws `wamp.error.invalid_uri` unless a request's URI is one, under the realm's rules. */
export function checkUri(uri: string, rules: { readonly match?: MatchPolicy; readonly strict: boolean }): void {
  if (isUri(uri, rules.match, rules.strict)) return;
  const kind = rules.match === undefined || rules.match === "exact" ? "URI" : `${rules.match} pattern`;
  throw new WampError(INVALID_URI, {
    args: [`"${excerpt(uri)}" is no valid ${kind}${rules.strict ? " on a strict realm" : ""}`],
  });
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
