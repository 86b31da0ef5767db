import { checkRoles } from "./access/check-roles.js";
import { contractRules } from "./access/contract-rules.js";
import type { RoleSources, Roles } from "./access/roles.js";
import { anonymous } from "./auth/anonymous.js";
import type { Authenticator } from "./auth/authenticator.js";
import type { Authorizer } from "./authorizer.js";
import type { RealmConfig } from "./config.js";
import { type GrantSource, grantSource } from "./grants.js";
import { REALM_LIMITS, type RealmLimits } from "./limits.js";

/** Who may join a realm, and what its sessions may. It may change while they stand. */
export interface RealmAccess {
  /** The ways to join, in no order: the client's counts. */
  readonly authenticators: readonly Authenticator[];
  /** Resolves what a session may, which an authorizer may restrict. */
  readonly grants: (authorizer: Authorizer | undefined) => GrantSource;
  /** Asked before requests: a function, or the URI of a procedure. */
  readonly authorize: Authorizer | string | undefined;
  /** Whether it takes clients of this machine only. */
  readonly isForDevelopment: boolean;
}

/** What a realm's configuration says of access. `roles` are those of the realm, which stay the same object. */
export function accessOf(config: RealmConfig, roles: Roles): RealmAccess {
  return {
    authenticators: config.auth ?? [anonymous()],
    grants: (authorize) => grantSource({ ...config, roles, authorize }),
    authorize: config.authorize,
    isForDevelopment: isForDevelopment(config),
  };
}

/** Whether a realm takes clients of this machine only. */
export function isForDevelopment({ auth, roles, open }: RealmConfig): boolean {
  return auth === undefined && roles === undefined && open !== true;
}

/** Where the rules of a realm's roles come from. Roles that a function gives are checked each time. */
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

/** How much a realm may hold, by its configuration. */
export function realmLimits({ limits }: RealmConfig): RealmLimits {
  return { ...REALM_LIMITS, ...limits?.realm };
}
