import { excerpt } from "../../wire/bytes.js";
import { WampError } from "../../wire/error.js";
import { NO_SUCH_ROLE } from "../../wire/uris.js";
import type { Action, Party } from "../authorizer.js";
import { ACTIONS, createPermissions, type Permissions } from "./permissions.js";
import { isPersonal, type PermissionRule, PersonalRules, personalRule, RuleTable, rulesFor } from "./rules.js";

/** What the sessions of one role may do. */
export interface RoleConfig {
  /** The most specific rule that names an action wins; what no rule allows is denied. Default none. */
  readonly permissions?: readonly PermissionRule[];
}

/** Roles by name. */
export type RolesConfig = Readonly<Record<string, RoleConfig>>;

/** The role of peers in the router's own process, unless they are given another. It may do everything. */
export const TRUSTED = "trusted";

const EVERYTHING: PermissionRule = { uri: "", match: "prefix", allow: ACTIONS };

/** What sessions may do where no roles are configured: all but end the sessions of others, and revoke what they hold. */
export const COMMON_RULES: readonly PermissionRule[] = [
  EVERYTHING,
  { uri: "wamp.session.kill", match: "prefix", deny: ["call"] },
  { uri: "wamp.registration.remove_callee", deny: ["call"] },
  { uri: "wamp.subscription.remove_subscriber", deny: ["call"] },
];

/** What the policies of a realm say beside its roles. */
export interface RoleSources {
  /** Read when the realm is made, and at each refresh. */
  readonly roles: (() => RolesConfig) | undefined;
  /** Whether an authorizer is asked, so that a realm without roles, or a role without rules, leaves all to it. */
  readonly hasAuthorizer: boolean;
  /** What the contracts that the realm enforces say of a role. */
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

  /** Takes other policies of the realm for its own. Throws what reading the roles throws, and has then changed nothing. */
  replace(sources: RoleSources): void {
    this.#roles = sources.roles?.();
    this.#sources = sources;
    this.#byRole = new Map();
  }

  /** Throws `wamp.error.no_such_role` for a role that this realm does not have. */
  check(authrole: string): void {
    if (authrole === TRUSTED || !this.#roles || Object.hasOwn(this.#roles, authrole)) return;
    throw new WampError(NO_SUCH_ROLE, { args: [`this realm has no role "${excerpt(authrole)}"`] });
  }

  /** What a session may by the rules of its role; `undefined` where rules say nothing: it may do everything. */
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
   * Whether sessions of a role may serve a procedure that decides for the realm: those whose rights are not left to the one who decides, since
   * the realm itself says what they may.
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

/** Roles whose permissions are kept; authenticators of an application may make up any number. */
const MOST_ROLES = 1_000;

/** The permissions of one role: its sessions share them, but for rules that name their `authid`. */
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

/** URIs whose verdict is remembered for each action, by the permissions of one session. */
const MOST_KNOWN_BY_ONE = 100;

function perAction<T>(make: (action: Action) => T): Readonly<Record<Action, T>> {
  return { call: make("call"), register: make("register"), publish: make("publish"), subscribe: make("subscribe") };
}
