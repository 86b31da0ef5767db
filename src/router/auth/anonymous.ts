import { randomBytes } from "node:crypto";
import { checkSettings, type SettingRules } from "../../wire/settings.js";
import type { Authenticator } from "./authenticator.js";
import { filledText } from "./principals.js";

/** Options of anonymous authentication. */
export interface AnonymousOptions {
  /** The role of anonymous sessions. Default: `anonymous`. */
  readonly authrole?: string;
}

const OPTIONS: SettingRules<AnonymousOptions> = { authrole: filledText };

/**
 * Creates an authenticator that accepts every client with a random `authid`. Throws `TypeError` for an unknown option. Spec: Basic
 * Profile, "Anonymous Authentication".
 */
export function anonymous(options: AnonymousOptions = {}): Authenticator {
  checkSettings(options, OPTIONS, "anonymous");
  const { authrole = "anonymous" } = options;
  return {
    method: "anonymous",
    namedRoles: { authrole },
    begin: () => ({
      type: "accepted",
      principal: { authid: randomBytes(12).toString("base64url"), authrole, authprovider: "static" },
    }),
  };
}
