import { randomBytes } from "node:crypto";
import type { Authenticator } from "./authenticator.js";

/** How anonymous clients are taken in. */
export interface AnonymousOptions {
  /** Default `anonymous`. */
  readonly authrole?: string;
}

/** Takes everybody in, under an `authid` drawn at random. Spec: Basic Profile, "Anonymous Authentication". */
export function anonymous({ authrole = "anonymous" }: AnonymousOptions = {}): Authenticator {
  return {
    method: "anonymous",
    namedRoles: { authrole },
    begin: () => ({
      type: "accepted",
      principal: { authid: randomBytes(12).toString("base64url"), authrole, authprovider: "static" },
    }),
  };
}
