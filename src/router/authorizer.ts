import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";

/** A session as a realm's policies see it. */
export interface Party {
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
}

/** What a session asks leave for. */
export type Action = "call" | "register" | "publish" | "subscribe";

/**
 * Decides whether a session may do something; `options` are those of its message, with the keys of the wire. A promise holds the later
 * requests of this session back, in order, for at most ten seconds; other sessions go on. What it throws denies the request with
 * `wamp.error.authorization_failed` and is reported.
 */
export type Authorizer = (who: Party, action: Action, uri: string, options: Dict) => boolean | Promise<boolean>;
