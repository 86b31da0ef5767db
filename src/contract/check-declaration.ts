import { checkMember } from "./check-definition.js";
import type { Member } from "./definition.js";
import { LOADED_BY_CODEGEN } from "./loaded-by-codegen.js";

/** Throws `TypeError` for a member that cannot be, as soon as it is declared. */
export function checkDeclaration(member: Member): void {
  if (!(LOADED_BY_CODEGEN in globalThis)) checkMember(member);
}
