import { withDefaults } from "../wire/with-defaults.js";
import type { Permissions } from "./access/permissions.js";
import { type Roles, TRUSTED } from "./access/roles.js";
import type { Authorizer, Party } from "./authorizer.js";
import type { DisclosingAction, Disclosure } from "./disclosure.js";
import { unexpected } from "./given.js";
import { SESSION_LIMITS, type SessionLimits } from "./limits.js";

/** The permissions and limits of one session. Resolved when it joins and when its realm is refreshed. */
export interface Grants {
  readonly limits: SessionLimits;
  /** Whether its payloads are forwarded unverified. */
  readonly trustsPayloads: boolean;
  /** The rules of its role; `undefined` if they allow everything. */
  readonly permissions: Permissions | undefined;
  /** The authorizer for requests that the rules allow; `undefined` for none. */
  readonly authorizer: Authorizer | undefined;
  /** Returns whether the session's identity is disclosed. */
  disclosure(uri: string, action: DisclosingAction): Disclosure;
  /** Returns the trust level of the session's action. */
  trustLevel(uri: string, action: "call" | "publish"): number | undefined;
}

/** The policies of a realm. */
export interface GrantPolicies {
  readonly roles: Roles;
  readonly limits?: { readonly session?: Partial<SessionLimits> } | undefined;
  readonly authorize?: Authorizer | undefined;
  readonly disclosure?: Disclosure | ((who: Party, uri: string, action: DisclosingAction) => Disclosure) | undefined;
  readonly trustPayloads?: boolean | ((who: Party) => boolean) | undefined;
  readonly trustLevel?: ((who: Party, uri: string, action: "call" | "publish") => number | undefined) | undefined;
}

/** Resolves the grants of a session from the policies of its realm. */
export type GrantSource = (who: Party) => Grants;

export function grantSource({
  roles,
  limits,
  authorize,
  disclosure = "requested",
  trustPayloads = false,
  trustLevel,
}: GrantPolicies): GrantSource {
  const allLimits = withDefaults(SESSION_LIMITS, limits?.session);
  return (who) => ({
    limits: allLimits,
    trustsPayloads: typeof trustPayloads === "function" ? requireFlag(trustPayloads(who)) : trustPayloads,
    permissions: roles.permissionsOf(who),
    authorizer: who.authrole === TRUSTED ? undefined : authorize,
    disclosure:
      typeof disclosure === "function"
        ? (uri, action) => requireDisclosure(disclosure(who, uri, action))
        : () => disclosure,
    trustLevel: trustLevel ? (uri, action) => requireLevel(trustLevel(who, uri, action)) : NO_LEVEL,
  });
}

function requireFlag(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw unexpected("trustPayloads", "true or false", value);
}

function requireDisclosure(value: unknown): Disclosure {
  if (value === "requested" || value === "never" || value === "always") return value;
  throw unexpected("disclosure", '"requested", "never" or "always"', value);
}

function requireLevel(value: unknown): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0))
    return value as number | undefined;
  throw unexpected("trustLevel", "a non-negative integer or undefined", value);
}

const NO_LEVEL: Grants["trustLevel"] = () => undefined;
