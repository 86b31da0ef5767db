import type { Roles } from "../wire/options.js";

/** How many different announcements are remembered, and how long one may be. */
const MOST = 256;
const LONGEST = 4_096;

/** Clients of one kind announce the same roles and features, and a router holds many of them: they share one object. */
export class Announcements {
  readonly #known = new Map<string, Roles>(); // in the order they were last announced

  share(roles: Roles | undefined): Roles | undefined {
    if (roles === undefined) return undefined;
    const text = JSON.stringify(roles, (_key, value) => (typeof value === "bigint" ? String(value) : value));
    if (text.length > LONGEST) return roles;
    const shared = this.#known.get(text) ?? roles;
    this.#known.delete(text);
    this.#known.set(text, shared);
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value as string);
    return shared;
  }
}
