import type { Id } from "../wire/ids.js";
import type { EventDetails } from "../wire/options.js";
import type { Identity } from "./types.js";

/** The sender of a message, where the router discloses it. */
export function identityOf(
  session: Id | undefined,
  authid: string | undefined,
  authrole: string | undefined,
): Identity | undefined {
  if (session === undefined) return undefined;
  return { session, ...(authid !== undefined && { authid }), ...(authrole !== undefined && { authrole }) };
}

/** The publisher of an event, where the router discloses it. */
export function publisherOf({ publisher, publisher_authid, publisher_authrole }: EventDetails): Identity | undefined {
  return identityOf(publisher, publisher_authid, publisher_authrole);
}
