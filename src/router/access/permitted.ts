import { excerpt } from "../../wire/bytes.js";
import { WampError } from "../../wire/error.js";
import type { Message } from "../../wire/messages.js";
import { type MatchPolicy, NOT_AUTHORIZED } from "../../wire/uris.js";
import type { Action } from "../authorizer.js";
import type { Permissions } from "./permissions.js";

/** Returns why a message is denied by the rules of the session's role; `undefined` if it is allowed. */
export function denialOf(permissions: Permissions, message: Message): WampError | undefined {
  switch (message.type) {
    case "CALL":
      return permissions.allows("call", message.procedure) ? undefined : notAuthorized("call", message.procedure);
    case "PUBLISH":
      return permissions.allows("publish", message.topic) ? undefined : notAuthorized("publish", message.topic);
    case "SUBSCRIBE":
      return mayHold(permissions, "subscribe", message.topic, message.options.match);
    case "REGISTER":
      return mayHold(permissions, "register", message.procedure, message.options.match);
    default:
      return undefined;
  }
}

export function notAuthorized(action: Action, uri: string, match: MatchPolicy = "exact"): WampError {
  const what = match === "exact" ? `"${excerpt(uri)}"` : `all URIs that the ${match} pattern "${excerpt(uri)}" matches`;
  return new WampError(NOT_AUTHORIZED, { args: [`this session is not allowed to ${action} ${what}`] });
}

/** Checks a registration or subscription. An unknown match policy is refused elsewhere. */
function mayHold(
  permissions: Permissions,
  action: "subscribe" | "register",
  uri: string,
  asked: string | undefined,
): WampError | undefined {
  const match = asked === "prefix" || asked === "wildcard" ? asked : "exact";
  return permissions.allowsAll(action, { uri, match }) ? undefined : notAuthorized(action, uri, match);
}
