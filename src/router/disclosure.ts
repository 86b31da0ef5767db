import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import { DISCLOSE_ME_DISALLOWED, OPTION_NOT_ALLOWED } from "../wire/uris.js";

/**
 * Whether callees and subscribers are told who calls or publishes: where either side asks for it, for nobody whoever asks,
 * or for all. Spec: Advanced Profile, "Caller Identification" and "Publisher Identification".
 */
export type Disclosure = "requested" | "never" | "always";

/** What an identity would be disclosed for. */
export type DisclosingAction = "call" | "publish" | "register";

/** Who others are told that a call comes from. Not always who is answered: that may be a proxy for a caller elsewhere. */
export interface Discloser {
  readonly who: { readonly id: Id; readonly authid: string; readonly authrole: string };
  readonly disclosure: Disclosure;
  readonly trustlevel: number | undefined;
}

/** Throws `wamp.error.option_disallowed.disclose_me` for a caller or publisher that asks for what it may not have. */
export function checkDisclosure(disclosure: Disclosure, discloseMe: boolean | undefined): void {
  if (disclosure !== "never" || !discloseMe) return;
  throw new WampError(DISCLOSE_ME_DISALLOWED, { args: ["disclose_me: this realm discloses no identity here"] });
}

/** Throws `wamp.error.option_not_allowed` for a callee that asks who calls where that is told to nobody. */
export function checkDiscloseCaller(disclosure: Disclosure, discloseCaller: boolean | undefined): void {
  if (disclosure !== "never" || !discloseCaller) return;
  throw new WampError(OPTION_NOT_ALLOWED, { args: ["disclose_caller: this realm discloses no identity here"] });
}

/** Whether an identity goes along, when one side or the other has asked. */
export function isDisclosed(disclosure: Disclosure, requested: boolean | undefined): boolean {
  return disclosure === "always" || (disclosure === "requested" && requested === true);
}
