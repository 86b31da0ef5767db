import { checkMember } from "./check-definition.js";
import type { Member } from "./definition.js";
import { LOADED_BY_CODEGEN } from "./loaded-by-codegen.js";

/** Checks a member when it is declared. Throws `TypeError` if it is not valid. */
export function checkDeclaration(member: Member): void {
  if (!(LOADED_BY_CODEGEN in globalThis)) checkMember(member);
}
