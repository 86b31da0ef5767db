import type { Member } from "./definition.js";
import type { UriTemplate } from "./params.js";

/**
 * The empty checks for browser bundles. Codegen, Node, Deno and Bun check contracts with `check-declaration.ts` and
 * `check-template.ts`.
 */
export function checkDeclaration(_member: Member): void {}
export function checkTemplate(_template: UriTemplate): void {}
