import { randomBytes } from "node:crypto";
import type { Authenticator } from "./authenticator.js";

/** The identity of a peer in the router's process. */
export interface LocalIdentity {
  /** The `authid` of the session. Default: random. */
  readonly authid?: string;
  /** The `authrole` of the session. Default: `trusted`. */
  readonly authrole?: string;
}

/** Creates an authenticator that accepts a peer in this process with the identity from the application. */
export function local({ authid, authrole = "trusted" }: LocalIdentity): Authenticator {
  const principal = { authid: authid ?? randomBytes(12).toString("base64url"), authrole, authprovider: "local" };
  return { method: "local", begin: () => ({ type: "accepted", principal }) };
}
