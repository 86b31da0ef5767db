import type { Id } from "../wire/ids.js";
import type { EventDetails } from "../wire/options.js";
import type { Identity } from "./types.js";

/** Who sent something, by the details the router gives where it may be told. */
export function identityOf(
  session: Id | undefined,
  authid: string | undefined,
  authrole: string | undefined,
): Identity | undefined {
  if (session === undefined) return undefined;
  return { session, ...(authid !== undefined && { authid }), ...(authrole !== undefined && { authrole }) };
}

/** Who published an event, where it is told. */
export function publisherOf({ publisher, publisher_authid, publisher_authrole }: EventDetails): Identity | undefined {
  return identityOf(publisher, publisher_authid, publisher_authrole);
}
