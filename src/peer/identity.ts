import type { Id } from "../wire/ids.js";
import type { EventDetails } from "../wire/options.js";
import type { Identity } from "./types.js";

/** Returns the sender of a message, if the router discloses it. */
export function identityOf(
  session: Id | undefined,
  authid: string | undefined,
  authrole: string | undefined,
): Identity | undefined {
  if (session === undefined) return undefined;
  return { session, ...(authid !== undefined && { authid }), ...(authrole !== undefined && { authrole }) };
}

/** Returns the publisher of an event, if the router discloses it. */
export function publisherOf({ publisher, publisher_authid, publisher_authrole }: EventDetails): Identity | undefined {
  return identityOf(publisher, publisher_authid, publisher_authrole);
}
