import type { Member } from "./definition.js";
import type { UriTemplate } from "./params.js";

/**
 * The checks of a contract in bundles for browsers: none. Codegen, Node, Deno and Bun have checked the contract; see
 * `check-declaration.ts` and `check-template.ts`.
 */
export function checkDeclaration(_member: Member): void {}
export function checkTemplate(_template: UriTemplate): void {}
