import { CLIENT_ROLES } from "../session/client-roles.js";
import { announces, type RoleName } from "../session/features.js";
import type { Roles } from "../wire/options.js";

/** The maximum number of distinct announcements to remember. */
const MOST = 256;

/** Shares objects between clients that announce the same roles and features, because a router has many such clients. */
export class Announcements {
  readonly #known = new Map<string, Roles>(); // in order of the last announcement

  /** Returns the announced features that a router uses. Other features are not stored. */
  share(announced: Roles | undefined): Roles | undefined {
    if (announced === undefined) return undefined;
    const roles = usefulOf(announced);
    const text = JSON.stringify(roles);
    const shared = this.#known.get(text) ?? roles;
    this.#known.delete(text);
    this.#known.set(text, shared);
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value as string);
    return shared;
  }
}

function usefulOf(announced: Roles): Roles {
  const roles: Record<string, { readonly features: Record<string, boolean> }> = {};
  for (const [role, { features: known = {} }] of Object.entries(CLIENT_ROLES)) {
    const features: Record<string, boolean> = {};
    for (const feature of Object.keys(known)) {
      if (announces(announced, role as RoleName, feature)) features[feature] = true;
    }
    roles[role] = { features };
  }
  return roles;
}
