import type { Dict } from "../wire/fields.js";
import { isDict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import { unexpected } from "./given.js";

/** A session as seen by the policies of a realm. */
export interface Party {
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
}

/** The actions that need authorization. */
export type Action = "call" | "register" | "publish" | "subscribe";

/** The decision of an authorizer. */
export interface Decision {
  readonly allow: boolean;
  /**
   * Whether the identity is disclosed: true to all, false to nobody, regardless of requests. Default: the realm's
   * `disclosure`.
   */
  readonly disclose?: boolean;
  /**
   * How long the decision is cached for this session, action, URI and match policy, in milliseconds, regardless of other options.
   * Default: 0, no caching.
   */
  readonly validMs?: number;
}

/**
 * Decides whether a session may perform an action. `options` are those of its message with wire keys; they include `match` if
 * `uri` is a pattern. While a promise is pending, later requests of this session wait in order, for at most ten seconds. Other
 * sessions are not affected. An exception denies the request with `wamp.error.authorization_failed` and is reported.
 */
export type Authorizer = (
  who: Party,
  action: Action,
  uri: string,
  options: Dict,
) => boolean | Decision | Promise<boolean | Decision>;

/** Validates the result of an authorizer. Throws `TypeError`. */
export function readDecision(value: unknown): Decision {
  if (typeof value === "boolean") return { allow: value };
  if (!isDict(value) || typeof value.allow !== "boolean")
    throw unexpected("authorize", "true, false or a decision", value);
  const { allow, disclose, validMs } = value;
  if (disclose !== undefined && typeof disclose !== "boolean")
    throw unexpected("authorize: disclose", "true or false", disclose);
  if (validMs !== undefined && !(typeof validMs === "number" && validMs >= 0))
    throw unexpected("authorize: validMs", "a non-negative number", validMs);
  return {
    allow,
    ...(disclose !== undefined && { disclose }),
    ...(validMs !== undefined && { validMs }),
  };
}
