import { randomBytes } from "node:crypto";
import type { Authenticator } from "./authenticator.js";

/** Who a peer in the router's own process is. */
export interface LocalIdentity {
  /** The `authid` of the session. Default: drawn at random. */
  readonly authid?: string;
  /** The role of the session. Default `trusted`. */
  readonly authrole?: string;
}

/** Takes in a peer of this process under the identity that the application gave it; it has nothing to prove. */
export function local({ authid, authrole = "trusted" }: LocalIdentity): Authenticator {
  const principal = { authid: authid ?? randomBytes(12).toString("base64url"), authrole, authprovider: "local" };
  return { method: "local", begin: () => ({ type: "accepted", principal }) };
}
