import { suggestion } from "#suggestion";
import { type Contract, membersOf } from "../../contract/contract.js";
import type { Authenticator } from "../auth/authenticator.js";
import type { Policy } from "../policy.js";
import { type RolesConfig, TRUSTED } from "./roles.js";

/** The role settings of a realm. */
interface RealmRoles {
  readonly roles?: RolesConfig | (() => RolesConfig);
  readonly auth?: readonly Authenticator[];
  readonly enforce?: readonly Contract[];
  readonly policies?: readonly Policy[];
}

/**
 * Throws `TypeError` if a principal or a contract uses a role that the realm does not define. It does not check roles that a
 * function returns or a policy assigns; they are checked when a client joins.
 */
export function checkNamedRoles(realm: RealmRoles, path: string): void {
  const { roles, auth = [], enforce = [] } = realm;
  if (typeof roles !== "object") return;
  if (!changesRoles(realm))
    for (const [index, { namedRoles = {} }] of auth.entries())
      for (const [setting, role] of Object.entries(namedRoles))
        requireRole(roles, role, `${path}.auth[${index}].${setting}`);
  for (const [index, contract] of enforce.entries())
    for (const [name, member] of membersOf(contract))
      if (member.kind !== "error")
        for (const [what, named] of Object.entries(member.definition.access ?? {}))
          for (const role of named) requireRole(roles, role, `${path}.enforce[${index}].${name}.access.${what}`);
}

/** Returns whether no client can log in to a realm, so that only peers of `router.attach()` can join it. */
export function isClosedToClients(realm: RealmRoles): boolean {
  const { roles, auth } = realm;
  return !auth && typeof roles === "object" && !Object.hasOwn(roles, "anonymous") && !changesRoles(realm);
}

/** Returns the error for listening if no client can log in to any realm; `realm` is one of them. */
export function closedListeningRefusal(realm: string): string {
  return (
    `listen: nobody can log in to the realm "${realm}", which has roles without "anonymous" and no authenticators; ` +
    "set `auth`, or define the role anonymous"
  );
}

function changesRoles({ policies = [] }: RealmRoles): boolean {
  return policies.some(({ join }) => join !== undefined);
}

function requireRole(roles: RolesConfig, role: string, where: string): void {
  if (role === TRUSTED || Object.hasOwn(roles, role)) return;
  const known = Object.keys(roles);
  const words = known.length > 0 ? suggestion(role, known) : "its roles are empty";
  throw new TypeError(`${where}: this realm does not define the role "${role}"; ${words}`);
}
