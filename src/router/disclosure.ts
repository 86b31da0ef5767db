import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import { DISCLOSE_ME_DISALLOWED, OPTION_NOT_ALLOWED } from "../wire/uris.js";

/**
 * Whether callers and publishers are disclosed to callees and subscribers: if either side requests it, never, or always.
 * Spec: Advanced Profile, "Caller Identification" and "Publisher Identification".
 */
export type Disclosure = "requested" | "never" | "always";

/** The action for which an identity is disclosed. */
export type DisclosingAction = "call" | "publish" | "register";

/** The disclosed caller. It may differ from the session that is answered, which may be a proxy for a remote caller. */
export interface Discloser {
  readonly who: { readonly id: Id; readonly authid: string; readonly authrole: string };
  readonly disclosure: Disclosure;
  readonly trustlevel: number | undefined;
}

/** Throws `wamp.error.option_disallowed.disclose_me` if a caller or publisher requests a forbidden disclosure. */
export function checkDisclosure(disclosure: Disclosure, discloseMe: boolean | undefined): void {
  if (disclosure !== "never" || !discloseMe) return;
  throw new WampError(DISCLOSE_ME_DISALLOWED, {
    args: ["disclose_me: this realm does not disclose identities for this URI"],
  });
}

/** Throws `wamp.error.option_not_allowed` if a callee requests a forbidden disclosure. */
export function checkDiscloseCaller(disclosure: Disclosure, discloseCaller: boolean | undefined): void {
  if (disclosure !== "never" || !discloseCaller) return;
  throw new WampError(OPTION_NOT_ALLOWED, {
    args: ["disclose_caller: this realm does not disclose identities for this URI"],
  });
}

/** Returns whether an identity is disclosed. `requested` is whether either side has requested it. */
export function isDisclosed(disclosure: Disclosure, requested: boolean | undefined): boolean {
  return disclosure === "always" || (disclosure === "requested" && requested === true);
}
