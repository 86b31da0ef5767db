import type { Dict } from "../wire/fields.js";
import { isDict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import { unexpected } from "./given.js";

/** A session as a realm's policies see it. */
export interface Party {
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
}

/** What a session asks leave for. */
export type Action = "call" | "register" | "publish" | "subscribe";

/** What an authorizer has decided, with what goes beyond yes and no. */
export interface Decision {
  readonly allow: boolean;
  /** Whether those concerned are told who calls or publishes, whoever asks: true for all, false for nobody. Default: as the realm has it. */
  readonly disclose?: boolean;
  /**
   * How long the decision holds for this session, action, URI and match policy, in milliseconds: so long nobody is asked again, whatever
   * the other options are. Default 0.
   */
  readonly validMs?: number;
}

/**
 * Decides whether a session may do something; `options` are those of its message, with the keys of the wire: `match` among them, where `uri` is
 * a pattern. A promise holds the later requests of this session back, in order, for at most ten seconds; other sessions go on. What it
 * throws denies the request with `wamp.error.authorization_failed` and is reported.
 */
export type Authorizer = (
  who: Party,
  action: Action,
  uri: string,
  options: Dict,
) => boolean | Decision | Promise<boolean | Decision>;

/** Reads what an authorizer has returned, which may be anything. Throws `TypeError`. */
export function readDecision(value: unknown): Decision {
  if (typeof value === "boolean") return { allow: value };
  if (!isDict(value) || typeof value.allow !== "boolean")
    throw unexpected("authorize", "true, false or a decision", value);
  const { allow, disclose, validMs } = value;
  if (disclose !== undefined && typeof disclose !== "boolean")
    throw unexpected("authorize: disclose", "true or false", disclose);
  if (validMs !== undefined && !(typeof validMs === "number" && validMs >= 0))
    throw unexpected("authorize: validMs", "a number from 0", validMs);
  return {
    allow,
    ...(disclose !== undefined && { disclose }),
    ...(validMs !== undefined && { validMs }),
  };
}
