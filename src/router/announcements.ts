import { CLIENT_ROLES } from "../session/client-roles.js";
import { announces, type RoleName } from "../session/features.js";
import type { Roles } from "../wire/options.js";

/** How many different announcements are remembered. */
const MOST = 256;

/** Clients of one kind announce the same roles and features, and a router holds many of them: they share one object. */
export class Announcements {
  readonly #known = new Map<string, Roles>(); // in the order they were last announced

  /** The features among those announced that a router can make use of. What else a client announces is not kept. */
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
