import { withDefaults } from "../wire/with-defaults.js";
import { checkRoles } from "./access/check-roles.js";
import { contractRules } from "./access/contract-rules.js";
import type { RoleSources, Roles } from "./access/roles.js";
import { anonymous } from "./auth/anonymous.js";
import type { Authenticator } from "./auth/authenticator.js";
import type { Authorizer } from "./authorizer.js";
import type { RealmConfig } from "./config.js";
import { type GrantSource, grantSource } from "./grants.js";
import { REALM_LIMITS, type RealmLimits } from "./limits.js";

/** The access settings of a realm. They may change while sessions exist. */
export interface RealmAccess {
  /** The authenticators, unordered: the client's order applies. */
  readonly authenticators: readonly Authenticator[];
  /** Resolves the grants of a session, which an authorizer may restrict. */
  readonly grants: (authorizer: Authorizer | undefined) => GrantSource;
  /** The authorizer: a function, or the URI of a procedure. */
  readonly authorize: Authorizer | string | undefined;
  /** Whether the realm accepts only clients on this machine. */
  readonly isForDevelopment: boolean;
}

/** Returns the access settings of a configuration. `roles` is the realm's permanent roles object. */
export function accessOf(config: RealmConfig, roles: Roles): RealmAccess {
  return {
    authenticators: config.auth ?? [anonymous()],
    grants: (authorize) => grantSource({ ...config, roles, authorize }),
    authorize: config.authorize,
    isForDevelopment: isForDevelopment(config),
  };
}

/** Returns whether a realm accepts only clients on this machine. */
export function isForDevelopment({ auth, roles, open }: RealmConfig): boolean {
  return auth === undefined && roles === undefined && open !== true;
}

/** Returns the sources of a realm's rules. Roles from a function are validated each time. */
export function roleSources({ name, roles, authorize, enforce = [] }: RealmConfig): RoleSources {
  const read = () => {
    const given = typeof roles === "function" ? roles() : (roles ?? {});
    checkRoles(given, `roles of ${name}`);
    return given;
  };
  return {
    roles: roles === undefined ? undefined : read,
    hasAuthorizer: authorize !== undefined,
    contractRules: contractRules(enforce),
  };
}

/** Returns the limits of a realm. */
export function realmLimits({ limits }: RealmConfig): RealmLimits {
  return withDefaults(REALM_LIMITS, limits?.realm);
}
