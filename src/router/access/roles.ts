import { excerpt } from "../../wire/bytes.js";
import { WampError } from "../../wire/error.js";
import { NO_SUCH_ROLE } from "../../wire/uris.js";
import type { Action, Party } from "../authorizer.js";
import { ACTIONS, createPermissions, type Permissions } from "./permissions.js";
import { isPersonal, type PermissionRule, PersonalRules, personalRule, RuleTable, rulesFor } from "./rules.js";

/** The permissions of one role. */
export interface RoleConfig {
  /** The rules. The most specific rule that lists an action applies. Actions that no rule allows are denied. Default: none. */
  readonly permissions?: readonly PermissionRule[];
}

/** Roles by name. */
export type RolesConfig = Readonly<Record<string, RoleConfig>>;

/** The default role of peers in the router's process. It may do everything. */
export const TRUSTED = "trusted";

const EVERYTHING: PermissionRule = { uri: "", match: "prefix", allow: ACTIONS };

/**
 * The rules of a realm without roles: everything except ending other sessions and revoking their registrations and
 * subscriptions.
 */
export const COMMON_RULES: readonly PermissionRule[] = [
  EVERYTHING,
  { uri: "wamp.session.kill", match: "prefix", deny: ["call"] },
  { uri: "wamp.registration.remove_callee", deny: ["call"] },
  { uri: "wamp.subscription.remove_subscriber", deny: ["call"] },
];

/** The policies of a realm that determine its roles. */
export interface RoleSources {
  /** Returns the roles. Called when the realm is created and on each refresh. */
  readonly roles: (() => RolesConfig) | undefined;
  /** Whether there is an authorizer, which decides alone in a realm without roles or for a role without rules. */
  readonly hasAuthorizer: boolean;
  /** Returns the rules of enforced contracts for a role. */
  readonly contractRules: (authrole: string) => readonly PermissionRule[];
}

/** The permissions of a realm's roles. */
export class Roles {
  #sources: RoleSources;
  #byRole = new Map<string, RolePermissions>();
  #roles: RolesConfig | undefined;

  constructor(sources: RoleSources) {
    this.#sources = sources;
    this.#roles = sources.roles?.();
  }

  /** Reads the roles again. */
  refresh(): void {
    this.#roles = this.#sources.roles?.(); // throws before anything has changed
    this.#byRole = new Map();
  }

  /** Replaces the policies. Throws the exception of reading the roles, and then changes nothing. */
  replace(sources: RoleSources): void {
    this.#roles = sources.roles?.();
    this.#sources = sources;
    this.#byRole = new Map();
  }

  /** Throws `wamp.error.no_such_role` for a role that the realm does not define. */
  check(authrole: string): void {
    if (authrole === TRUSTED || !this.#roles || Object.hasOwn(this.#roles, authrole)) return;
    throw new WampError(NO_SUCH_ROLE, { args: [`this realm does not define the role "${excerpt(authrole)}"`] });
  }

  /** Returns the permissions of a session; `undefined` if it may do everything. */
  permissionsOf(who: Pick<Party, "authid" | "authrole">): Permissions | undefined {
    const { authid, authrole } = who;
    const known = this.#byRole.get(authrole);
    if (known) return known.of(authid);
    const rules = this.#rulesOf(authrole);
    if (!rules) return undefined;
    if (this.#byRole.size >= MOST_ROLES) this.#byRole.clear();
    const permissions = new RolePermissions(rules);
    this.#byRole.set(authrole, permissions);
    return permissions.of(authid);
  }

  /**
   * Returns whether sessions of a role may serve a procedure that decides for the realm: those whose own permissions are defined by
   * the realm, not by that procedure.
   */
  mayDecide(authrole: string): boolean {
    return authrole === TRUSTED || this.#ownOf(authrole)?.permissions !== undefined;
  }

  #ownOf(authrole: string): RoleConfig | undefined {
    return this.#roles && Object.hasOwn(this.#roles, authrole) ? this.#roles[authrole] : undefined;
  }

  #rulesOf(authrole: string): readonly PermissionRule[] | undefined {
    const own = this.#ownOf(authrole);
    if (authrole === TRUSTED && !own) return undefined;
    const contract = this.#sources.contractRules(authrole);
    if (own?.permissions) return [...own.permissions, ...contract];
    if (this.#sources.hasAuthorizer && (own || !this.#roles))
      return contract.length > 0 ? [EVERYTHING, ...contract] : undefined;
    return this.#roles ? contract : [...COMMON_RULES, ...contract];
  }
}

/** The maximum number of roles with cached permissions, since authenticators may assign any role. */
const MOST_ROLES = 1_000;

/** The permissions of one role. Its sessions share them, except for rules that contain their `authid`. */
class RolePermissions {
  readonly #tables: Readonly<Record<Action, RuleTable>>;
  readonly #personal: readonly PermissionRule[];
  readonly #shared: Permissions;

  constructor(rules: readonly PermissionRule[]) {
    this.#personal = rules.filter(isPersonal);
    const shared = rules.filter((rule) => !isPersonal(rule));
    this.#tables = perAction((action) => {
      const table = new RuleTable();
      for (const rule of rulesFor(action, shared)) table.add(rule);
      return table;
    });
    this.#shared = createPermissions(this.#tables);
  }

  of(authid: string): Permissions {
    const own = this.#personal.flatMap((rule) => personalRule(rule, authid) ?? []);
    if (own.length === 0) return this.#shared;
    return createPermissions(
      perAction((action) => new PersonalRules(this.#tables[action], [...rulesFor(action, own)])),
      MOST_KNOWN_BY_ONE,
    );
  }
}

/** The maximum number of cached verdicts per action, for the permissions of one session. */
const MOST_KNOWN_BY_ONE = 100;

function perAction<T>(make: (action: Action) => T): Readonly<Record<Action, T>> {
  return { call: make("call"), register: make("register"), publish: make("publish"), subscribe: make("subscribe") };
}
